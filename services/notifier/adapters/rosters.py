"""Rosters in Postgres: bodies with masks, addresses sealed apart, and every version's change."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import structlog
from typing_extensions import override

from incident.alert import OrganisationId
from incident.roster import (
    Calendar,
    Channel,
    ChannelType,
    Override,
    Person,
    Roster,
    Swap,
    read_roster,
    to_document,
)
from services.notifier.adapters.public_days import public_days
from services.notifier.ports.rosters import (
    Change,
    Changed,
    NoContactKeysError,
    Rosters,
    RosterWork,
    What,
)
from services.runtime import codec
from services.runtime.clock import Clock
from services.runtime.postgres import Database
from services.runtime.queries import load
from services.runtime.vault import Vault, VaultError

_QUERIES = load(Path(__file__).with_name("rosters.sql"))

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is stored of a roster."""

    document: dict[str, Any]
    overrides: tuple[Override, ...]
    swaps: tuple[Swap, ...]


class PostgresRosters(Rosters):
    """Reads and writes the tables of rosters."""

    def __init__(self, database: Database, *, vault: Vault | None, clock: Clock) -> None:
        """Take what it stands on.

        Args:
            database: With the notifier's schema.
            vault: Seals addresses; None where no key was set.
            clock: Says which years' public holidays are wanted.
        """
        self._database = database
        self._vault = vault
        self._clock = clock

    @property
    @override
    def seals(self) -> bool:
        return self._vault is not None

    @asynccontextmanager
    @override
    async def work(self, organisation: OrganisationId) -> AsyncIterator[RosterWork]:
        async with self._database.transaction() as connection:
            await connection.fetchval(_QUERIES["lock_roster"], organisation)
            roster = await self._with_addresses(connection, organisation)
            yield _PostgresWork(connection, roster=roster, vault=self._vault)

    @override
    async def find(
        self, organisation: OrganisationId, *, version: int | None = None
    ) -> tuple[Roster, Changed] | None:
        async with self._database.transaction() as connection:
            if version is None:
                row = await connection.fetchrow(_QUERIES["select_roster"], organisation)
            else:
                row = await connection.fetchrow(_QUERIES["select_version"], organisation, version)
        return None if row is None else (self._roster(organisation, row), _changed(row))

    @override
    async def versions(self) -> dict[OrganisationId, Changed]:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["list_versions"])
        return {OrganisationId(row["organisation"]): _changed(row) for row in rows}

    @override
    async def history(
        self, organisation: OrganisationId, *, before: int | None, limit: int
    ) -> list[Changed]:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["list_changes"], organisation, before, limit)
        return [_changed(row) for row in rows]

    async def open(self, organisation: OrganisationId) -> Roster | None:
        """Give a roster with its addresses, for the copy in memory."""
        async with self._database.transaction() as connection:
            return await self._with_addresses(connection, organisation)

    async def _with_addresses(
        self, connection: asyncpg.Connection, organisation: OrganisationId
    ) -> Roster | None:
        row = await connection.fetchrow(_QUERIES["select_roster"], organisation)
        if row is None:
            return None
        roster = self._roster(organisation, row)
        kept: dict[str, list[Channel]] = {}
        for address in await connection.fetch(_QUERIES["select_addresses"], organisation):
            kept.setdefault(address["person"], []).append(self._opened(organisation, address))
        contacts = (
            replace(person, channels=tuple(kept.get(person.code, ()))) for person in roster.contacts
        )
        return replace(roster, contacts=tuple(contacts))

    def _opened(self, organisation: OrganisationId, row: Mapping[str, Any]) -> Channel:
        """One address; without it where its key is gone, which is said in the log."""
        address = None
        context = _context(organisation, row["person"], row["type"])
        try:
            if self._vault is not None:
                address = self._vault.open(row["sealed"], context).decode()
        except VaultError as error:
            _log.error(
                "contact_not_opened",
                organisation=organisation,
                type=row["type"],
                fault=type(error).__name__,
            )
        return Channel(type=ChannelType(row["type"]), masked=row["masked"], address=address)

    def _roster(self, organisation: OrganisationId, row: Mapping[str, Any]) -> Roster:
        body = codec.decode(row["body"], Body)
        roster = read_roster(body.document, organisation=organisation, version=row["version"])
        return replace(
            roster,
            overrides=body.overrides,
            swaps=body.swaps,
            calendar=self.calendar(roster.country),
        )

    def calendar(self, country: str | None) -> Calendar:
        """The public days of a country in the years around now."""
        return public_days(country, self._clock.now().year)


class _PostgresWork(RosterWork):
    """One transaction on one roster."""

    def __init__(
        self, connection: asyncpg.Connection, *, roster: Roster | None, vault: Vault | None
    ) -> None:
        self._connection = connection
        self._roster = roster
        self._vault = vault

    @property
    @override
    def roster(self) -> Roster | None:
        return self._roster

    @override
    async def save(self, roster: Roster, change: Change) -> None:
        body = codec.text(
            Body(document=to_document(roster), overrides=roster.overrides, swaps=roster.swaps)
        )
        version = (roster.organisation, roster.version)
        await self._connection.execute(_QUERIES["upsert_roster"], *version, body, change.at)
        by = (change.what, change.key, change.role, change.person, change.at)
        await self._connection.execute(_QUERIES["insert_change"], *version, *by, body)
        self._roster = roster
        if change.what is What.DOCUMENT:  # nothing else changes addresses, or may lose one
            await self._keep_addresses(roster)

    async def _keep_addresses(self, roster: Roster) -> None:
        if self._vault is None:
            raise NoContactKeysError
        await self._connection.execute(_QUERIES["delete_addresses"], roster.organisation)
        sealed = _sealed(roster.organisation, roster.contacts, self._vault)
        columns = [list(column) for column in zip(*sealed, strict=True)] or [[], [], [], [], []]
        await self._connection.execute(_QUERIES["insert_addresses"], roster.organisation, *columns)


def _sealed(
    organisation: OrganisationId, contacts: Sequence[Person], vault: Vault
) -> list[tuple[str, int, str, str, str]]:
    """The rows of addresses; of those that could not be opened none is left."""
    return [
        (
            person.code,
            position,
            channel.type.value,
            channel.masked,
            vault.seal(channel.address.encode(), _context(organisation, person.code, channel.type)),
        )
        for person in contacts
        for position, channel in enumerate(person.channels)
        if channel.address is not None
    ]


def _context(organisation: str, person: str, type_: str) -> str:
    return f"roster/{organisation}/{person}/{type_}"


def _changed(row: Mapping[str, Any]) -> Changed:
    return Changed(
        version=row["version"],
        change=Change(
            what=What(row["what"]),
            key=row["by_key"],
            role=row["by_role"],
            person=row["by_person"],
            at=row["changed_at"],
        ),
    )
