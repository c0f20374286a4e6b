"""Brings a database level that went back in time: stores again what it had told the others.

Positions move in the database before they are committed to Kafka. So a committed offset above the
stored position says that the database is older than it was: somebody restored it from a backup.
Then the directory and every event that were published since are read back, before anything else
is done. Not published and therefore gone are: what was written in the last moments and not carried
yet, free text that operators and teams wrote (its digests stay in the events), and the first
answers to commands, so that a retry over the restore is answered from the state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zlib import crc32

import asyncpg
import structlog
from prometheus_client import Counter

from incident.alert import IncidentId, TeamId
from incident.directory import read_directory
from incident.events import BODIES, TeamAssigned
from incident.messages import (
    ALERT_RECEIVED,
    DIRECTORY_PUBLISHED,
    AlertReceived,
    DirectoryPublished,
    IncidentChanged,
)
from services.dispatcher.adapters.published import committed, read_since
from services.dispatcher.adapters.store import PostgresStore
from services.dispatcher.handlers.directory import Registry, publish
from services.dispatcher.handlers.reclaiming import Published, Stored, reclaim
from services.dispatcher.ports import Change
from services.runtime import codec, envelope, eventlog, queries
from services.runtime.clock import Clock
from services.runtime.consumer.places import Place
from services.runtime.envelope import EnvelopeError
from services.runtime.postgres import Database
from services.runtime.records import Received

MARGIN = timedelta(minutes=10)
"""What was written this long before the backup's newest is read too: the clocks of two dispatchers
differ, and a relay may have been behind."""
CHUNK = 300
LEAP = 1_000_000
"""More frames than one channel is told between two backups."""
BY = "restore"
"""Who a directory's version that was taken back is said to be by."""

_QUERIES = queries.load(Path(__file__).with_name("reclaiming.sql"))
_LOCK = crc32(b"dispatcher reclaiming")
_SET_BACK = Counter("d115_store_set_back_total", "Times the database was older than it had been.")
_RECLAIMED = Counter("d115_store_reclaimed_total", "Events stored again after that.")
_FORKED = Counter("d115_store_forked_total", "Incidents whose history then no longer fits.")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """Names in this instance.

    Attributes:
        groups: The dispatcher's consumer groups.
    """

    bootstrap: str
    groups: Sequence[str]
    alerts: str
    incidents: str
    directory: str


@dataclass(kw_only=True, eq=False, repr=False)
class Reclaimer:
    """Looks whether the database went back in time; if so, brings it level again.

    Attributes:
        registry: Where a newer directory is put in force again.
    """

    database: Database
    store: PostgresStore
    registry: Registry
    clock: Clock
    topics: Topics
    _forked: set[IncidentId] = field(default_factory=set)

    async def take_back(self, behind: Sequence[Place]) -> int:
        """Take back what is missing; gives how many events were stored again.

        Args:
            behind: The partitions whose position went back, to be told.
        """
        _SET_BACK.inc()
        _log.error("store_set_back", partitions=[f"{p.topic}/{p.partition}" for p in behind])
        async with self.database.transaction() as connection:
            newest = await connection.fetchval(_QUERIES["read_newest"])
        since = None if newest is None else newest - MARGIN
        await self._take_back_directory()
        events, sealed = await self._read(since)
        if events:  # consoles were told of them under numbers that will be given again
            async with self.database.transaction() as connection:
                await connection.execute(_QUERIES["leap_channels"], LEAP)
        count = 0
        for begin in range(0, len(events), CHUNK):
            count += await self._store(events[begin : begin + CHUNK], sealed)
        _log.error("store_reclaimed", events=count, forked=[str(id_) for id_ in self._forked])
        return count

    async def positions(self) -> dict[Place, int]:
        """Return the stored positions of the dispatcher's groups."""
        async with self.database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["read_positions"], list(self.topics.groups))
        return {Place(row["topic"], row["partition"]): row["next_offset"] for row in rows}

    async def find_set_back(self) -> list[Place]:
        """Return the partitions where Kafka was told of more than is stored.

        Raises:
            KafkaError: Kafka does not answer.
        """
        told = await committed(self.topics.bootstrap, self.topics.groups)
        stored = await self.positions()
        return sorted(place for place, offset in told.items() if stored.get(place, 0) < offset)

    async def _take_back_directory(self) -> None:
        """Put the newest directory in force that was published, if the store has an older one."""
        newest: DirectoryPublished | None = None
        async for records in read_since(self.topics.bootstrap, self.topics.directory, None):
            for told in filter(None, map(_directory, records)):
                newest = told if newest is None or told.version > newest.version else newest
        if newest is None:
            return
        async with self.registry.write() as shelf:
            present = await shelf.read()
            if present is None or present.version < newest.version:
                now = self.clock.real()
                directory = read_directory(newest.document, version=newest.version, now=now)
                await publish(directory, shelf=shelf, by=BY, now=now)

    async def _read(self, since: datetime | None) -> tuple[list[Published], dict[IncidentId, str]]:
        """Return what the store lacks, in the order it was recorded, and the alerts' texts."""
        events, sealed = list[Published](), dict[IncidentId, str]()
        async for records in read_since(self.topics.bootstrap, self.topics.incidents, since):
            events += await self._missing(records)
        async for records in read_since(self.topics.bootstrap, self.topics.alerts, since):
            sealed |= _sealed(records)
        return in_order(events), sealed

    async def _missing(self, records: Sequence[Received]) -> list[Published]:
        """Return the events that the store lacks, or has otherwise at its end."""
        read = [entry for record in records if (entry := _published(record)) is not None]
        if not read:
            return []
        async with self.database.transaction() as connection:
            heads = await _heads(connection, {entry.event.incident for entry in read})
        return [entry for entry in read if not _is_stored(entry, heads)]

    async def _store(self, chunk: Sequence[Published], sealed: Mapping[IncidentId, str]) -> int:
        async with self.database.transaction() as connection:
            await connection.execute(_QUERIES["hold_reclaiming"], _LOCK)
            work = self.store.on(connection)
            ids = {entry.event.incident for entry in chunk} - self._forked
            incidents = await work.lock(ids)
            heads = await _heads(connection, ids)
            found = reclaim(
                [entry for entry in chunk if entry.event.incident in ids],
                stored={
                    id_: Stored(incident=incident, head=heads[id_][1])
                    for id_, incident in incidents.items()
                },
                sealed=sealed,
            )
            await work.lock_teams(_teams(found.changes))
            await work.save(found.changes)
        self._forked |= found.forked
        _FORKED.inc(len(found.forked))
        count = sum(len(change.events) for change in found.changes)
        _RECLAIMED.inc(count)
        return count


