"""An answer's head and what follows it leave together, and never later than they would have."""

import asyncio

import pytest
from typing_extensions import override

from services.runtime.clock import SystemClock
from services.runtime.gathering import GatheringTransport

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class Wire(asyncio.Transport):
    """Notes each write."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = self.aborted = False

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    @override
    def close(self) -> None:
        self.closed = True

    @override
    def abort(self) -> None:
        self.aborted = True

    @override
    def get_write_buffer_size(self) -> int:
        return 0


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def transport(wire: Wire) -> GatheringTransport:
    return GatheringTransport(wire, asyncio.get_running_loop())


async def turn() -> None:
    """Let the loop go round."""
    await SystemClock().sleep(0)


async def test_a_head_leaves_with_its_body(transport: GatheringTransport, wire: Wire) -> None:
    transport.write(HEAD)
    assert transport.get_write_buffer_size() == len(HEAD)
    transport.write(b"ok")
    assert wire.written == [HEAD + b"ok"]
    await turn()
    assert wire.written == [HEAD + b"ok"]


async def test_a_head_alone_leaves_as_the_loop_goes_round(
    transport: GatheringTransport, wire: Wire
) -> None:
    transport.write(HEAD)
    await turn()
    assert wire.written == [HEAD]
    transport.write(b"event: heartbeat\n\n")
    assert wire.written == [HEAD, b"event: heartbeat\n\n"]


async def test_a_head_leaves_before_the_connection_closes(
    transport: GatheringTransport, wire: Wire
) -> None:
    transport.write(HEAD)
    transport.close()
    assert wire.written == [HEAD]
    assert wire.closed


async def test_two_heads_in_a_row_keep_their_order(
    transport: GatheringTransport, wire: Wire
) -> None:
    other = HEAD.replace(b"200", b"204")
    transport.write(HEAD)
    transport.write(other)
    await turn()
    assert b"".join(wire.written) == HEAD + other


async def test_an_aborted_connection_is_told_nothing_more(
    transport: GatheringTransport, wire: Wire
) -> None:
    transport.write(HEAD)
    transport.abort()
    await turn()
    assert wire.written == []
    assert wire.aborted
