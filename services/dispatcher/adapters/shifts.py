"""Shifts and live streams in Postgres, over all processes; who sees a change first tells it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zlib import crc32

import asyncpg
from typing_extensions import override

from incident.alert import OrganisationId
from incident.errors import DeskNotOnShift
from incident.messages import CENTER_DESK, CenterDesk
from incident.shift import (
    MOST_DESKS,
    CenterState,
    Console,
    Shift,
    Sound,
    Standing,
    standing_of,
)
from services.dispatcher.adapters.consoles_on_shift import LIVES, QUERIES, read_console
from services.dispatcher.adapters.telling import SCHEMA, SOURCE
from services.dispatcher.handlers.shifts import (
    Lasting,
    Manned,
    MostDesksError,
    Shifts,
    Stream,
    Streams,
)
from services.dispatcher.payloads.views import center_channel, station_channel
from services.dispatcher.ports import Atlas
from services.runtime import codec, envelope, outbox, trace
from services.runtime.clock import Clock
from services.runtime.ids import new_id
from services.runtime.postgres import Database
from services.runtime.records import Record

FORGOTTEN = timedelta(minutes=10)
"""Real time after which a stream that no process speaks of is forgotten."""

_LOCK = crc32(b"dispatcher desks") - 2**31
_NOBODY = Standing(state=CenterState.OFFLINE)

Wake = Callable[[], None]


class PostgresShifts(Shifts, Streams):
    """The tables of shifts, of live streams and of what centers are."""

    def __init__(
        self, database: Database, clock: Clock, *, atlas: Atlas, topic: str, wake: Wake
    ) -> None:
        """Take the parts.

        Args:
            database: Of the dispatcher.
            clock: For both times.
            atlas: Names the stations that are told.
            topic: Where everybody else is told.
            wake: Wakes the relay and the streams after a commit.
        """
        self._database = database
        self._clock = clock
        self._atlas = atlas
        self._topic = topic
        self._wake = wake
        self._process = new_id()

    @override
    async def begin(self, center: str, shift: Shift, *, key: str) -> Manned:
        now = shift.since
        async with self._database.transaction() as connection:
            await connection.execute(QUERIES["lock_center"], _LOCK, center)
            await connection.execute(QUERIES["end_forgotten"], center, now)
            others = await connection.fetchval(QUERIES["count_others"], center, shift.desk, now)
            if others >= MOST_DESKS:
                raise MostDesksError
            await connection.execute(QUERIES["end_shift"], center, shift.desk, now, shift.operator)
            await connection.execute(
                QUERIES["insert_shift"],
                new_id(),
                center,
                shift.desk,
                shift.operator,
                key,
                shift.since,
                shift.until,
                shift.sound.value,
                shift.checked.value,
                shift.reason,
            )
            manned, _ = await self._settle(connection, center, now)
        self._wake()
        return manned

    @override
    async def set_sound(self, center: str, desk: UUID, sound: Sound, *, now: datetime) -> Manned:
        async with self._database.transaction() as connection:
            await connection.execute(QUERIES["lock_center"], _LOCK, center)
            found = await connection.fetchval(QUERIES["set_sound"], center, desk, sound.value, now)
            if found is None:
                raise DeskNotOnShift("nobody is on shift at this desk; begin a shift first")
            manned, _ = await self._settle(connection, center, now)
        self._wake()
        return manned

    @override
    async def end(self, center: str, desk: UUID, *, by: str, now: datetime) -> Manned:
        async with self._database.transaction() as connection:
            await connection.execute(QUERIES["lock_center"], _LOCK, center)
            await connection.execute(QUERIES["end_shift"], center, desk, now, by)
            manned, _ = await self._settle(connection, center, now)
        self._wake()
        return manned

    @override
    async def read(self, center: str, *, now: datetime) -> Manned:
        async with self._database.statements() as connection:
            found = await self._look(connection, center, now)
        return found.get(center) or Manned(center=center, standing=_NOBODY)

    @override
    async def standings(self) -> Mapping[str, Lasting]:
        async with self._database.statements() as connection:
            rows = await connection.fetch(QUERIES["list_standings"], None)
        return {row["center"]: Lasting(standing=_told(row), since=row["since"]) for row in rows}

    @override
    async def beat(self, living: Sequence[Stream]) -> None:
        if not living:
            return
        async with self._database.statements() as connection:
            await connection.execute(
                QUERIES["put_streams"],
                self._process,
                [each.center for each in living],
                [each.desk for each in living],
                [each.client for each in living],
                self._clock.real(),
            )

    @override
    async def drop(self, gone: Sequence[Stream]) -> None:
        async with self._database.statements() as connection:
            await connection.execute(
                QUERIES["drop_streams"],
                self._process,
                [each.center for each in gone],
                [each.desk for each in gone],
                self._clock.real() - FORGOTTEN,
            )

    @override
    async def settle(self, *, now: datetime) -> list[str]:
        async with self._database.statements() as connection:
            found = await self._look(connection, None, now)
            rows = await connection.fetch(QUERIES["list_standings"], None)
        told = {row["center"]: _told(row) for row in rows}
        changed = list[str]()
        for center in sorted(found.keys() | told.keys()):
            manned = found.get(center) or Manned(center=center, standing=_NOBODY)
            if manned.standing != told.get(center, _NOBODY):
                async with self._database.transaction() as connection:
                    await connection.execute(QUERIES["lock_center"], _LOCK, center)
                    _, is_new = await self._settle(connection, center, now)
                if is_new:
                    changed.append(center)
        if changed:
            self._wake()
        return changed

    async def _look(
        self, connection: asyncpg.Connection, center: str | None, now: datetime
    ) -> dict[str, Manned]:
        """Read the desks of a center, or of all that have any, and what they make of it."""
        seen = self._clock.real() - LIVES
        rows = await connection.fetch(QUERIES["list_consoles"], center, now, seen, None)
        counted = await connection.fetch(QUERIES["count_clients"], center, seen)
        clients = {row["center"]: row["clients"] for row in counted}
        consoles = defaultdict[str, list[Console]](list)
        for row in rows:
            consoles[row["center"]].append(read_console(row))
        return {
            code: Manned(
                center=code,
                standing=standing_of(consoles[code], clients=clients.get(code, 0)),
                consoles=tuple(consoles[code]),
            )
            for code in {*consoles, *clients}
        }

    async def _settle(
        self, connection: asyncpg.Connection, center: str, now: datetime
    ) -> tuple[Manned, bool]:
        """Under the center's lock: tell what it is, if that is news."""
        found = await self._look(connection, center, now)
        manned = found.get(center) or Manned(center=center, standing=_NOBODY)
        row = await connection.fetchrow(QUERIES["list_standings"], center)
        before = _NOBODY if row is None else _told(row)
        if manned.standing == before:
            return manned, False
        standing = manned.standing
        await connection.execute(
            QUERIES["put_standing"],
            center,
            standing.state.value,
            standing.on_shift,
            standing.connected,
            standing.audible,
            standing.away,
            standing.clients,
            now,
        )
        await self._tell(connection, center, standing, now)
        return manned, True

    async def _tell(
        self, connection: asyncpg.Connection, center: str, standing: Standing, now: datetime
    ) -> None:
        """Tell Kafka, then the consoles and the stations: channels are locked last, by name."""
        real = self._clock.real()
        told = CenterDesk(center=OrganisationId(center), at=now, **asdict(standing))
        record = _record(told, self._topic)
        await outbox.put(connection, SCHEMA, [record], real=real)
        stations = (station.code for station in self._atlas.lookup.directory.stations)
        channels = sorted({center_channel(center), *map(station_channel, stations)})
        await connection.execute(
            QUERIES["tell_channels"], channels, CENTER_DESK, codec.text(told), real
        )


def _told(row: Mapping[str, Any]) -> Standing:
    return Standing(
        state=CenterState(row["state"]),
        on_shift=row["on_shift"],
        connected=row["connected"],
        audible=row["audible"],
        away=row["away"],
        clients=row["clients"],
    )


def _record(told: CenterDesk, topic: str) -> Record:
    about = envelope.Envelope(
        id=str(new_id()),
        source=SOURCE,
        type=CENTER_DESK,
        time=told.at,
        subject=told.center,
        traceparent=trace.header(),
    )
    return Record(
        topic=topic, key=told.center, value=codec.encode(told), headers=envelope.build(about)
    )