def _teams(changes: Sequence[Change]) -> set[TeamId]:
    bodies = (event.body for change in changes for event in change.events)
    return {body.team for body in bodies if isinstance(body, TeamAssigned)}


def in_order(events: Sequence[Published]) -> list[Published]:
    """Sort by when they were recorded, but never an incident's against its versions."""
    latest: dict[IncidentId, datetime] = {}
    keyed = []
    for entry in sorted(events, key=lambda entry: entry.event.version):
        id_, at = entry.event.incident, entry.event.recorded_at
        latest[id_] = max(at, latest.get(id_, at))
        keyed.append((latest[id_], entry.event.version, entry))
    return [entry for _, _, entry in sorted(keyed, key=lambda key: key[:2])]


def _is_stored(entry: Published, heads: Mapping[IncidentId, tuple[int, str]]) -> bool:
    version, head = heads.get(entry.event.incident, (0, ""))
    if entry.event.version == version:
        return entry.hash == head
    return entry.event.version < version


async def _heads(
    connection: asyncpg.Connection, ids: set[IncidentId]
) -> dict[IncidentId, tuple[int, str]]:
    rows = await connection.fetch(_QUERIES["find_heads"], list(ids))
    return {IncidentId(row["id"]): (row["version"], row["head"]) for row in rows}


def _published(record: Received) -> Published | None:
    """Read an event; None for what is none, such as a heartbeat, or cannot be read."""
    try:
        if envelope.parse(record.headers).type not in BODIES:
            return None
        told = codec.decode(record.value, IncidentChanged)
        return Published(
            event=eventlog.from_text(told.event), previous=told.previous, hash=told.hash
        )
    except (EnvelopeError, codec.DecodeError, ValueError):
        return None


def _directory(record: Received) -> DirectoryPublished | None:
    try:
        if envelope.parse(record.headers).type != DIRECTORY_PUBLISHED:
            return None
        return codec.decode(record.value, DirectoryPublished)
    except (EnvelopeError, codec.DecodeError):
        return None


def _sealed(records: Sequence[Received]) -> dict[IncidentId, str]:
    found = {}
    for record in records:
        try:
            if envelope.parse(record.headers).type == ALERT_RECEIVED:
                told = codec.decode(record.value, AlertReceived)
                if told.sealed is not None:
                    found[told.alert.id] = told.sealed
        except (EnvelopeError, codec.DecodeError):
            continue
    return found
