"""Keeps the texts of profiles beside the rows that name them.

A service's schema has them in a table::

    create table profile (
        name     text primary key, -- the SHA-256 of the document
        document text not null
    );

Nothing is ever changed in it or deleted: an incident of years ago names the profile it was held to.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import asyncpg

from incident.profile import Profile
from services.runtime.postgres import Database
from services.runtime.sharing import UnknownProfileError, learn, shared
from services.runtime.statements import statement

T = TypeVar("T")


class Shelf:
    """The profiles of one schema; asks Postgres only for those it did not see there itself."""

    def __init__(self, schema: str) -> None:
        """Take the schema whose table it is."""
        self._schema = schema
        self._kept: set[str] = set()

    async def begin(self, database: Database, profiles: Iterable[Profile]) -> None:
        """Keep the profiles this process opens incidents with, before it opens any."""
        known = list(profiles)
        async with database.transaction() as connection:
            await self.keep(connection, known)
        self._kept.update(shared(profile).name for profile in known)

    async def keep(self, connection: asyncpg.Connection, profiles: Iterable[Profile]) -> None:
        """Keep profiles, in the transaction of the rows that name them."""
        entries = {entry.name: entry for entry in map(shared, profiles)}
        new = sorted(entries.keys() - self._kept)
        if new:
            texts = [bytes(entries[name].text).decode() for name in new]
            await connection.execute(statement("insert_profiles", self._schema), new, texts)

    async def knowing(self, connection: asyncpg.Connection, read: Callable[[], T]) -> T:
        """Read rows; a profile they name that was not seen in this process is fetched first.

        Raises:
            UnknownProfileError: It is not in the table either.
        """
        fetched = set[str]()
        while True:
            try:
                return read()
            except UnknownProfileError as error:
                if error.name in fetched:
                    raise
                await self._fetch(connection, error.name)
                fetched.add(error.name)

    async def _fetch(self, connection: asyncpg.Connection, name: str) -> None:
        text = await connection.fetchval(statement("find_profile", self._schema), name)
        if text is not None:
            learn(text.encode())
