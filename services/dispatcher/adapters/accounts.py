"""Accounts and sessions in Postgres."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from typing_extensions import override

from services.dispatcher.handlers.accounts import Account, Accounts, DeviceEntry, Stamp
from services.dispatcher.handlers.sessions import Opening, Session, Sessions
from services.runtime import queries
from services.runtime.auth import Device, Role
from services.runtime.postgres import Database

_QUERIES = queries.load(Path(__file__).with_name("accounts.sql"))


class PostgresAccounts(Accounts):
    """The tables of accounts and devices."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def find(self, name: str) -> Account | None:
        async with self._database.statements() as connection:
            row = await connection.fetchrow(_QUERIES["find_account"], name)
        return None if row is None else _account(row)

    @override
    async def list_(self, *, organisation: str | None, after: str, limit: int) -> Sequence[Account]:
        async with self._database.statements() as connection:
            rows = await connection.fetch(_QUERIES["list_accounts"], organisation, after, limit)
        return [_account(row) for row in rows]

    @override
    async def add(self, account: Account, hash_: str, stamp: Stamp) -> bool:
        async with self._database.statements() as connection:
            kept = await connection.fetchval(
                _QUERIES["insert_account"],
                account.name,
                account.display,
                account.role.value,
                account.organisation,
                account.team,
                account.person,
                account.language,
                account.disabled,
                hash_,
                stamp.at,
                stamp.by,
            )
        return kept is not None

    @override
    async def change(self, account: Account, hash_: str | None, stamp: Stamp) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                _QUERIES["update_account"],
                account.name,
                account.display,
                account.person,
                account.language,
                account.disabled,
                hash_,
                stamp.at,
                stamp.by,
            )
            if hash_ is not None or account.disabled:
                await connection.execute(_QUERIES["end_sessions_of"], account.name, None)

    @override
    async def add_device(self, account: str, entry: DeviceEntry, digest: str, stamp: Stamp) -> None:
        async with self._database.statements() as connection:
            await connection.execute(
                _QUERIES["insert_device"],
                entry.id,
                account,
                entry.kind.value,
                entry.label,
                digest,
                entry.made_at,
                stamp.by,
            )

    @override
    async def devices(self, account: str) -> Sequence[DeviceEntry]:
        async with self._database.statements() as connection:
            rows = await connection.fetch(_QUERIES["list_devices"], account)
        return [
            DeviceEntry(
                id=row["id"],
                kind=Device(row["kind"]),
                label=row["label"],
                made_at=row["made_at"],
                revoked_at=row["revoked_at"],
            )
            for row in rows
        ]

    @override
    async def revoke_device(self, account: str, id_: UUID, *, at: datetime) -> bool:
        async with self._database.transaction() as connection:
            found = await connection.fetchval(_QUERIES["revoke_device"], account, id_, at)
        return found is not None


class PostgresSessions(Sessions):
    """The tables of sessions and attempts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def try_(
        self, keys: dict[str, int], *, now: datetime, within: timedelta
    ) -> datetime | None:
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["lock_attempts"], list(keys))
            rows = await connection.fetch(_QUERIES["count_attempts"], list(keys), now - within)
            over = [row["oldest"] for row in rows if row["count"] >= keys[row["key"]]]
            if over:
                latest: datetime = max(over)
                return latest
            await connection.execute(_QUERIES["insert_attempts"], list(keys), now, now - within)
        return None

    @override
    async def succeed(self, keys: list[str]) -> None:
        async with self._database.statements() as connection:
            await connection.execute(_QUERIES["delete_attempts"], keys)

    @override
    async def find_account(self, name: str) -> tuple[Account, str] | None:
        async with self._database.statements() as connection:
            row = await connection.fetchrow(_QUERIES["find_account"], name)
        return None if row is None else (_account(row), row["password"])

    @override
    async def find_device(self, digest: str) -> tuple[UUID, Device, Account] | None:
        async with self._database.statements() as connection:
            row = await connection.fetchrow(_QUERIES["find_device"], digest)
        return None if row is None else (row["id"], Device(row["kind"]), _account(row))

    @override
    async def open(self, opening: Opening) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["delete_ended_sessions"], opening.opened_at)
            await connection.execute(
                _QUERIES["insert_session"],
                opening.id,
                opening.digest,
                opening.account,
                opening.device,
                opening.opened_at,
                opening.ends_at,
            )

    @override
    async def use(self, digest: str, *, now: datetime, idle: timedelta) -> Session | None:
        async with self._database.statements() as connection:
            row = await connection.fetchrow(_QUERIES["use_session"], digest, now, now - idle)
        if row is None:
            return None
        return Session(
            id=row["id"],
            account=_account(row),
            opened_at=row["opened_at"],
            ends_at=row["ends_at"],
            device=None if row["device"] is None else Device(row["device"]),
        )

    @override
    async def end(self, digest: str) -> None:
        async with self._database.statements() as connection:
            await connection.execute(_QUERIES["delete_session"], digest)

    @override
    async def set_password(self, name: str, hash_: str, *, but: str, by: str, at: datetime) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["set_password"], name, hash_, at, by)
            await connection.execute(_QUERIES["end_sessions_of"], name, but)


def _account(row: Mapping[str, Any]) -> Account:
    return Account(
        name=row["name"],
        display=row["display"],
        role=Role(row["role"]),
        organisation=row["organisation"],
        team=row["team"],
        person=row["person"],
        language=row["language"],
        disabled=row["disabled"],
    )
