"""Migrations on a real Postgres: each file once, whole or not at all, whoever else tries."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from typing_extensions import override

from services.runtime import migrations
from services.runtime.clock import ScaledClock, SystemClock
from services.runtime.ids import new_id
from services.runtime.migrations import ClockMismatchError, MigrationError, check_clock, migrate
from services.runtime.postgres import Database
from tests.conftest import Databases
from tests.fakes.clock import FakeClock

ORIGIN = datetime(2017, 1, 1, tzinfo=UTC)
SCALED = ScaledClock(ORIGIN, datetime(2026, 1, 1, tzinfo=UTC), 400)


@pytest.fixture
async def owner(database_dsn: str) -> AsyncIterator[str]:
    """An owner nobody else has, because roles belong to the whole server."""
    name = "probe_" + str(new_id().int % 10**12).translate(
        str.maketrans("0123456789", "abcdefghij")
    )
    yield name
    async with connected(database_dsn) as admin:
        if await admin.fetchval("select to_regrole($1) is not null", f"d115_{name}"):
            await admin.execute(f"drop owned by d115_{name} cascade; drop role d115_{name}")


@pytest.fixture
def folder(tmp_path: Path, owner: str) -> Path:
    """The owner's folder, with one file that makes a table."""
    made = tmp_path / owner
    made.mkdir()
    (made / "0001_make_thing.sql").write_text(
        f"create table {owner}.thing (id int primary key);\n"
        f"grant select, insert on {owner}.thing to d115_{owner};\n"
    )
    return made


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def tables(dsn: str, owner: str) -> list[str]:
    async with connected(dsn) as admin:
        rows = await admin.fetch(
            "select relname from pg_class where relnamespace = $1::regnamespace"
            " and relkind in ('r', 'i') and relname not like '%_pkey' order by relname",
            owner,
        )
    return [row["relname"] for row in rows]


async def test_each_file_is_applied_once(database_dsn: str, folder: Path, owner: str) -> None:
    first = await migrate(database_dsn, [folder])
    again = await migrate(database_dsn, [folder])
    (folder / "0002_add.sql").write_text(f"create table {owner}.other (id int)")
    then = await migrate(database_dsn, [folder])

    assert first == [f"{owner}/0001_make_thing.sql"]
    assert again == []
    assert then == [f"{owner}/0002_add.sql"]
    assert await tables(database_dsn, owner) == ["clock", "migration", "other", "thing"]


async def test_processes_that_start_at_once_apply_each_file_once(
    database_dsn: str, folder: Path, owner: str
) -> None:
    for number in range(2, 6):
        (folder / f"000{number}_more.sql").write_text(f"create table {owner}.t{number} (id int)")
    ran = await asyncio.gather(*(migrate(database_dsn, [folder]) for _ in range(4)))

    assert sorted(len(applied) for applied in ran) == [0, 0, 0, 5]


async def test_a_file_that_fails_leaves_nothing_and_is_named(
    database_dsn: str, folder: Path, owner: str
) -> None:
    bad = folder / "0002_bad.sql"
    bad.write_text(f"create table {owner}.half (id int);\nselect nonsense;\n")
    with pytest.raises(
        MigrationError, match=rf"{owner}/0002_bad\.sql failed: UndefinedColumnError"
    ):
        await migrate(database_dsn, [folder])

    assert await tables(database_dsn, owner) == ["clock", "migration", "thing"]

    bad.write_text(f"create table {owner}.half (id int);\n")
    assert await migrate(database_dsn, [folder]) == [f"{owner}/0002_bad.sql"]


async def test_an_edited_file_is_refused_by_name(database_dsn: str, folder: Path) -> None:
    await migrate(database_dsn, [folder])
    path = folder / "0001_make_thing.sql"
    path.write_text(path.read_text() + "-- an afterthought\n")

    with pytest.raises(MigrationError, match=r"0001_make_thing\.sql was edited"):
        await migrate(database_dsn, [folder])


async def test_a_database_newer_than_the_code_is_refused(
    database_dsn: str, folder: Path, owner: str
) -> None:
    newer = folder / "0002_newer.sql"
    newer.write_text(f"create table {owner}.other (id int)")
    await migrate(database_dsn, [folder])
    newer.unlink()

    with pytest.raises(MigrationError, match="this database is newer than the code"):
        await migrate(database_dsn, [folder])


async def test_statements_that_cannot_run_in_a_transaction_run_one_by_one(
    database_dsn: str, folder: Path, owner: str
) -> None:
    (folder / "0002_index.sql").write_text(
        "-- no-tx\n"
        f"drop index concurrently if exists {owner}.by_id;\n"
        f"create index concurrently by_id\n    on {owner}.thing (id);\n"
    )
    await migrate(database_dsn, [folder])

    assert "by_id" in await tables(database_dsn, owner)


