"""Intake's own Postgres, reached whenever it can be: intake serves without it too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from services.intake.ports import StoreAwayError
from services.runtime.clock import Clock
from services.runtime.migrations import check_clock
from services.runtime.postgres import Database, PostgresAwayError, is_transient

OWNER = "intake"
CONNECTIONS = 3
"""One to fill the spool, one to drain it, one for the directory."""


class IntakeDatabase:
    """Connects when first asked, and again whenever that failed."""

    def __init__(self, dsn: str, *, clock: Clock) -> None:
        self._dsn = dsn
        self._clock = clock
        self._database: Database | None = None
        self._connecting = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """Give a transaction.

        Raises:
            StoreAwayError: Postgres is away; trying again later can help.
            ClockMismatchError: The database was made with another clock than this process has.
        """
        try:
            database = self._database or await self._connected()
            async with database.transaction() as connection:
                yield connection
        except Exception as error:
            if isinstance(error, PostgresAwayError) or is_transient(error):
                raise StoreAwayError(type(error).__name__) from error
            raise

    async def close(self) -> None:
        """Close the connections, if there are any."""
        if self._database is not None:
            await self._database.close()

    async def _connected(self) -> Database:
        async with self._connecting:
            if self._database is None:
                self._database = await self._connect()
            return self._database

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
