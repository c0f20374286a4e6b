"""Valid things, spoiled: plain JSON values field by field, bytes, Kafka headers."""

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63, 2**64, 10**30, 0.5, 1e308,
    -1e-300, "", " ", "x", "x" * 5000, "\0", "a\0b", "\u202e", "\ud800", "\U0001f692", "警情",
    "null", "0", "-1", "NaN", "../../x", "'; drop table incident; --", "%s%n", "{}",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-02-30T00:00:00Z",
    "2026-03-02T12:00:00", "2026-03-02T12:00:00+08:00", "2026-03-02T04:00:00.1234567Z",
    "00000000-0000-0000-0000-000000000000", "not-a-uuid", [], {}, [[]], [{}], [None], {"": None},
    ["x"] * 300, {str(number): number for number in range(300)},
)  # fmt: skip
"""Values of wrong types, beyond bounds, and of the kinds that have broken readers before."""

Path = tuple[str | int, ...]
Spoil = Callable[[Any, Random], Any]


def paths_of(value: object, path: Path = ()) -> list[Path]:
    """The path of everything inside a JSON value, the value itself first."""
    found = [path]
    if isinstance(value, dict):
        steps: list[tuple[str | int, object]] = list(value.items())
    else:
        steps = list(enumerate(value)) if isinstance(value, list) else []
    for step, part in steps:
        found += paths_of(part, (*path, step))
    return found


def spoil_value(value: Any, chance: Random) -> Any:  # noqa: ANN401  # JSON is any of six types
    """A copy of a JSON value with one thing in it that is not as it should be, or two."""
    spoiled = deepcopy(value)
    for _ in range(chance.choice((1, 1, 1, 2))):
        path = chance.choice(paths_of(spoiled))
        if not path:
            return deepcopy(chance.choice(ODD)) if chance.random() < 0.1 else spoiled
        holder = spoiled
        for step in path[:-1]:
            holder = holder[step]
        _spoil_part(holder, path[-1], chance)
    return spoiled


def spoil_each(value: Any) -> list[tuple[Path, Any]]:  # noqa: ANN401  # JSON is any of six types
    """Copies of a JSON value, each with one field left out or made null, with its path."""
    found: list[tuple[Path, Any]] = []
    for path in paths_of(value)[1:]:
        for left_out in (True, False):
            spoiled = deepcopy(value)
            holder = spoiled
            for step in path[:-1]:
                holder = holder[step]
            if left_out:
                del holder[path[-1]]
            else:
                holder[path[-1]] = None
            found.append((path, spoiled))
    return found


def spoil_bytes(data: bytes, chance: Random) -> bytes:
    """Bytes that are hardly JSON any more."""
    place = chance.randrange(len(data) + 1)
    some = bytes(chance.randrange(256) for _ in range(chance.choice((1, 3, 50))))
    return chance.choice(
        (
            data[:place],
            data[place:],
            data[:place] + some + data[place:],
            data[:place] + some + data[place + len(some) :],
            some,
            b"",
            b"\xef\xbb\xbf" + data,
            data.decode(errors="replace").encode("utf-16"),
            data + data,
            data[:place] + b"\xc3\x28" + data[place:],
            b"[" * chance.choice((10, 1_000, 100_000)),
            b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
            b"NaN",
            data.replace(b":", b":NaN,", 1),
            data.replace(b"{", b'{"id":1,"id":2,', 1),
            b'"' + b"x" * 200_000 + b'"',
            b"9" * 5_000,
        )
    )


def dump(value: object) -> bytes:
    """Write a JSON value as bytes; half a character stands as its escape."""
    return json.dumps(value).encode()


def spoil_headers(
    headers: Mapping[str, str], types: Sequence[str], chance: Random
) -> list[tuple[str, bytes]]:
    """Kafka headers that say something else: missing, twice, huge, of another type, no text."""
    sent = [(name, value.encode()) for name, value in headers.items()]
    name = chance.choice([*headers, "ce_type", "traceparent"])
    odd = chance.choice(
        (
            b"", b"\xff\xfe", b"x" * 100_000, b"\0", "警".encode(), b"1.1", b"2026-03-02T12:00:00",
            b"9999-12-31T23:59:59-23:00", b"unknown.thing.v9", chance.choice(types).encode(),
        )
    )  # fmt: skip
    others = [entry for entry in sent if entry[0] != name]
    return chance.choice((others, [*others, (name, odd)], [*sent, (name, odd)], [], sent * 50))


def _spoil_part(holder: Any, step: str | int, chance: Random) -> None:  # noqa: ANN401  # a dict or a list
    match chance.randrange(6):
        case 0:
            del holder[step]
        case 1 if isinstance(holder, dict):
            holder[f"{step}x"] = holder.pop(step)
        case 2 if isinstance(holder, list):
            holder += deepcopy(holder[:1]) * chance.choice((1, 2, 1_000))
        case 3:
            holder[step] = [holder[step]]
        case _:
            holder[step] = deepcopy(chance.choice(ODD))
