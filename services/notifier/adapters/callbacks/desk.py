"""Registrations and the log of callbacks in Postgres."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
from typing_extensions import override

from incident.alert import OrganisationId, Status
from services.notifier.adapters.callbacks.listening import put
from services.notifier.handlers.callbacks.delivering import CallbackState
from services.notifier.handlers.callbacks.desk import (
    MOST_TRIES,
    Attempt,
    Delivery,
    Ledger,
    Registry,
    Search,
)
from services.notifier.handlers.callbacks.kinds import Callback, CallbackType
from services.notifier.handlers.callbacks.registering import (
    Registration,
    Secret,
    Subscription,
    SubscriptionState,
    register,
)
from services.runtime import codec, queries
from services.runtime.clock import Clock
from services.runtime.ids import new_id
from services.runtime.postgres import Database
from services.runtime.vault import Vault

_QUERIES = queries.load(Path(__file__).with_name("desk.sql"))


class PostgresRegistry(Registry):
    """One registration of one station at a time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @override
    async def find(self, station: str) -> Subscription | None:
        async with self._database.statements() as connection:
            return await _find(connection, station)

    @override
    async def register(
        self, asked: Registration, *, vault: Vault, now: datetime
    ) -> tuple[Subscription, str | None]:
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["make_line"], asked.station)
            await connection.execute(_QUERIES["lock_line"], asked.station)
            before = await _find(connection, asked.station)
            after, plain = register(before, asked, vault=vault, now=now)
            await connection.execute(_QUERIES["make_due"], asked.station, now)
            await connection.execute(
                _QUERIES["put_subscription"],
                after.station,
                after.url,
                list(after.types),
                codec.text(after.secrets),
                after.state,
                after.reason,
                after.changed_at,
                after.failing_since,
            )
        return after, plain

    @override
    async def remove(self, station: str, *, now: datetime) -> bool:
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["lock_line"], station)
            await connection.execute(_QUERIES["give_up_waiting"], station, now)
            gone = await connection.fetchval(_QUERIES["delete_subscription"], station)
        return gone is not None

    @override
    async def put_test(self, station: str) -> UUID | None:
        id_ = new_id()
        told = Callback(
            id=id_,
            station=OrganisationId(station),
            line=id_,
            type=CallbackType.TEST,
            status=Status.TEST,
            at=self._clock.now(),
            incident=None,
            details={},
        )
        async with self._database.transaction() as connection:
            if await _find(connection, station) is None:
                return None
            await put(connection, [told], clock=self._clock)
        return id_


class PostgresLedger(Ledger):
    """What was told, as stored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def search(self, wanted: Search) -> list[Delivery]:
        async with self._database.statements() as connection:
            rows = await connection.fetch(
                _QUERIES["search_deliveries"],
                wanted.station,
                wanted.incident,
                wanted.state,
                wanted.before,
                wanted.limit,
            )
        return [_delivery(row) for row in rows]

    @override
    async def find(self, id_: UUID) -> Delivery | None:
        async with self._database.statements() as connection:
            row = await connection.fetchrow(_QUERIES["find_delivery"], id_)
        return None if row is None else _delivery(row)

    @override
    async def retry(self, id_: UUID, *, now: datetime) -> bool:
        async with self._database.statements() as connection:
            again = await connection.fetchval(_QUERIES["retry_delivery"], id_, now, MOST_TRIES)
        return again is not None


async def _find(connection: asyncpg.Connection, station: str) -> Subscription | None:
    row = await connection.fetchrow(_QUERIES["find_subscription"], station)
    if row is None:
        return None
    return Subscription(
        station=row["station"],
        url=row["url"],
        types=tuple(map(CallbackType, row["types"])),
        secrets=codec.decode(row["secrets"], tuple[Secret, ...]),
        state=SubscriptionState(row["state"]),
        reason=row["reason"],
        changed_at=row["changed_at"],
        failing_since=row["failing_since"],
    )


def _delivery(row: asyncpg.Record) -> Delivery:
    values = dict(row)
    tries = codec.decode(values.pop("tries", "[]"), tuple[Attempt, ...])
    return Delivery(**values | {"state": CallbackState(values["state"]), "tries": tries})
