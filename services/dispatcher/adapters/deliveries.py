"""Deliveries in Postgres, settled in the transaction of the incident they push."""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import asyncpg
from typing_extensions import override

from incident.alert import IncidentId
from services.dispatcher.adapters.store import PostgresStore, PostgresWork
from services.dispatcher.handlers.outcomes import Parcel, Verdict
from services.dispatcher.handlers.outgoing import Backlog, DeliveryStore, DeliveryWork, Due, Ended
from services.runtime import queries
from services.runtime.postgres import Database

_QUERIES = queries.load(Path(__file__).with_name("deliveries.sql"))


class PostgresDeliveryWork(DeliveryWork):
    """One transaction on deliveries and incidents."""

    def __init__(self, connection: asyncpg.Connection, incidents: PostgresWork) -> None:
        self._connection = connection
        self._incidents = incidents

    @property
    @override
    def incidents(self) -> PostgresWork:
        return self._incidents

    @override
    async def take_due(self, *, now: datetime, busy: Collection[str], limit: int) -> list[Due]:
        rows = await self._connection.fetch(_QUERIES["take_due"], now, list(busy), limit)
        return [Due(**row | {"incident": IncidentId(row["incident"])}) for row in map(dict, rows)]

    @override
    async def find_disabled(self, centers: Iterable[str]) -> dict[str, str]:
        rows = await self._connection.fetch(_QUERIES["find_disabled"], list(centers))
        return {row["center"]: row["mark"] for row in rows}

    @override
    async def begin(self, parcels: Sequence[Parcel], *, until: datetime) -> None:
        if parcels:
            await self._connection.execute(
                _QUERIES["begin_attempts"],
                [parcel.id for parcel in parcels],
                [parcel.attempt for parcel in parcels],
                [parcel.body for parcel in parcels],
                until,
            )

    @override
    async def end(self, ended: Sequence[Ended]) -> None:
        if ended:
            await self._connection.execute(
                _QUERIES["end_deliveries"],
                [entry.id for entry in ended],
                [entry.state for entry in ended],
                [entry.ending for entry in ended],
            )

    @override
    async def settle(self, parcel: Parcel, verdict: Verdict) -> None:
        await self._connection.execute(
            _QUERIES["settle_delivery"],
            parcel.id,
            parcel.attempt,
            verdict.state,
            verdict.outcome,
            verdict.next_at,
        )

    @override
    async def disable(self, center: str, mark: str, *, now: datetime) -> None:
        await self._connection.execute(_QUERIES["disable_endpoint"], center, mark, now)


class PostgresDeliveries(DeliveryStore):
    """Hands out transactions; one that changed an incident wakes relay and streams at its end."""

    def __init__(
        self, database: Database, *, store: PostgresStore, wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._store = store
        self._wake = wake

    @override
    @asynccontextmanager
    async def work(self) -> AsyncIterator[DeliveryWork]:
        async with self._database.transaction() as connection:
            incidents = self._store.on(connection)
            yield PostgresDeliveryWork(connection, incidents)
        if incidents.changes:
            self._wake()

    @override
    async def measure(self) -> Backlog:
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(_QUERIES["measure_deliveries"])
        return Backlog(count=row["count"], oldest=row["oldest"])
