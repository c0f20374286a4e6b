"""What was acknowledged survives a kill, a restart, another port; what hangs goes on."""

import asyncio
import socket
from pathlib import Path

import asyncpg
import pytest

from services.cli.stack.ports import LOOPBACK
from services.cli.stack.postgres import start_postgres
from services.cli.stack.stack import Stack, open_stack
from tests.integration.stack.talking import keep_message, keep_row, kept_messages, kept_rows


async def test_what_was_acknowledged_survives_sigkill_of_both(own_stack: Stack) -> None:
    await keep_message(own_stack.kafka.address, "sent")
    await keep_row(own_stack.postgres.dsn, "committed")
    before = own_stack.kafka.pid, own_stack.postgres.pid
    own_stack.kafka.kill()
    own_stack.postgres.kill()
    assert (own_stack.kafka.pid, own_stack.postgres.pid) == (None, None)
    await asyncio.gather(
        asyncio.to_thread(own_stack.kafka.restart), asyncio.to_thread(own_stack.postgres.restart)
    )
    assert None not in {own_stack.kafka.pid, own_stack.postgres.pid}
    assert before != (own_stack.kafka.pid, own_stack.postgres.pid)
    assert await kept_messages(own_stack.kafka.address) == ["sent"]
    assert await kept_rows(own_stack.postgres.dsn) == ["committed"]


async def test_a_paused_server_answers_nothing_and_then_goes_on(scratch: Path) -> None:
    with start_postgres(scratch, port=0, progress=print) as server:
        connection = await asyncpg.connect(server.dsn)
        server.pause()
        with pytest.raises(TimeoutError):
            await asyncpg.connect(server.dsn, timeout=0.3)
        asked = asyncio.create_task(connection.fetchval("select 1"))
        await asyncio.wait([asked], timeout=0.3)
        assert not asked.done()
        server.resume()
        assert await asked == 1
        await connection.close()
        server.pause()
        server.stop()  # a paused one ends in order too
        assert server.pid is None
        assert "database system is shut down" in (scratch / "postgres" / "server.log").read_text()


async def test_a_later_start_finds_the_data_even_on_other_ports(scratch: Path) -> None:
    said: list[str] = []
    with open_stack(scratch, any_port=True, progress=said.append) as first:
        await keep_message(first.kafka.address, "sent")
        await keep_row(first.postgres.dsn, "committed")
    with (
        _taken(first.kafka.address),
        _taken(first.postgres.address),
        open_stack(scratch, any_port=True, progress=said.append) as second,
    ):
        assert await kept_messages(second.kafka.address) == ["sent"]
        assert await kept_rows(second.postgres.dsn) == ["committed"]
    for name, was, now in (
        ("Kafka", first.kafka.address, second.kafka.address),
        ("PostgreSQL", first.postgres.address, second.postgres.address),
    ):
        old, new = was.rpartition(":")[2], now.rpartition(":")[2]
        assert f"{name}: port {old} is taken, using {new}" in said


def _taken(address: str) -> socket.socket:
    return socket.create_server((LOOPBACK, int(address.rpartition(":")[2])))
