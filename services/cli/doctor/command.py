"""`d115 doctor`: looks at everything, says what to do, and ends with 4 if anything fails."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from services.cli.calling import PATIENCE_SECONDS
from services.cli.client import Client, open_session
from services.cli.doctor.findings import Finding, Level, unseen
from services.cli.doctor.interfaces import look_at_interfaces
from services.cli.doctor.kafka import look_at_kafka
from services.cli.doctor.machine import look_at_machine
from services.cli.doctor.postgres import look_at_postgres
from services.cli.errors import DONE, NOT_WHOLE
from services.cli.incidents.watching import put
from services.cli.reach import Reached
from services.cli.servers import Servers
from services.cli.texts import Language, text
from services.runtime.clock import SystemClock

_MARKS = {Level.OK: "✔", Level.UNSEEN: "?", Level.WARN: "!", Level.FAIL: "✘"}


def doctor(
    reached: Reached | None, servers: Servers, *, data: Path, lang: Language, as_json: bool
) -> int:
    """Look at everything; returns the exit code."""
    return asyncio.run(_doctor(reached, servers, data=data, lang=lang, as_json=as_json))


async def _doctor(
    reached: Reached | None, servers: Servers, *, data: Path, lang: Language, as_json: bool
) -> int:
    worst = DONE
    async for finding in _findings(reached, servers, data):
        if finding.level is Level.FAIL:
            worst = NOT_WHOLE
        if as_json:
            put({name: getattr(finding, name) for name in ("check", "level", "said", "do")})
        else:
            sys.stdout.write(line(finding, lang) + "\n")
            sys.stdout.flush()
    return worst


def line(finding: Finding, lang: Language) -> str:
    """Write a finding: its mark, its name, what was seen, and what to do."""
    what = f"{_MARKS[finding.level]} {finding.check}: {finding.said}"
    return f"{what}\n    → {text('do', lang)}: {finding.do}" if finding.do else what


async def _findings(
    reached: Reached | None, servers: Servers, data: Path
) -> AsyncIterator[Finding]:
    clock = SystemClock()
    for finding in look_at_machine(data):
        yield finding
    async for finding in look_at_postgres(servers, clock=clock):
        yield finding
    async for finding in look_at_kafka(servers):
        yield finding
    if reached is None:
        do = "give --url and --key-file, or start `d115 up`"
        yield unseen("services", "nobody said where they are", do=do)
        return
    async with open_session() as session:
        client = Client(session, reached.origins, key=reached.key, patience=PATIENCE_SECONDS / 3)
        async for finding in look_at_interfaces(reached, client, session, clock=clock):
            yield finding