class EventfulClock(FakeClock):
    """Does something whenever somebody sleeps."""

    def __init__(self, then: Callable[[], Awaitable[object]]) -> None:
        super().__init__()
        self._then = then

    @override
    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await self._then()


async def test_a_table_in_use_is_waited_for_by_trying_again(
    database_dsn: str, folder: Path, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "_SESSION", migrations._SESSION | {"lock_timeout": "20ms"})
    await migrate(database_dsn, [folder])
    (folder / "0002_alter.sql").write_text(f"alter table {owner}.thing add column note text")
    async with connected(database_dsn) as user:
        await user.execute(f"begin; select from {owner}.thing")
        clock = EventfulClock(lambda: user.execute("commit"))
        applied = await migrate(database_dsn, [folder], clock=clock)

    assert applied == [f"{owner}/0002_alter.sql"]
    assert clock.sleeps == [1.0]


async def test_a_table_that_stays_in_use_fails_the_file_by_name(
    database_dsn: str, folder: Path, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "_SESSION", migrations._SESSION | {"lock_timeout": "20ms"})
    await migrate(database_dsn, [folder])
    (folder / "0002_alter.sql").write_text(f"alter table {owner}.thing add column note text")
    async with connected(database_dsn) as user:
        await user.execute(f"begin; select from {owner}.thing")
        with pytest.raises(MigrationError, match=r"0002_alter\.sql failed: LockNotAvailableError"):
            await migrate(database_dsn, [folder], clock=FakeClock())


async def test_another_run_that_does_not_end_is_not_waited_for_for_ever(
    database_dsn: str, folder: Path
) -> None:
    async def pass_time() -> None:
        clock.advance(50)

    clock = EventfulClock(pass_time)
    async with connected(database_dsn) as other:
        await other.execute("select pg_advisory_lock($1)", migrations._LOCK)
        with pytest.raises(MigrationError, match="another migration has run for over 120 s"):
            await migrate(database_dsn, [folder], clock=clock)


async def test_a_database_keeps_the_clock_it_was_made_with(
    database_dsn: str, folder: Path, owner: str
) -> None:
    await migrate(database_dsn, [folder], clock=SCALED)
    await migrate(database_dsn, [folder], clock=ScaledClock(*SCALED.setting))

    with pytest.raises(ClockMismatchError, match=r"2017-01-01.*;400\.0.*D115_CLOCK says 'system'"):
        await migrate(database_dsn, [folder])
    async with connected(database_dsn) as connection:
        await check_clock(connection, owner, SCALED)
        with pytest.raises(ClockMismatchError):
            await check_clock(connection, owner, SystemClock())


async def test_the_service_works_in_its_role_and_cannot_touch_the_bookkeeping(
    database_dsn: str, folder: Path, owner: str
) -> None:
    await migrate(database_dsn, [folder])
    database = await Database.connect(database_dsn, role=f"d115_{owner}", application="x", size=1)

    async def run(statement: str) -> None:
        async with database.transaction() as connection:
            await check_clock(connection, owner, SystemClock())
            await connection.execute(statement)

    await run(f"insert into {owner}.thing (id) values (1)")  # noqa: S608  # the owner is the fixture's
    for table in ("migration", "clock"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run(f"delete from {owner}.{table}")  # noqa: S608  # the owner is the fixture's
    await database.close()


async def test_a_login_that_is_no_superuser_can_migrate_and_serve(
    database_dsn: str, folder: Path, owner: str
) -> None:
    login, name = f"login_{owner}", urlsplit(database_dsn).path[1:]
    async with connected(database_dsn) as admin:
        await admin.execute(
            f"create role {login} login createrole password 'x';"
            f'grant create on database "{name}" to {login}'
        )
        parts = urlsplit(database_dsn)
        host = parts.netloc.rpartition("@")[2]
        dsn = parts._replace(netloc=f"{login}:x@{host}").geturl()
        try:
            await migrate(dsn, [folder])
            database = await Database.connect(dsn, role=f"d115_{owner}", application="x", size=1)
            async with database.transaction() as connection:
                await connection.execute(f"insert into {owner}.thing (id) values (1)")  # noqa: S608  # the owner is the fixture's
            await database.close()
        finally:
            await admin.execute(f"drop owned by {login} cascade; drop role {login}")


async def test_databases_of_one_server_can_be_made_at_once(
    databases: Databases, database_dsn: str, folder: Path, owner: str
) -> None:
    dsns = [database_dsn, *[await databases.create() for _ in range(3)]]
    ran = await asyncio.gather(*(migrate(dsn, [folder]) for dsn in dsns))
    for dsn in dsns[1:]:
        await databases.drop(dsn)

    assert ran == [[f"{owner}/0001_make_thing.sql"]] * 4


def test_an_old_postgres_is_refused() -> None:
    class Old:
        def get_server_version(self) -> object:
            return type("Version", (), {"major": 14})

    with pytest.raises(MigrationError, match="PostgreSQL 15 or newer is needed, not 14"):
        migrations._check_version(Old())
