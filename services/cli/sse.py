"""Server-sent events, as bytes come from the network (the WHATWG's HTML standard, 9.2)."""

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import Any

from services.runtime import codec

HEARTBEAT, RESYNC = "heartbeat", "resync"
_LARGEST_BYTES = 8 * 1024 * 1024


class BrokenStreamError(OSError):
    """What came is no stream of events: it is cut and opened again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One event of a stream.

    Attributes:
        sequence: Its number, to resume behind; None for a heartbeat.
        type: The event's type, `heartbeat` or `resync`.
        data: Its JSON object.
    """

    sequence: int | None
    type: str
    data: dict[str, Any]


async def read_frames(chunks: AsyncIterable[bytes]) -> AsyncIterator[Frame]:
    """Give the events that chunks of bytes hold, cut anywhere.

    Raises:
        BrokenStreamError: An event is too long, or no JSON object.
    """
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n\n")
        if len(rest) > _LARGEST_BYTES:
            raise BrokenStreamError(f"an event is longer than {_LARGEST_BYTES} bytes")
        for block in whole:
            frame = parse(block.decode())
            if frame is not None:
                yield frame


def parse(block: str) -> Frame | None:
    """Read the lines of one event; None for a block without data, such as a comment.

    Raises:
        BrokenStreamError: The data is no JSON object.
    """
    fields: dict[str, str] = {}
    for line in block.split("\n"):  # not splitlines: JSON text may hold other ends of lines
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        fields[name] = f"{fields[name]}\n{value}" if name == "data" and name in fields else value
    if "data" not in fields:
        return None
    try:
        data: dict[str, Any] = codec.decode(fields["data"], dict)
    except codec.DecodeError as error:
        raise BrokenStreamError(f"an event holds no JSON object: {error}") from error
    number = fields.get("id", "")
    return Frame(
        sequence=int(number) if number.isdecimal() else None,
        type=fields.get("event", "message"),
        data=data,
    )
