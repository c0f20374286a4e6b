"""Brings a whole instance up on a given stack, and takes it down again."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import asyncpg
from aiokafka.errors import KafkaError

from services.cli.answers import AwayError, RefusedError
from services.cli.client import Client, open_session
from services.cli.instance import database, kept
from services.cli.instance.holders import Keyring, equip
from services.cli.instance.instance import HOST, SERVICES, Blueprint, Instance, replica_name
from services.cli.instance.kept import Kept
from services.cli.instance.service import Command, Service
from services.cli.instance.topics import delete_topics
from services.cli.stack.home import Home, occupy
from services.cli.stack.server import Progress
from services.cli.stack.stack import Stack
from services.runtime.auth import Role, hash_key
from services.runtime.clock import SystemClock, parse_clock
from services.runtime.logs import describe

FOLDER = "instances"
_REMOVAL_SECONDS = 15.0
_KEYS_SECONDS, _PAUSE_SECONDS = 15.0, 0.05
_UNKNOWN_KEY = 401
_MEMBERS = ("dispatcher", "notifier")  # of consumer groups
_NICENESS = {"dispatcher": "2", "notifier": "10"}
"""On one machine intake goes first when the cores are short: what it cannot take is not safe, what
the others have not taken yet waits in Kafka."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """Where an instance is brought up."""

    stack: Stack
    blueprint: Blueprint
    home: Home
    progress: Progress

    def database(self, present: Kept) -> str:
        return f"d115_{self.blueprint.name.replace('-', '_')}_{present.token}"

    def prefix(self, present: Kept) -> str:
        return f"{self.blueprint.name}-{present.token}."


@asynccontextmanager
async def open_instance(
    stack: Stack, blueprint: Blueprint, *, progress: Progress
) -> AsyncIterator[Instance]:
    """Bring an instance up, and take it down at the end.

    Its database is made and brought to shape, keys are made, its services are started, its
    directory is applied over the public interface. At the end the services are stopped in order,
    killed if they will not. Should this process die, so do they.

    Args:
        stack: The Kafka and the Postgres it is on.
        blueprint: What to bring up.
        progress: Takes a line about each thing done.

    Raises:
        StackError: A service could not be started; the end of its log is in the message.
        MigrationError: The database cannot be brought to the code's shape.
        ClientError: The directory was refused.
    """
    directory = blueprint.data / FOLDER
    home = occupy(directory, blueprint.name, progress=progress, cancel=threading.Event())
    site = _Site(stack=stack, blueprint=blueprint, home=home, progress=progress)
    try:
        present = await _names(site)
        try:
            instance = await _prepare(site, present)
            async with _running(instance.services.values(), progress):
                await _settle(instance, site, present)
                yield instance
        finally:
            if not blueprint.keep:
                await _remove(site, present)
    finally:
        home.close()


async def _names(site: _Site) -> Kept:
    """Return the names and secrets to use; what an instance that is not kept left is removed."""
    found = kept.load(site.home)
    if found is not None and not site.blueprint.keep:
        site.progress(f"{site.blueprint.name}: removing what an earlier run left")
        await _remove(site, found)
        found = None
    if found is None:
        for log in site.home.path.glob("*.log"):
            log.unlink()
        found = kept.fresh(clock=str(site.blueprint.clock.setting))
        if site.blueprint.park is not None:
            found = replace(found, keys=equip(site.blueprint.park, kept={})[1].keys)
        kept.save(site.home, found)
    return kept.completed(site.home, found)


async def _prepare(site: _Site, present: Kept) -> Instance:
    """Make the database and describe the services."""
    clock = parse_clock(present.clock)
    dsn = await database.create(site.stack.postgres.dsn, site.database(present))
    applied = await database.bring_up(dsn, clock=clock)
    if applied:
        site.progress(f"{site.blueprint.name}: {len(applied)} migrations applied")
    shared = {
        "D115_KAFKA": site.stack.kafka.address,
        "D115_POSTGRES": dsn,
        "D115_DATA_KEYS": present.data_keys,
        "NOTIFIER_CONTACT_KEYS": present.contact_keys,
        "NOTIFIER_REPLY_KEY": hash_key(f"reply links {present.admin_key}"),
        "D115_SESSION_KEYS": present.session_keys,
        "D115_ADMIN_KEY_SHA256": hash_key(present.admin_key),
        "D115_CLOCK": present.clock,
        "D115_TOPIC_PREFIX": site.prefix(present),
        **_canaries(site, present),
        **site.blueprint.environment,
    }
    commands = _commands(site, dict(site.blueprint.reroute(shared)))
    services = [_service(command, site, present) for command in commands]
    return Instance(
        services,
        clock=clock,
        dsn=dsn,
        prefix=site.prefix(present),
        admin_key=present.admin_key,
    )


def _canaries(site: _Site, present: Kept) -> dict[str, str]:
    """Have what stays send its canaries; what is played once would only count them."""
    keys = list(Keyring(present.keys).named(Role.STATION).values())
    if not keys or not site.blueprint.keep or site.blueprint.separate:
        return {}
    return {"NOTIFIER_CANARY_KEY": keys[0]}


def _commands(site: _Site, shared: dict[str, str]) -> list[Command]:
    together = Command(
        name=HOST,
        module="services.cli.host",
        prefixes=tuple(f"{name.upper()}_" for name in SERVICES),
        folder=site.home.path,
        lock=site.home.lock,
        environment=shared | {f"{name.upper()}_MEMBER": HOST for name in _MEMBERS},
    )
    if not site.blueprint.separate:
        return [together]
    return [
        replace(
            together,
            name=replica_name(service, number),
            module=f"services.{service}",
            prefixes=(f"{service.upper()}_",),
            environment=_settings(service, number, shared),
        )
        for service in SERVICES
        for number in range(1, site.blueprint.replicas + 1)
    ]


def _settings(service: str, number: int, shared: dict[str, str]) -> dict[str, str]:
    """What one process is told; unless set otherwise (empty: none) a name to come back under."""
    settings = dict(shared)
    if service in _NICENESS:
        settings.setdefault(f"{service.upper()}_NICENESS", _NICENESS[service])
    if service in _MEMBERS:
        settings.setdefault(f"{service.upper()}_MEMBER", replica_name(service, number))
    del settings["D115_DATA_KEYS" if service == "notifier" else "NOTIFIER_CONTACT_KEYS"]
    return settings


def _service(command: Command, site: _Site, present: Kept) -> Service:
    wanted = 0 if site.blueprint.separate else site.blueprint.port
    return Service(
        command,
        port=present.ports.get(command.name, wanted),
        ops_port=present.ports.get(f"{command.name} ops", 0),
        progress=site.progress,
    )


@asynccontextmanager
async def _running(services: Collection[Service], progress: Progress) -> AsyncIterator[None]:
    """Start all at once and stop all at the end; if one fails to start, its failure is raised."""
    progress("starting " + ", ".join(service.name for service in services))
    try:
        try:
            async with asyncio.TaskGroup() as group:
                for service in services:
                    group.create_task(service.start())
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        yield
    finally:
        await asyncio.gather(*(service.stop() for service in services))


async def _settle(instance: Instance, site: _Site, present: Kept) -> None:
    """Apply the directory of a new instance, and wait until the services are ready."""
    ports = {name: each.port for name, each in instance.services.items()}
    ops_ports = {f"{name} ops": each.ops_port for name, each in instance.services.items()}
    present = replace(present, ports=ports | ops_ports)
    if site.blueprint.park is not None and not present.applied:
        document, keyring = equip(site.blueprint.park, kept=present.keys)
        present = replace(present, keys=keyring.keys)
        kept.save(site.home, present)  # before the directory knows them, so that none is lost
        async with open_session() as session:
            await instance.client(session, instance.admin_key).put_directory(document)
        present = replace(present, applied=True)
    kept.save(site.home, present)
    instance.keys = Keyring(present.keys)
    if present.applied:
        await instance.wait_ready()
        await _await_keys(instance)


async def _await_keys(instance: Instance) -> None:
    """Return when every service knows the directory's keys: it reaches each by itself."""
    deadline = SystemClock().monotonic() + _KEYS_SECONDS
    async with open_session() as session:
        client = instance.client(session, next(iter(instance.keys.keys.values())))
        for path in ("/v1/directory", "/v1/watch"):  # intake is not ready before it has them
            while not await _knows(client, path):
                if SystemClock().monotonic() > deadline:
                    raise AwayError(f"{path} did not know the keys within {_KEYS_SECONDS:g} s")
                await SystemClock().sleep(_PAUSE_SECONDS)


async def _knows(client: Client, path: str) -> bool:
    try:
        await client.get(path)
    except RefusedError as error:
        if error.status != _UNKNOWN_KEY:
            raise
        return False
    return True


async def _remove(site: _Site, present: Kept) -> None:
    """Remove database, topics and secrets; what cannot be removed is told, and tried next time."""
    removed = True
    removals: dict[str, Callable[[], Awaitable[object]]] = {
        "database": partial(database.drop, site.stack.postgres.dsn, site.database(present)),
        "topics": partial(delete_topics, site.stack.kafka.address, prefix=site.prefix(present)),
    }
    for what, remove in removals.items():
        try:
            async with asyncio.timeout(_REMOVAL_SECONDS):
                await remove()
        except (asyncpg.PostgresError, KafkaError, OSError) as error:  # time-outs are OSErrors
            removed = False
            site.progress(f"{site.blueprint.name}: {what} not removed: {describe(error)}")
    if removed:
        kept.forget(site.home)
