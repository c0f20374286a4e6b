"""A transport that sends the head of an answer together with what follows it.

uvicorn writes head and body apart, and each write is a system call that wakes the other side.
"""

import asyncio
from typing import Any

from typing_extensions import override

_OPENING, _END = b"HTTP/1.1 ", b"\r\n\r\n"


class GatheringTransport(asyncio.Transport):
    """Stands before a connection's transport.

    A head alone waits until more is written, at the latest until the loop goes round: nothing is
    sent later than what is done at that moment.
    """

    def __init__(self, inner: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._inner = inner
        self._loop = loop
        self._head = b""

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._inner.write(b"".join((head, data)))
        elif isinstance(data, bytes) and data.startswith(_OPENING) and data.endswith(_END):
            self._head = data
            self._loop.call_soon(self._flush)
        else:
            self._inner.write(data)

    def _flush(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._inner.write(head)

    @override
    def close(self) -> None:
        self._flush()
        self._inner.close()

    @override
    def abort(self) -> None:
        self._head = b""
        self._inner.abort()

    @override
    def is_closing(self) -> bool:
        return self._inner.is_closing()

    @override
    def get_extra_info(self, name: str, default: Any = None) -> Any:  # as asyncio has it
        return self._inner.get_extra_info(name, default)

    @override
    def pause_reading(self) -> None:
        self._inner.pause_reading()

    @override
    def resume_reading(self) -> None:
        self._inner.resume_reading()

    @override
    def is_reading(self) -> bool:
        return self._inner.is_reading()

    @override
    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._inner.set_write_buffer_limits(high, low)

    @override
    def get_write_buffer_size(self) -> int:
        return self._inner.get_write_buffer_size() + len(self._head)

    @override
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._inner.set_protocol(protocol)

    @override
    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._inner.get_protocol()
