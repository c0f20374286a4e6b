"""The chain over an incident's events: canonical text, links between records, and the check.

Each record's hash covers the hash before it and its own canonical text, so that a changed, a
missing or a moved record breaks every link after it. What a chain cannot show by itself, that
its end was cut or that it is gone altogether, is shown by its head (kept with the incident)
and by the digest of all heads, which is published every hour.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from json.encoder import encode_basestring
from math import isfinite
from typing import TypeAlias
from uuid import UUID

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"
"""A JSON value as Python holds it."""

GENESIS = "0" * 64
"""Stands where the first record of a chain names the hash before it."""

LARGEST_INTEGER = 2**53
"""Beyond it a reader that knows only doubles, as JavaScript, would read another number."""

LITERALS = {None: "null", True: "true", False: "false"}


class NotCanonicalError(ValueError):
    """A value has no canonical JSON text."""


def canonical(value: JSON) -> str:
    """Write a value as canonical JSON text (RFC 8785, JSON Canonicalization Scheme).

    Mappings must be dicts, sequences lists or tuples. Text is kept as it is (no normal form).
    Python reads a whole double back as an integer, and one beyond 2**53 as another integer
    with the same double: compare such texts as doubles.

    Raises:
        NotCanonicalError: NaN, an infinity, an integer beyond 2**53, half of a surrogate pair,
            a key that is no text, a value JSON does not know, or too many levels.
    """
    try:
        text = _text(value)
        text.encode()
    except TypeError as error:  # from sorting and joining keys; nothing else raises it
        raise NotCanonicalError("a key that is no text") from error
    except UnicodeEncodeError as error:
        raise NotCanonicalError("half of a surrogate pair") from error
    except RecursionError as error:
        raise NotCanonicalError("too many levels") from error
    return text


def _text(value: object) -> str:
    if isinstance(value, str):
        return encode_basestring(value)  # escapes exactly what RFC 8785 section 3.2.2.2 asks for
    if isinstance(value, dict):
        members = [f"{encode_basestring(key)}:{_text(value[key])}" for key in _sorted(value)]
        return f"{{{','.join(members)}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_text, value))}]"
    if value is None or isinstance(value, bool):
        return LITERALS[value]
    return _number(value)


def _number(value: object) -> str:
    if isinstance(value, float):
        return _double(value)
    if not isinstance(value, int):
        raise NotCanonicalError(f"{type(value).__name__} is no JSON type")
    if abs(value) > LARGEST_INTEGER:
        raise NotCanonicalError("an integer beyond 2**53")
    return str(int(value))


def _sorted(mapping: dict[str, object]) -> list[str]:
    """The keys in the order of their UTF-16 code units (RFC 8785 section 3.2.3)."""
    keys = sorted(mapping)
    if not "".join(keys).isascii():
        keys.sort(key=lambda key: key.encode("utf-16-be"))
    return keys


def _double(value: float) -> str:
    """A double as ECMAScript writes it (ECMA-262, Number::toString).

    Python's repr yields the same digits, the fewest that tell the double from its neighbours;
    only the layout differs.
    """
    if not isfinite(value):
        raise NotCanonicalError(f"{value} is no JSON number")
    if value == 0:
        return "0"
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # The point stands after the first `point` digits; zeros in front were not counted.
    point = len(whole + fraction) - len(fraction) + int(exponent or 0)
    point -= len(whole + fraction) - len(digits)
    sign = "-" if value < 0 else ""
    return sign + _laid_out(digits.rstrip("0"), point)


def _laid_out(digits: str, point: int) -> str:
    if len(digits) <= point <= 21:
        return digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"


def sha256_hex(text: str) -> str:
    """SHA-256 of a text's UTF-8 form, 64 lower-case hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def link(previous: str, text: str) -> str:
    """The hash of a record: SHA-256 over the hash before it and its own text."""
    return sha256_hex(previous + text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record of a chain, as stored.

    Attributes:
        version: From 1, one more each.
        text: The canonical text as stored, never written anew for the check.
        previous: The hash of the record before, `GENESIS` for the first.
        hash: `link(previous, text)` when it was made.
    """

    version: int
    text: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last record of an incident's chain, as kept outside the chain.

    Attributes:
        version: The last version; 0 for a chain with nothing in it yet.
        hash: The last hash; `GENESIS` for a chain with nothing in it yet.
    """

    incident: UUID
    version: int
    hash: str


class ChainBreak(StrEnum):
    """How a chain may be broken."""

    CHANGED = "changed"
    CUT = "cut"
    OUT_OF_SEQUENCE = "out_of_sequence"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFault:
    """Where a chain is broken first.

    Attributes:
        version: The version that is missing, changed or in the wrong place.
        kind: What happened to it.
        detail: The same in a sentence.
    """

    version: int
    kind: ChainBreak
    detail: str


def check_chain(entries: Iterable[Entry], *, head: Head | None = None) -> ChainFault | None:
    """Find where a chain is broken first.

    Args:
        entries: The records of one incident, in the order they are kept.
        head: What is known of its end from elsewhere; without it a cut end goes unseen.

    Returns:
        None for a whole chain.
    """
    version, last = 0, GENESIS
    for entry in entries:
        fault = _fault(entry, expected=version + 1, last=last)
        if fault is not None:
            return fault
        version, last = entry.version, entry.hash
    return None if head is None else _head_fault(head, version=version, last=last)


def _fault(entry: Entry, *, expected: int, last: str) -> ChainFault | None:
    if entry.version > expected:
        detail = f"version {expected} is missing before version {entry.version}"
        return ChainFault(version=expected, kind=ChainBreak.CUT, detail=detail)
    if entry.version < expected:
        detail = f"version {entry.version} stands where version {expected} belongs"
        kind = ChainBreak.OUT_OF_SEQUENCE
        return ChainFault(version=entry.version, kind=kind, detail=detail)
    if link(entry.previous, entry.text) != entry.hash:
        detail = f"the hash of version {entry.version} does not fit its text"
        return ChainFault(version=entry.version, kind=ChainBreak.CHANGED, detail=detail)
    if entry.previous != last:
        detail = f"version {entry.version} does not follow from the version before as it stands"
        changed = max(entry.version - 1, 1)  # its text fits its hash, so both were made anew
        return ChainFault(version=changed, kind=ChainBreak.CHANGED, detail=detail)
    return None


def _head_fault(head: Head, *, version: int, last: str) -> ChainFault | None:
    if version < head.version:
        detail = f"the chain ends at version {version}, its head is version {head.version}"
        return ChainFault(version=version + 1, kind=ChainBreak.CUT, detail=detail)
    if version > head.version:
        detail = f"version {head.version + 1} stands after the head"
        kind = ChainBreak.OUT_OF_SEQUENCE
        return ChainFault(version=head.version + 1, kind=kind, detail=detail)
    if last != head.hash:
        detail = f"version {version} is not the one the head was taken from"
        return ChainFault(version=version, kind=ChainBreak.CHANGED, detail=detail)
    return None


def digest_of_heads(heads: Iterable[Head]) -> str:
    """One SHA-256 over the ends of all chains, in whatever order they come.

    It is taken over one line a chain, `incident version hash`, sorted by incident, each ended
    by a line feed: a third party needs no more than `sort` and `sha256sum`.
    """
    lines = sorted(f"{head.incident} {head.version} {head.hash}\n" for head in heads)
    return sha256_hex("".join(lines))
