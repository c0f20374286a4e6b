"""Postgres for the services: a bounded pool, one transaction at a time, and which faults pass.

A connection goes back to the pool without a reset query (that saves a round trip, a quarter of a
short transaction, and keeps a commit that stood from failing after the fact). So nothing may
outlive a transaction: `set local`, `pg_advisory_xact_lock`, never their session forms. `jsonb`
goes in and comes out as text: the services encode and decode it themselves with `codec`, straight
from and to their own types.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import TypeVar

import asyncpg
import structlog
from prometheus_client import Counter, Gauge, Histogram

from services.runtime.clock import Clock, SystemClock
from services.runtime.logs import describe

COMMAND_SECONDS = 5.0
ACQUIRE_SECONDS = 3.0
CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 2.0
RETRY_SECONDS = 2.0  # a caller waits meanwhile, and a server that hangs does so a second time

# The server gives up before the client does, so that the client learns why. Just-in-time
# compilation costs more than it saves on statements of a millisecond.
SESSION = {
    "jit": "off",
    "timezone": "UTC",
    "statement_timeout": "4500ms",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "10s",
}

_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})

_PASSING_FAULTS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,  # serialization, deadlock
    asyncpg.OperatorInterventionError,  # shutdown, crash of another backend, statement time-out
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # still connected to what is now a standby
    asyncpg.InternalClientError,  # the driver lost its place as the server went away in mid-answer
)

_ACQUIRE = Histogram(
    "d115_postgres_acquire_seconds",
    "Waiting for a free connection of the pool.",
    ["application"],
    buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 1, 3),
)
_IDLE = Gauge(
    "d115_postgres_idle_connections", "Connections of the pool not in use.", ["application"]
)
_BUSY = Counter(
    "d115_postgres_pool_busy_total", "Callers that got no connection in time.", ["application"]
)
_RETRIES = Counter(
    "d115_postgres_retries_total", "Attempts repeated after a passing fault.", ["fault"]
)

_log = structlog.get_logger(__name__)
T = TypeVar("T")


class PoolBusyError(TimeoutError):
    """All connections of the pool stayed in use for longer than a caller waits."""


class PostgresAwayError(Exception):
    """Postgres did not answer within the time allowed at start."""


class Database:
    """A pool of connections in one role, handing out transactions."""

    def __init__(self, pool: asyncpg.Pool, application: str, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._waited = _ACQUIRE.labels(application)
        self._busy = _BUSY.labels(application)
        _IDLE.labels(application).set_function(pool.get_idle_size)

    @classmethod
    async def connect(  # noqa: PLR0913  # each is a fact of the deployment, given once, by name
        cls,
        dsn: str,
        *,
        role: str,
        application: str,
        size: int = 8,
        clock: Clock | None = None,
        patience: float = 60.0,
        settings: Mapping[str, str] = _NO_SETTINGS,
    ) -> "Database":
        """Open a pool of `size` connections, waiting for Postgres to come up.

        Args:
            dsn: Where Postgres is, with a login that is a member of `role`.
            role: The role every statement runs in.
            application: The name shown in `pg_stat_activity` and in metrics.
            size: Connections, all opened now.
            clock: What to wait with.
            patience: Real seconds to go on trying.
            settings: Further settings of the server for these connections.

        Raises:
            PostgresAwayError: Postgres did not answer in time.
            asyncpg.PostgresError: It answered, and refused: password, database or role.
        """
        clock = clock or SystemClock()

        async def create() -> asyncpg.Pool:
            return await asyncpg.create_pool(
                dsn,
                min_size=size,
                max_size=size,
                timeout=CONNECT_SECONDS,
                command_timeout=COMMAND_SECONDS,
                reset=_keep_as_is,
                server_settings={
                    **SESSION,
                    **settings,
                    "application_name": application,
                    "role": role,
                },
            )

        return cls(await reach(create, clock=clock, patience=patience), application, clock)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """Give one READ COMMITTED transaction: committed at the end, rolled back on any error.

        An error from the end of the block may mean that the commit stood or that it did not
        (the reply was lost), so whoever tries again must be idempotent.

        Raises:
            PoolBusyError: No connection came free in time.
        """
        async with self.statements() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def statements(self) -> AsyncIterator[asyncpg.Connection]:
        """Give a connection on which each statement is a transaction of its own.

        To begin and to commit takes two ways there and back, which one statement has no need of.

        Raises:
            PoolBusyError: No connection came free in time.
        """
        connection = await self._acquire()
        try:
            yield connection
        except asyncpg.InternalClientError:
            # The server went away in mid-answer and the driver lost its place: such a connection
            # would fail for ever.
            connection.terminate()
            raise
        finally:
            await self._pool.release(connection)

    async def _acquire(self) -> asyncpg.Connection:
        asked = self._clock.monotonic()
        try:
            connection = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        except TimeoutError as error:
            self._busy.inc()
            raise PoolBusyError(f"no connection within {ACQUIRE_SECONDS:g} s") from error
        self._waited.observe(self._clock.monotonic() - asked)
        return connection

    async def ping(self) -> None:
        """Ask Postgres for one round trip; raises what `transaction` and a statement raise."""
        async with self.statements() as connection:
            await connection.fetchval("select 1")

    async def retry_transient(self, attempt: Callable[[], Awaitable[T]], *, tries: int = 3) -> T:
        """Run an idempotent attempt again after a passing fault, at most `tries` times in all.

        A fault that was long in coming is not tried again: asking anew would only wait anew.
        """
        began = self._clock.monotonic()
        for number in range(1, tries):
            try:
                return await attempt()
            except Exception as error:
                waited = self._clock.monotonic() - began
                if not is_transient(error) or waited > RETRY_SECONDS:
                    raise
                _RETRIES.labels(type(error).__name__).inc()
                _log.warning("postgres_retried", fault=describe(error), attempt=number)
            await self._clock.sleep(0.05 * 4 ** (number - 1))
        return await attempt()

    async def close(self) -> None:
        """Close the pool, giving running statements a moment to end."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()


def is_transient(error: BaseException) -> bool:
    """Say whether a fault passes by itself, so that trying again can help.

    Connection, time-out, deadlock, serialization, resources and shutdown pass; what Postgres
    refuses on its merits (a constraint, a type, a syntax, a privilege) does not.
    """
    if isinstance(error, BaseExceptionGroup):
        return all(is_transient(part) for part in error.exceptions)
    if isinstance(error, asyncpg.InterfaceError):
        # The driver has no type for a connection or pool that closed under a statement.
        return "clos" in str(error)
    return isinstance(error, _PASSING_FAULTS)


async def reach(connect: Callable[[], Awaitable[T]], *, clock: Clock, patience: float) -> T:
    """Try to connect until it works, from every 0.1 up to every 2 real seconds.

    Raises:
        PostgresAwayError: It did not work within `patience` seconds.
    """
    deadline = clock.monotonic() + patience
    pause = 0.1
    while True:
        try:
            return await connect()
        except Exception as error:
            if not is_transient(error):
                raise
            if clock.monotonic() + pause > deadline:
                raise PostgresAwayError(
                    f"Postgres did not answer within {patience:g} s: {describe(error)}"
                ) from error
            _log.info("postgres_awaited", fault=describe(error), pause_seconds=pause)
        await clock.sleep(pause)
        pause = min(pause * 2, 2.0)


async def _keep_as_is(_connection: asyncpg.Connection) -> None:
    """Take the place of the pool's reset query; an open transaction is still rolled back."""
