"""Reads what the product kept, straight from its database and over its public interface."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from incident.chain import Entry, Head
from incident.lifecycle import Incident
from loadtests.chaos.checker.state import Deadline, Json, Leg, State
from services.cli.client import Client
from services.runtime import codec
from services.runtime.clock import SystemClock
from services.runtime.profiles import Shelf

SPOOL = "intake.spool"
TRIES, PAUSE_SECONDS = 8, 0.5
_LEG = "select incident_id as incident, round, leg, organisation, outcome, amended,"
_LEG += " start_at as start, due_at as due, end_at as end, seconds from notifier.leg"
_LEFT = """
select (select count(*) from dispatcher.outbox) as dispatcher_outbox,
       (select count(*) from notifier.outbox) as notifier_outbox,
       (select count(*) from dispatcher.early where incident in
           (select id from dispatcher.incident)) as early,
       (select count(*) from dispatcher.incident d
        left join notifier.incident n using (id)
        where n.version is distinct from d.version) as behind
"""
_DEAD = """
select topic, key, reason from dispatcher.dead_letter
union all
select topic, key, reason from notifier.dead_letter
"""
_CLOCK = SystemClock()


async def read_left(dsn: str, auditor: Client) -> dict[str, int]:
    """Count what is still on its way, by name."""
    connection = await asyncpg.connect(dsn, timeout=10, command_timeout=30)
    try:
        left = dict(await connection.fetchrow(_LEFT))
        if await connection.fetchval("select to_regclass($1)", SPOOL) is not None:
            left["spool"] = await connection.fetchval(f"select count(*) from {SPOOL}")  # noqa: S608  # a constant
    finally:
        await connection.close()
    told = await auditor.get("/v1/conservation")
    return left | {"conservation": abs(int(told["difference"]))}


async def read_channels(dsn: str) -> dict[str, int]:
    """Read the last number of each channel of the stream."""
    connection = await asyncpg.connect(dsn, timeout=10, command_timeout=30)
    try:
        rows = await connection.fetch("select name, sequence from dispatcher.channel")
    finally:
        await connection.close()
    return {row["name"]: row["sequence"] for row in rows}


async def read_live(dsn: str) -> list[tuple[UUID, str]]:
    """Read which incidents have not ended, with the center each is at."""
    connection = await asyncpg.connect(dsn, timeout=10, command_timeout=30)
    try:
        rows = await connection.fetch(
            "select id, center from dispatcher.incident where ended_at is null"
        )
    finally:
        await connection.close()
    return [(row["id"], row["center"]) for row in rows]


async def read_state(dsn: str, auditor: Client) -> State:
    """Read everything that is to be checked, once all is quiet.

    An incident nobody closed goes on by itself, such as when the ladder sends a team: what moved
    while it was read is read anew, a bounded number of times.
    """
    tries = 0
    while True:
        before = await _marks(dsn)
        state = await _read_once(dsn, auditor)
        tries += 1
        if tries == TRIES or (not any(state.left.values()) and await _marks(dsn) == before):
            return state
        await _CLOCK.sleep(PAUSE_SECONDS)


async def _marks(dsn: str) -> tuple[int, int]:
    """How many events and facts there are: whatever moves adds one."""
    connection = await asyncpg.connect(dsn, timeout=10, command_timeout=60)
    try:
        row = await connection.fetchrow(
            "select (select count(*) from dispatcher.event),"
            " (select count(*) from notifier.timing_event)"
        )
    finally:
        await connection.close()
    return row[0], row[1]


async def _read_once(dsn: str, auditor: Client) -> State:
    left = await read_left(dsn, auditor)
    connection = await asyncpg.connect(dsn, timeout=10, command_timeout=60)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            kept = await _read_kept(connection)
    finally:
        await connection.close()
    asked = _questions(list(kept.incidents.values()))
    figures = [(each, await auditor.get("/v1/compliance", **each)) for each in asked]
    conservation = await auditor.get("/v1/conservation")
    return State(
        **{name: getattr(kept, name) for name in _KEPT},
        left=left,
        conservation=conservation,
        figures=figures,
    )


_KEPT = (
    "read_at", "incidents", "heads", "chains", "timing_heads", "timing", "facts", "legs",
    "deadlines", "engaged", "channels", "dead_letters",
)  # fmt: skip


async def _read_kept(connection: asyncpg.Connection) -> State:
    incidents = await connection.fetch(
        "select id, head, version, document from dispatcher.incident"
    )
    events = await connection.fetch(
        "select incident, version, canonical as text, previous, hash from dispatcher.event"
        " order by incident, version"
    )
    timing = await connection.fetch(
        "select incident_id as incident, sequence as version, fact, text, previous, hash"
        " from notifier.timing_event order by incident_id, sequence"
    )
    heads = await connection.fetch("select id, sequence, hash from notifier.incident")
    legs = await connection.fetch(_LEG)
    deadlines = await connection.fetch(
        "select incident_id as incident, key, due_at, state from notifier.deadline"
    )
    engaged = await connection.fetch("select team, incident from dispatcher.assignment where live")
    channels = await connection.fetch("select name, sequence from dispatcher.channel")
    dead = await connection.fetch(_DEAD)
    facts: dict[UUID, list[str]] = {}
    for row in timing:
        facts.setdefault(row["incident"], []).append(row["fact"])
    documents = [row["document"] for row in incidents]
    read = await Shelf("dispatcher").knowing(
        connection, lambda: [codec.decode(document, Incident) for document in documents]
    )
    return State(
        read_at=_CLOCK.now(),
        incidents={incident.id: incident for incident in read},
        heads={row["id"]: _head(row["id"], row["version"], row["head"]) for row in incidents},
        chains=_chains(events),
        timing_heads={row["id"]: _head(row["id"], row["sequence"], row["hash"]) for row in heads},
        timing=_chains(timing),
        facts=facts,
        legs=[Leg(**dict(row)) for row in legs],
        deadlines=[Deadline(**dict(row)) for row in deadlines],
        engaged=[(row["team"], row["incident"]) for row in engaged],
        channels={row["name"]: row["sequence"] for row in channels},
        dead_letters=[(row["topic"], row["key"], row["reason"]) for row in dead],
    )


def _head(incident: UUID, version: int, hash_: str) -> Head:
    return Head(incident=incident, version=version, hash=hash_)


def _chains(rows: Sequence[asyncpg.Record]) -> dict[UUID, list[Entry]]:
    chains: dict[UUID, list[Entry]] = {}
    for row in rows:
        entry = Entry(
            version=row["version"], text=row["text"], previous=row["previous"], hash=row["hash"]
        )
        chains.setdefault(row["incident"], []).append(entry)
    return chains


def _questions(incidents: Sequence[Incident]) -> list[Json]:
    """The figures of all days there are, together and by center."""
    if not incidents:
        return []
    received = [incident.alert.received_at for incident in incidents]
    day = timedelta(days=1)  # wider than any time zone
    days = {
        "from": (min(received) - day).date().isoformat(),
        "to": (max(received) + day).date().isoformat(),
    }
    return [days, {**days, "group_by": "center"}]
