"""The line of callbacks in Postgres."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from typing_extensions import override

from services.notifier.adapters.callbacks.listening import QUERIES
from services.notifier.handlers.callbacks.delivering import (
    DISABLED_AFTER,
    LEASE,
    PER_STATION,
    RECOVERED_AFTER,
    RETENTION,
    CallbackState,
    Kept,
    Line,
    Parcel,
    Settlement,
    Waiting,
    Wanted,
)
from services.notifier.handlers.callbacks.kinds import CallbackType
from services.notifier.handlers.callbacks.registering import Secret
from services.runtime import codec
from services.runtime.postgres import Database

BATCH = 1000
GONE = "its system answered 410: it is gone"
FAILING = f"nothing was taken for {DISABLED_AFTER.days} days"


class PostgresLine(Line):
    """Begins and settles; any number of processes may at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def turn(self, settled: Sequence[Settlement], wanted: Wanted) -> list[Parcel]:
        async with self._database.transaction() as connection:
            if settled:
                await _settle(connection, settled, now=wanted.now)
            if wanted.limit <= 0:
                return []
            rows = await connection.fetch(
                QUERIES["take_due"],
                wanted.now,
                list(wanted.rooms),
                list(wanted.rooms.values()),
                PER_STATION,
                wanted.limit,
            )
            parcels = [_parcel(row) for row in rows]
            if parcels:
                await connection.execute(
                    QUERIES["begin_attempts"],
                    [parcel.id for parcel in parcels],
                    [parcel.attempt for parcel in parcels],
                    wanted.now + LEASE,
                )
        return parcels

    @override
    async def measure(self) -> list[Waiting]:
        async with self._database.statements() as connection:
            rows = await connection.fetch(QUERIES["measure_waiting"])
        return [Waiting(**dict(row)) for row in rows]

    @override
    async def keep(self, now: datetime) -> Kept:
        old = now - RETENTION
        async with self._database.transaction() as connection:
            failing = now - DISABLED_AFTER
            disabled = await connection.fetch(QUERIES["disable_failing"], failing, FAILING, now)
            expired = await connection.execute(QUERIES["expire_callbacks"], old, now, BATCH)
            purged = await connection.fetchval(QUERIES["purge_callbacks"], old, BATCH)
            await connection.execute(QUERIES["purge_receipts"], old)
        return Kept(
            disabled=tuple(row["station"] for row in disabled),
            expired=int(expired.split()[-1]),
            purged=purged,
        )


async def _settle(
    connection: asyncpg.Connection, settled: Sequence[Settlement], *, now: datetime
) -> None:
    ordered = sorted(settled, key=lambda each: each.parcel.id)
    rows = [
        (each.parcel.id, each.parcel.attempt, each.state, each.outcome, each.next_at, each.ended_at)
        for each in ordered
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    await connection.execute(QUERIES["settle_callbacks"], *columns)
    worked = {each.parcel.station for each in settled if each.state is CallbackState.DELIVERED}
    failed = {each.parcel.station for each in settled} - worked
    if failed:
        await connection.execute(QUERIES["note_failures"], sorted(failed), now)
    if worked:
        await _recover(connection, sorted(worked), now=now)
    gone = {each.parcel.station: each.parcel.url for each in ordered if each.gone}
    if gone:
        await connection.execute(
            QUERIES["disable_gone"], list(gone), list(gone.values()), GONE, now
        )


async def _recover(
    connection: asyncpg.Connection, stations: Sequence[str], *, now: datetime
) -> None:
    """Bring forward what waits for stations that had failed for long and answer again."""
    rows = await connection.fetch(QUERIES["note_successes"], stations)
    back = [row["station"] for row in rows if now - row["failing_since"] >= RECOVERED_AFTER]
    if back:
        await connection.execute(QUERIES["bring_forward"], sorted(back), now)


def _parcel(row: asyncpg.Record) -> Parcel:
    return Parcel(
        id=row["id"],
        station=row["station"],
        incident=row["incident_id"],
        type=CallbackType(row["type"]),
        attempt=row["attempts"] + 1,
        url=row["url"],
        secrets=codec.decode(row["secrets"], tuple[Secret, ...]),
        body=row["body"],
    )
