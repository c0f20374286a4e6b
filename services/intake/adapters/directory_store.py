"""The directory's copy in Postgres, reached whenever it can be: intake serves without it too."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import asyncpg
from typing_extensions import override

from incident.messages import DirectoryPublished
from services.intake.ports import DirectoryStore, StoreAwayError
from services.runtime import codec, queries
from services.runtime.clock import Clock
from services.runtime.migrations import check_clock
from services.runtime.postgres import Database, PostgresAwayError, is_transient

OWNER = "intake"
CONNECTIONS = 1

_QUERIES = queries.load(Path(__file__).with_name("queries.sql"))


class PostgresDirectoryStore(DirectoryStore):
    """Keeps one copy, the newest; connects when first asked."""

    def __init__(self, dsn: str, *, clock: Clock) -> None:
        self._dsn = dsn
        self._clock = clock
        self._database: Database | None = None

    @override
    async def load(self) -> DirectoryPublished | None:
        async with self._transaction() as connection:
            row = await connection.fetchrow(_QUERIES["select_directory"])
        if row is None:
            return None
        return DirectoryPublished(
            version=row["version"],
            document=codec.decode(row["document"], dict[str, object]),
            published_at=row["published_at"],
        )

    @override
    async def save(self, published: DirectoryPublished, *, now: datetime) -> None:
        document = codec.text(published.document)
        async with self._transaction() as connection:
            await connection.execute(
                _QUERIES["save_directory"],
                published.version,
                document,
                published.published_at,
                now,
            )

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._database is not None:
            await self._database.close()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """Give a transaction.

        Raises:
            StoreAwayError: Postgres is away; trying again later can help.
            ClockMismatchError: The database was made with another clock than this process has.
        """
        try:
            if self._database is None:
                self._database = await self._connect()
            async with self._database.transaction() as connection:
                yield connection
        except Exception as error:
            if isinstance(error, PostgresAwayError) or is_transient(error):
                raise StoreAwayError(type(error).__name__) from error
            raise

    async def _connect(self) -> Database:
        database = await Database.connect(
            self._dsn,
            role=f"d115_{OWNER}",
            application=OWNER,
            size=CONNECTIONS,
            clock=self._clock,
            patience=0,
        )
        try:
            async with database.transaction() as connection:
                await check_clock(connection, OWNER, self._clock)
        except BaseException:
            await database.close()
            raise
        return database
