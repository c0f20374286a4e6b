"""Who is at a center's desk, in Postgres; what is said there is told to consoles and Kafka."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zlib import crc32

import asyncpg
from typing_extensions import override

from incident.alert import OrganisationId
from incident.messages import CENTER_AWAY, CenterAway
from incident.presence import MOST, Presence
from services.dispatcher.adapters.telling import SCHEMA, SOURCE
from services.dispatcher.handlers.presence import Desk, Desks, desk_of
from services.dispatcher.payloads.views import center_channel
from services.runtime import codec, envelope, outbox, queries, trace
from services.runtime.clock import Clock
from services.runtime.ids import new_id
from services.runtime.postgres import Database
from services.runtime.records import Record

_QUERIES = queries.load(Path(__file__).with_name("presence.sql"))
_LOCK = crc32(b"dispatcher desks") - 2**31

Wake = Callable[[], None]


class PostgresDesks(Desks):
    """The table of presence."""

    def __init__(self, database: Database, clock: Clock, *, topic: str, wake: Wake) -> None:
        """Take the parts.

        Args:
            database: Of the dispatcher.
            clock: For the real time of what is written.
            topic: Where everybody else is told.
            wake: Wakes the relay and the streams after a commit.
        """
        self._database = database
        self._clock = clock
        self._topic = topic
        self._wake = wake

    @override
    async def say(self, center: str, said: Presence, *, now: datetime) -> Desk:
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["lock_desk"], _LOCK, center)
            await connection.execute(_QUERIES["drop_presence"], center, now)
            await connection.execute(
                _QUERIES["put_presence"], center, said.operator, said.away, said.since, said.until
            )
            desk = await _read(connection, center, now)
            await self._tell(connection, desk, now)
        self._wake()
        return desk

    @override
    async def forget(self, center: str, operator: str, *, now: datetime) -> Desk:
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["lock_desk"], _LOCK, center)
            await connection.execute(_QUERIES["forget_presence"], center, operator)
            desk = await _read(connection, center, now)
            await self._tell(connection, desk, now)
        self._wake()
        return desk

    @override
    async def read(self, center: str, *, now: datetime) -> Desk:
        async with self._database.statements() as connection:
            return await _read(connection, center, now)

    async def _tell(self, connection: asyncpg.Connection, desk: Desk, now: datetime) -> None:
        """Tell Kafka, then the consoles: the channel is locked last."""
        real = self._clock.real()
        await outbox.put(connection, SCHEMA, [_record(desk, self._topic, now)], real=real)
        await connection.execute(
            _QUERIES["tell_channel"],
            center_channel(desk.center),
            CENTER_AWAY,
            codec.text(desk),
            real,
        )


async def _read(connection: asyncpg.Connection, center: str, now: datetime) -> Desk:
    rows = await connection.fetch(_QUERIES["list_presence"], center, now, MOST)
    return desk_of(center, tuple(Presence(**dict(row)) for row in rows), now=now)


def _record(desk: Desk, topic: str, now: datetime) -> Record:
    told = CenterAway(center=OrganisationId(desk.center), at=now, away=desk.away, said=desk.said)
    about = envelope.Envelope(
        id=str(new_id()),
        source=SOURCE,
        type=CENTER_AWAY,
        time=now,
        subject=desk.center,
        traceparent=trace.header(),
    )
    return Record(
        topic=topic, key=desk.center, value=codec.encode(told), headers=envelope.build(about)
    )
