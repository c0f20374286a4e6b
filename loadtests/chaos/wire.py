"""As much of Postgres' wire protocol as it takes to see who connects and when a commit ends.

https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

import re
from collections.abc import Iterator

_SSL, _GSS = 80877103, 80877104
_CANCEL = 80877102
_LONGEST = 64 * 1024 * 1024
_WRITES = re.compile(rb"\b(insert into|delete from|(?<!for )update|save_changes)\b", re.IGNORECASE)
"""What writes, or calls what does."""


class WireError(ValueError):
    """What came is not Postgres' protocol."""


class Messages:
    """Cuts a stream of bytes, split anywhere, into whole messages with a type byte."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give the messages that are whole now, each as it came.

        Raises:
            WireError: A length makes no sense.
        """
        self._rest += data
        while len(self._rest) >= 5:
            size = 1 + int.from_bytes(self._rest[1:5])
            if not 5 <= size <= _LONGEST:
                raise WireError(f"a message of {size} bytes")
            if len(self._rest) < size:
                return
            message, self._rest = self._rest[:size], self._rest[size:]
            yield message


def startup_size(data: bytes) -> int | None:
    """Return how long the message without a type byte is; None while its length has not come.

    Raises:
        WireError: The length makes no sense.
    """
    if len(data) < 4:
        return None
    size = int.from_bytes(data[:4])
    if not 8 <= size <= 10_000:
        raise WireError(f"a first message of {size} bytes")
    return size


def asks_encryption(message: bytes) -> bool:
    """Say whether a first message only asks for encryption: one byte answers, another follows."""
    return int.from_bytes(message[4:8]) in {_SSL, _GSS}


def application_of(message: bytes) -> str | None:
    """Return the application name of a startup message; None where it names none."""
    if int.from_bytes(message[4:8]) == _CANCEL:
        return None
    parts = message[8:].split(b"\0")
    named = dict(zip(parts[::2], parts[1::2], strict=False))
    found = named.get(b"application_name")
    return None if found is None else found.decode(errors="replace")


class Session:
    """Follows the statements of one connection, so that also those are seen that commit alone.

    A statement outside a transaction block commits as it ends, without a word about it. Only those
    that write are followed: a read's reply may be lost without any doubt about what stands. Reads
    the extended protocol with one statement at a time, which is how asyncpg speaks.
    """

    def __init__(self) -> None:
        self._writing: set[bytes] = set()
        self._bound = False
        self._outside = True
        self._under_way = False

    def asks_commit(self, message: bytes) -> bool:
        """Take a client's message; say whether carrying it out commits."""
        kind, body = message[:1], message[5:]
        if kind == b"P":
            name, _, text = body.partition(b"\0")
            (self._writing.add if _WRITES.search(text) else self._writing.discard)(name)
        elif kind == b"B":
            self._bound = body.split(b"\0", 2)[1] in self._writing
        elif (kind == b"E" and self._bound) or (kind == b"Q" and _WRITES.search(body)):
            self._under_way = self._outside
            return self._outside
        return asks_commit(message)

    def tells_commit(self, message: bytes) -> bool:
        """Take a server's message; say whether it says that a commit stands."""
        kind = message[:1]
        if kind == b"E":
            self._under_way = False
        elif kind == b"Z":
            self._outside = message[5:6] == b"I"
            stands, self._under_way = self._under_way, False
            return stands
        return tells_commit(message)


def asks_commit(message: bytes) -> bool:
    """Say whether a client's message asks for a commit, as a query (Q) or to be parsed (P)."""
    if message[:1] == b"Q":
        text = message[5:]
    elif message[:1] == b"P":
        text = message[5:].partition(b"\0")[2]
    else:
        return False
    return text.lstrip()[:6].lower() == b"commit"


def tells_commit(message: bytes) -> bool:
    """Say whether a server's message says that a commit stands, however it was asked for."""
    return message[:1] == b"C" and message[5:] == b"COMMIT\0"
