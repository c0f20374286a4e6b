"""The pool on a real Postgres: what it sets, what passes, and that it comes back by itself."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from typing_extensions import override

from services.runtime import postgres
from services.runtime.clock import SystemClock
from services.runtime.postgres import (
    Database,
    PoolBusyError,
    PostgresAwayError,
    is_transient,
    reach,
)
from tests.fakes.clock import FakeClock

ANY_DRIVER_FAULT = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
ROLE = "pg_monitor"  # any role that every server has


class AdvancingClock(FakeClock):
    """A clock on which a sleep takes no time and all the time it was asked for."""

    @override
    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await super().sleep(seconds)


@pytest.fixture
async def database(database_dsn: str) -> AsyncIterator[Database]:
    opened = await Database.connect(database_dsn, role=ROLE, application="probe", size=3)
    yield opened
    await opened.close()


@pytest.fixture
async def table(database_dsn: str) -> AsyncIterator[str]:
    admin = await asyncpg.connect(database_dsn)
    await admin.execute("create table thing (id int primary key, data jsonb)")
    await admin.execute(f"grant all on thing to {ROLE}")
    yield "thing"
    await admin.close()


async def count(database: Database) -> int:
    async with database.transaction() as connection:
        found: int = await connection.fetchval("select count(*) from thing")
    return found


async def test_every_connection_is_in_its_role_and_has_its_bounds(database: Database) -> None:
    async with database.transaction() as connection:
        found = await connection.fetchrow(
            "select current_user as role, current_setting('jit') as jit,"
            " current_setting('timezone') as zone, current_setting('application_name') as name,"
            " current_setting('statement_timeout') as statement,"
            " current_setting('lock_timeout') as lock,"
            " current_setting('idle_in_transaction_session_timeout') as idle,"
            " current_setting('transaction_isolation') as isolation"
        )

    assert dict(found) == {
        "role": ROLE,
        "jit": "off",
        "zone": "UTC",
        "name": "probe",
        "statement": "4500ms",
        "lock": "3s",
        "idle": "10s",
        "isolation": "read committed",
    }


@pytest.mark.usefixtures("table")
async def test_a_transaction_stands_whole_or_not_at_all(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("insert into thing (id) values (1)")

    async def fail() -> None:
        async with database.transaction() as connection:
            await connection.execute("insert into thing (id) values (2)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await count(database) == 1


@pytest.mark.usefixtures("table")
async def test_a_transaction_that_is_cancelled_leaves_nothing(database: Database) -> None:
    inserted = asyncio.Event()

    async def work() -> None:
        async with database.transaction() as connection:
            await connection.execute("insert into thing (id) values (1)")
            inserted.set()
            await connection.execute("select pg_sleep(4)")

    task = asyncio.create_task(work())
    await inserted.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await count(database) == 0


@pytest.mark.usefixtures("table")
async def test_json_columns_are_text_both_ways(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("insert into thing (id, data) values (1, $1)", '{"a": [1]}')
        many = ['{"a": 1}', "[2]", None]
        await connection.execute(
            "insert into thing (id, data) select * from unnest($1::int[], $2::jsonb[])",
            [2, 3, 4],
            many,
        )
        rows = await connection.fetch("select data from thing order by id")

    assert [row["data"] for row in rows] == ['{"a": [1]}', *many]


async def test_a_full_pool_says_so_in_bounded_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "ACQUIRE_SECONDS", 0.05)
    async with database.transaction(), database.transaction(), database.transaction():
        with pytest.raises(PoolBusyError, match=r"no connection within 0\.05 s") as refusal:
            await database.ping()

    assert is_transient(refusal.value)
    await database.ping()


async def test_the_pool_comes_back_by_itself_after_all_its_connections_were_cut(
    database: Database, database_dsn: str
) -> None:
    admin = await asyncpg.connect(database_dsn)
    cut = await admin.fetchval(
        "select count(pg_terminate_backend(pid, 2000)) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    await admin.close()

    assert cut == 3
    await asyncio.gather(*(database.retry_transient(database.ping) for _ in range(9)))


async def test_a_connection_cut_in_the_middle_of_a_transaction_is_a_passing_fault(
    database: Database, database_dsn: str
) -> None:
    admin = await asyncpg.connect(database_dsn)

    async def work() -> None:
        async with database.transaction() as connection:
            pid = await connection.fetchval("select pg_backend_pid()")
            await admin.execute("select pg_terminate_backend($1, 2000)", pid)
            await connection.fetchval("select 1")

    with pytest.raises(ANY_DRIVER_FAULT) as fault:
        await work()
    await admin.close()

    assert is_transient(fault.value)
    await database.retry_transient(database.ping)


@pytest.mark.usefixtures("table")
async def test_a_deadlock_passes_and_only_one_of_the_two_has_it(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("insert into thing (id) values (1), (2)")
    both = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> None:
        async with database.transaction() as connection:
            await connection.execute("select from thing where id = $1 for update", first)
            await both.wait()
            await connection.execute("select from thing where id = $1 for update", second)

    ends = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)

    (fault,) = [end for end in ends if end is not None]
    assert isinstance(fault, asyncpg.DeadlockDetectedError)
    assert is_transient(fault)


@pytest.mark.parametrize(
    ("statement", "passes"),
    [
        ("insert into thing (id) values (1), (1)", False),
        ("select nonsense", False),
        ("create table other ()", False),
        ("select 1 / 0", False),
        ("insert into thing (id, data) values (9, '{')", False),
        ("set local statement_timeout = '1ms'; select pg_sleep(1)", True),
        ("set transaction read only; insert into thing (id) values (1)", True),
    ],
)
@pytest.mark.usefixtures("table")
async def test_what_postgres_refuses_on_its_merits_does_not_pass(
    database: Database, statement: str, passes: bool
) -> None:
    with pytest.raises(asyncpg.PostgresError) as fault:
        async with database.transaction() as connection:
            await connection.execute(statement)

    assert is_transient(fault.value) is passes


@pytest.mark.usefixtures("table")
async def test_waiting_too_long_for_a_lock_passes(database: Database) -> None:
    async with database.transaction() as holder, database.transaction() as waiter:
        await holder.execute("lock table thing")
        await waiter.execute("set local lock_timeout = '1ms'")
        with pytest.raises(asyncpg.LockNotAvailableError) as fault:
            await waiter.execute("lock table thing")

        assert is_transient(fault.value)
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            await waiter.execute("select 1")


async def test_a_pool_that_was_closed_refuses_as_a_passing_fault(database_dsn: str) -> None:
    closed = await Database.connect(database_dsn, role=ROLE, application="probe", size=1)
    await closed.close()
    with pytest.raises(asyncpg.InterfaceError) as fault:
        await closed.ping()

    assert is_transient(fault.value)


async def test_closing_does_not_wait_for_ever_for_work_that_goes_on(
    database_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "CLOSE_SECONDS", 0.05)
    database = await Database.connect(database_dsn, role=ROLE, application="probe", size=1)

    async def work() -> None:
        async with database.transaction() as connection:
            await database.close()
            await connection.fetchval("select 1")

    with pytest.raises(ANY_DRIVER_FAULT) as fault:
        await work()

    assert is_transient(fault.value)


class Failing:
    """Fails as often as it is told to, then succeeds."""

    def __init__(self, fault: Exception, times: int) -> None:
        self._fault = fault
        self._times = times
        self.tries = 0

    async def __call__(self) -> str:
        self.tries += 1
        if self.tries <= self._times:
            raise self._fault
        return "done"


@pytest.mark.parametrize(
    "fault",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.CannotConnectNowError("x"),
        asyncpg.SerializationError("x"),
        asyncpg.TooManyConnectionsError("x"),
        asyncpg.AdminShutdownError("x"),
        asyncpg.InterfaceError("connection is closed"),
        ExceptionGroup("both", [TimeoutError(), asyncpg.DeadlockDetectedError("x")]),
    ],
)
async def test_a_passing_fault_is_tried_again_at_most_twice(fault: Exception) -> None:
    once, always = Failing(fault, 2), Failing(fault, 99)
    clock = FakeClock()
    database = Database(_no_pool(), "probe", clock)

    assert await database.retry_transient(once) == "done"
    with pytest.raises(type(fault)):
        await database.retry_transient(always)
    assert (once.tries, always.tries) == (3, 3)
    assert clock.sleeps == [0.05, 0.2, 0.05, 0.2]


@pytest.mark.parametrize(
    "fault",
    [
        asyncpg.UniqueViolationError("x"),
        asyncpg.InterfaceError("another operation is in progress"),
        ValueError(),
        ExceptionGroup("both", [TimeoutError(), ValueError()]),
    ],
)
async def test_a_fault_that_stays_is_not_tried_again(fault: Exception) -> None:
    work = Failing(fault, 99)
    with pytest.raises(type(fault)):
        await Database(_no_pool(), "probe", FakeClock()).retry_transient(work)

    assert work.tries == 1


async def test_a_fault_that_was_long_in_coming_is_not_waited_for_again() -> None:
    clock, tries = FakeClock(), 0

    async def hang() -> None:
        nonlocal tries
        tries += 1
        clock.advance(3.0)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await Database(_no_pool(), "probe", clock).retry_transient(hang)

    assert tries == 1


async def test_a_postgres_that_comes_up_late_is_waited_for() -> None:
    clock = AdvancingClock()
    connect = Failing(asyncpg.CannotConnectNowError("x"), 7)

    assert await reach(connect, clock=clock, patience=60) == "done"
    assert clock.sleeps == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]


async def test_a_postgres_that_does_not_come_up_is_given_up_by_name() -> None:
    clock = AdvancingClock()
    began = clock.monotonic()
    with pytest.raises(PostgresAwayError, match="within 60 s: ConnectionRefusedError"):
        await reach(Failing(ConnectionRefusedError(), 999), clock=clock, patience=60)

    assert 57 < clock.monotonic() - began <= 60


async def test_a_postgres_that_refuses_is_not_waited_for(database_dsn: str) -> None:
    before = SystemClock().monotonic()
    with pytest.raises(asyncpg.PostgresError, match="nobody_at_all"):
        await Database.connect(database_dsn, role="nobody_at_all", application="probe", size=1)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await Database.connect(database_dsn + "_not", role=ROLE, application="probe", size=1)

    assert SystemClock().monotonic() - before < 10


async def test_a_port_nobody_listens_on_is_waited_for_and_given_up() -> None:
    with pytest.raises(PostgresAwayError):
        await Database.connect(
            "postgresql://x@127.0.0.1:1/x",
            role=ROLE,
            application="probe",
            clock=AdvancingClock(),
        )


def _no_pool() -> asyncpg.Pool:
    """A pool that is never opened, for what needs no connection."""
    return asyncpg.create_pool("postgresql://x@127.0.0.1:1/x")


async def test_a_connection_that_lost_its_place_passes_and_is_not_used_again(
    database: Database,
) -> None:
    """The driver says so when the server dies in the middle of an answer."""
    lost = asyncpg.InternalClientError(
        "cannot switch to state 15; another operation is in progress"
    )

    with pytest.raises(asyncpg.InternalClientError) as fault:  # noqa: PT012  # the pid is needed
        async with database.transaction() as connection:
            pid = connection.get_server_pid()
            raise lost

    assert is_transient(fault.value)
    pids = []
    for _ in range(20):
        async with database.transaction() as connection:
            pids.append(connection.get_server_pid())
    assert pid not in pids
