"""The servers that a test run shares, and their databases."""

from pathlib import Path

import asyncpg
import pytest

from services.cli.stack.postgres import start_postgres
from services.cli.stack.server import StackError
from services.cli.stack.stack import Stack, open_stack
from tests.conftest import Databases
from tests.integration.stack.talking import keep_message, keep_row, kept_messages, kept_rows


async def test_kafka_gives_back_what_it_acknowledged(kafka: str) -> None:
    await keep_message(kafka, "一")
    assert "一" in await kept_messages(kafka)


async def test_each_test_gets_an_empty_database_of_its_own(
    database_dsn: str, databases: Databases
) -> None:
    await keep_row(database_dsn, "mine")
    other = await databases.create()
    with pytest.raises(asyncpg.UndefinedTableError):
        await kept_rows(other)
    await databases.drop(other)


async def test_a_database_can_be_a_copy_of_a_prepared_one(databases: Databases) -> None:
    async def prepare(dsn: str) -> None:
        await keep_row(dsn, "prepared")

    for _ in range(2):  # the second time nothing is prepared again
        copy = await databases.create(await databases.template("one row", prepare))
        assert await kept_rows(copy) == ["prepared"]
        await databases.drop(copy)


async def test_postgres_puts_commits_on_disk_and_speaks_only_to_this_machine(
    scratch: Path,
) -> None:
    with start_postgres(scratch, port=0, progress=print) as server:
        connection = await asyncpg.connect(server.dsn)
        settings = dict(await connection.fetch("select name, setting from pg_settings"))
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.dsn.replace("postgresql://d115:", "postgresql://d115:x"))
    wanted = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "listen_addresses": "127.0.0.1",
        "jit": "off",
        "max_wal_size": "1024",
        "checkpoint_timeout": "120",
    }
    assert {name: settings[name] for name in wanted} == wanted


async def test_named_servers_are_used_and_left_alone(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("D115_KAFKA", stack.kafka.address)
    monkeypatch.setenv("D115_POSTGRES", stack.postgres.dsn)
    with open_stack(tmp_path / "unused", progress=print) as theirs:
        assert theirs.kafka.address == stack.kafka.address
        assert theirs.postgres.dsn == stack.postgres.dsn
        assert theirs.postgres.address == stack.postgres.address
        with pytest.raises(StackError, match="not ours to kill"):
            theirs.kafka.kill()
    assert not (tmp_path / "unused").exists()
    await keep_message(stack.kafka.address, "it still runs")
    await (await asyncpg.connect(stack.postgres.dsn)).close()
