"""What must hold once all is quiet, whatever was killed: checked on the databases themselves."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg

from incident import chain
from incident.chain import Entry, Head
from incident.lifecycle import ENDED, Incident
from incident.replay import replay
from incident.timing import Outcome, judge
from services.cli.client import Client
from services.cli.instance.service import Service
from services.runtime import codec, eventlog
from services.runtime.clock import SystemClock
from tests.acceptance.fleet import Center

CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class Found:
    """What the databases hold."""

    incidents: dict[UUID, Incident]
    histories: dict[UUID, list[asyncpg.Record]]
    heads: dict[UUID, str]
    legs: list[asyncpg.Record]
    verdicts: list[asyncpg.Record]


async def wait_quiet(dsn: str, notifier: Client, *, seconds: float = 60.0) -> None:
    """Return once nothing is on its way: outboxes empty, the notifier level, nothing unaccounted.

    Raises:
        AssertionError: It is not quiet in time; says what is left.
    """
    deadline = CLOCK.monotonic() + seconds
    while True:
        left = await _left(dsn) | await _unaccounted(notifier)
        if not any(left.values()):
            return
        assert CLOCK.monotonic() < deadline, f"not quiet: {left}"
        await CLOCK.sleep(0.5)


async def _left(dsn: str) -> dict[str, int]:
    connection = await asyncpg.connect(dsn)
    try:
        row = await connection.fetchrow(
            """
            select
                (select count(*) from dispatcher.outbox) as dispatcher_outbox,
                (select count(*) from notifier.outbox) as notifier_outbox,
                (select count(*) from dispatcher.incident d
                 left join notifier.incident n using (id)
                 where n.version is distinct from d.version) as behind
            """
        )
    finally:
        await connection.close()
    return dict(row)


async def _unaccounted(notifier: Client) -> dict[str, int]:
    told = await notifier.get("/v1/conservation")
    return {"conservation": abs(int(told["difference"]))}


async def read_all(dsn: str) -> Found:
    """Read everything that is to be checked."""
    connection = await asyncpg.connect(dsn)
    try:
        incidents = await connection.fetch("select id, head, document from dispatcher.incident")
        events = await connection.fetch(
            "select incident, version, canonical, previous, hash from dispatcher.event"
            " order by incident, version"
        )
        legs = await connection.fetch("select * from notifier.leg")
        verdicts = await connection.fetch(
            "select incident_id, type, fact from notifier.timing_event"
        )
    finally:
        await connection.close()
    histories: dict[UUID, list[asyncpg.Record]] = {}
    for event in events:
        histories.setdefault(event["incident"], []).append(event)
    return Found(
        incidents={row["id"]: codec.decode(row["document"], Incident) for row in incidents},
        histories=histories,
        heads={row["id"]: row["head"] for row in incidents},
        legs=legs,
        verdicts=verdicts,
    )


def check_promises(found: Found, promised: set[UUID], closed: set[UUID]) -> None:
    """Every alert answered with 202 is one incident; those that were closed have ended."""
    assert promised <= found.incidents.keys(), "a promised alert is no incident"
    ended = {id_ for id_, incident in found.incidents.items() if incident.state in ENDED}
    assert closed <= ended


def check_chains(found: Found) -> None:
    """Every chain is whole up to its head, and replaying it gives the stored state."""
    for id_, history in found.histories.items():
        entries = [
            Entry(
                version=row["version"],
                text=row["canonical"],
                previous=row["previous"],
                hash=row["hash"],
            )
            for row in history
        ]
        incident = found.incidents[id_]
        head = Head(incident=id_, version=incident.version, hash=found.heads[id_])
        assert chain.check_chain(entries, head=head) is None
        assert replay([eventlog.from_text(row["canonical"]) for row in history]) == incident
    assert found.histories.keys() == found.incidents.keys()


def check_teams(found: Found) -> None:
    """No team is on two incidents."""
    live = Counter(
        entry.team for incident in found.incidents.values() for entry in incident.live_assignments
    )
    assert not [team for team, times in live.items() if times > 1]


def check_legs(found: Found) -> None:
    """Each leg is judged once, as its moments say, and each verdict was told once."""
    kept = {(row["incident_id"], row["round"], row["leg"]): row["outcome"] for row in found.legs}
    assert len(kept) == len(found.legs)
    now = CLOCK.now()
    for id_, incident in found.incidents.items():
        for verdict in judge(incident, now=now):
            if verdict.outcome is Outcome.PENDING or incident.state not in ENDED:
                continue
            found_as = kept.get((id_, verdict.round, verdict.leg))
            assert found_as == verdict.outcome, f"{id_}: {verdict} is kept as {found_as}"
    told = Counter((row["incident_id"], row["fact"]) for row in found.verdicts)
    assert not [verdict for verdict, times in told.items() if times > 1]


def check_streams(centers: Sequence[Center]) -> None:
    """What each console saw is a sequence without a gap or a repeat."""
    for center in centers:
        assert center.resyncs == 0
        assert center.seen == list(range(1, len(center.seen) + 1)), f"{center.code} has a gap"


async def wait_streams(dsn: str, centers: Sequence[Center], *, seconds: float = 20.0) -> None:
    """Return once every console has seen the last number of its center.

    Raises:
        AssertionError: One has not in time.
    """
    deadline = CLOCK.monotonic() + seconds
    while True:
        connection = await asyncpg.connect(dsn)
        try:
            rows = await connection.fetch("select name, sequence from dispatcher.channel")
        finally:
            await connection.close()
        last = {row["name"]: row["sequence"] for row in rows}
        behind = {
            center.code: last.get(f"center:{center.code}", 0) - len(center.seen)
            for center in centers
        }
        if not any(behind.values()):
            return
        assert CLOCK.monotonic() < deadline, f"consoles are behind: {behind}"
        await CLOCK.sleep(0.3)


def is_gone(service: Service) -> bool:
    """Say whether the process is no more."""
    return service.pid is None or not Path(f"/proc/{service.pid}").exists()


async def wait_gone(service: Service, *, seconds: float = 60.0) -> None:
    """Return once the failpoint has killed the service.

    Raises:
        AssertionError: It still runs.
    """
    deadline = CLOCK.monotonic() + seconds
    while not is_gone(service):
        assert CLOCK.monotonic() < deadline, f"{service.name} did not reach the failpoint"
        await CLOCK.sleep(0.1)


async def count_dead_letters(dsn: str) -> int:
    """Count what was put aside by the dispatcher and the notifier."""
    connection = await asyncpg.connect(dsn)
    try:
        return int(
            await connection.fetchval(
                "select (select count(*) from dispatcher.dead_letter)"
                " + (select count(*) from notifier.dead_letter)"
            )
        )
    finally:
        await connection.close()
