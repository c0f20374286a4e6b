"""`d115 up`: the stack and all services, under one address, until told to stop."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from services.cli.errors import FAILED
from services.cli.instance import sign_ins
from services.cli.instance.instance import Blueprint, Instance
from services.cli.instance.opening import FOLDER, open_instance
from services.cli.output import Teller
from services.cli.park import read_document
from services.cli.reach import UP
from services.cli.stack.stack import Stack, open_stack
from services.cli.stopping import Stop, stopping
from services.runtime.clock import SystemClock

PORT = 8115
_LOOK_SECONDS = 0.5


def up(data: Path, park: Path) -> int:
    """Run until told to stop; returns the exit code.

    Args:
        data: Where servers and the instance keep their data; used again the next time.
        park: The directory to begin with; what was applied since then stays.
    """
    teller = Teller()
    with open_stack(data, progress=teller) as stack:
        return asyncio.run(_up(stack, data, park, teller))


async def _up(stack: Stack, data: Path, park: Path, teller: Teller) -> int:
    blueprint = Blueprint(
        name=UP, data=data, park=read_document(park), separate=False, keep=True, port=PORT
    )
    with stopping() as stop:
        async with AsyncExitStack() as exits:
            opening = open_instance(stack, blueprint, progress=teller)
            instance = await stop.unless_told(exits.enter_async_context(opening))
            teller.close()
            if instance is None:
                return 0
            folder = data / FOLDER / UP
            known = sign_ins.load(folder) or sign_ins.invent(blueprint.park or {})
            await sign_ins.make(instance, known)
            sign_ins.save(folder, known)
            _introduce(instance, stack, known, folder)
            sys.stderr.write("running; Ctrl-C stops everything and keeps the data\n")
            return await _watch(instance, stop)


def _introduce(
    instance: Instance, stack: Stack, known: Sequence[sign_ins.SignIn], folder: Path
) -> None:
    """Print addresses, who may sign in on which page, and keys."""
    service = next(iter(instance.services.values()))
    rows = [
        ("address", service.url),
        ("metrics", f"{service.ops_url}/metrics"),
        ("ready", f"{service.ops_url}/readyz"),
        ("log", str(service.log)),
        ("kafka", f"{stack.kafka.address} (topics {instance.topic_prefix}*)"),
        ("postgres", stack.postgres.address),
        *(
            (f"page {entry['role']}", f"{service.url}{entry['page']}  {_words(entry)}")
            for entry in sign_ins.few(known)
        ),
        ("page sign-ins", f"{folder / sign_ins.FILE} has all {len(known)}"),
        ("key admin", instance.admin_key),
        *((f"key {name}", key) for name, key in instance.keys.keys.items()),
    ]
    width = max(len(name) for name, _ in rows)
    sys.stdout.write("".join(f"{name:<{width}}  {value}\n" for name, value in rows))
    sys.stdout.flush()


def _words(entry: sign_ins.SignIn) -> str:
    return f"{entry['name']} / {entry['password']}"


async def _watch(instance: Instance, stop: Stop) -> int:
    """Return when told to stop, or when a service ended by itself."""
    clock = SystemClock()
    while not stop.told:
        for service in instance.services.values():
            if service.pid is None:
                sys.stderr.write(f"d115: {service.name} ended by itself\n{service.tail()}\n")
                return FAILED
        await stop.unless_told(clock.sleep(_LOOK_SECONDS))
    return 0
