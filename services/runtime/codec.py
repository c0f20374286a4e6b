"""JSON to and from the services' own types: frozen dataclasses, enums, tuples, moments.

Moments are aware UTC and read `2026-03-02T04:00:00Z`, with microseconds where there are any; a
naive one, or one of another zone, is refused on the way out and on the way in. Fields come in the
order they are declared in, the keys of a mapping and the members of a set are sorted: equal values
give equal bytes. Unknown fields are ignored unless asked otherwise: an older reader meets newer
events.
"""

import contextlib
import dataclasses
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from incident.chain import NotCanonicalError
from incident.profile import Profile
from services.runtime.shapes import Holds, OpenShapeError, Question
from services.runtime.sharing import Mirror, mirror_of

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder(order="deterministic")
_NO_OFFSET = timedelta(0)

# What a moment that is not UTC looks like once encoded; a string may look like it too.
_NOT_UTC = re.compile(rb'"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:?\d\d)?"')


class DecodeError(ValueError):
    """Data does not have the shape of its type.

    Attributes:
        path: The field at fault, as `assignments[0].team`; empty for the whole.
    """

    def __init__(self, what: str, path: str = "") -> None:
        super().__init__(f"{path}: {what}" if path else what)
        self.what = what
        self.path = path


class EncodeError(ValueError):
    """A value cannot be written as JSON; the message names its field."""


def to_builtins(value: object) -> Any:  # noqa: ANN401  # JSON is any of six types
    """Return a value as dicts, lists, strings, numbers, bools and None.

    Raises:
        EncodeError: A moment is not aware UTC, or a type has no JSON form.
    """
    return msgspec.json.decode(encode(value))


def encode(value: object, *, named: bool = False) -> bytes:
    """Return a value as compact UTF-8 JSON.

    Args:
        value: Of any type that has a JSON form.
        named: Name the profile in it instead of writing it out: for the product's own tables.

    Raises:
        EncodeError: A moment is not aware UTC, or a type has no JSON form.
    """
    shape = _shape(type(value))
    try:
        data = _ENCODER.encode(_mirrored(value, shape.mirror, named=named))
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise EncodeError(f"{type(value).__name__}: {error}") from error
    if not _is_plainly_utc(value, shape) and _NOT_UTC.search(data):
        for path in _other_than_utc(value, ""):
            raise EncodeError(f"{path or 'the moment'} is not an aware UTC moment")
    return data


def text(value: object, *, named: bool = False) -> str:
    """Return a value as JSON text, for a `jsonb` or `text` column; takes and raises as `encode`."""
    return encode(value, named=named).decode()


def decode(data: bytes | str, kind: type[T], *, strict: bool = False) -> T:
    """Read JSON as a type.

    Args:
        data: UTF-8 JSON.
        kind: What to read it as; `dict` gives plain JSON objects.
        strict: Whether a field that the type does not have is refused.

    Raises:
        DecodeError: The data is not JSON or does not fit; the message names the field.
        UnknownProfileError: It names a profile whose text was not seen here yet.
    """
    raw = data.encode() if isinstance(data, str) else data
    shape = _shape(kind)
    try:
        value: T = _read(raw, kind, shape.mirror)
    except msgspec.MsgspecError as error:
        raise _fault(error) from error
    except UnicodeDecodeError as error:
        raise DecodeError(f"is not UTF-8: {error.reason}") from error
    except RecursionError as error:
        raise DecodeError("is nested too deeply") from error
    if not _is_plainly_utc(value, shape) and _NOT_UTC.search(raw):
        for path in _other_than_utc(value, ""):
            raise DecodeError("is not a UTC moment ending in Z", path)
    if strict:
        for path in _unknown(msgspec.json.decode(raw), to_builtins(value), ""):
            raise DecodeError("is unknown", path)
    return value


def convert(value: object, kind: type[T]) -> T:
    """Read plain dicts, lists and scalars (from YAML or TOML) as a type, refusing unknown fields.

    Raises:
        DecodeError: They do not fit; the message names the field.
    """
    try:
        return decode(msgspec.json.encode(value), kind, strict=True)
    except (TypeError, msgspec.MsgspecError) as error:
        raise DecodeError(str(error)) from error


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What is known of a type.

    Attributes:
        utc: Whether all moments of a value are plainly UTC; None where it holds none.
        is_open: What a value holds is not known from its type.
        mirror: What is written and read in its place, where it holds what many share.
    """

    utc: Holds | None = None
    is_open: bool = True
    mirror: Mirror | None = None


def is_utc(moment: datetime) -> bool:
    """Whether a moment is aware and of no offset."""
    return moment.tzinfo is UTC or moment.utcoffset() == _NO_OFFSET


_UTC = Question(of={datetime: is_utc}, skip=frozenset({Profile}))


_SHAPES: dict[object, _Shape] = {}
_DECODERS: dict[object, msgspec.json.Decoder[Any]] = {}
_ANY_SHAPE = _Shape()


def _shape(kind: type) -> _Shape:
    """What is known of a type, learnt once."""
    found = _SHAPES.get(kind)
    if found is None:
        found = _SHAPES[kind] = _learn(kind)
    return found


def _learn(kind: type) -> _Shape:
    if not dataclasses.is_dataclass(kind):
        return _ANY_SHAPE
    try:
        return _Shape(utc=_UTC.about(kind), is_open=False, mirror=mirror_of(kind))
    except OpenShapeError:
        return _Shape(mirror=mirror_of(kind))


def _decoder(kind: type) -> msgspec.json.Decoder[Any]:
    found = _DECODERS.get(kind)
    if found is None:
        found = _DECODERS[kind] = msgspec.json.Decoder(kind)
    return found


def _mirrored(value: object, mirror: Mirror | None, *, named: bool) -> object:
    if mirror is None:
        return value
    return mirror.write_named(value) if named else mirror.write(value)


def _is_plainly_utc(value: object, shape: _Shape) -> bool:
    return not shape.is_open and (shape.utc is None or shape.utc(value))


def _read(raw: bytes, kind: type[T], mirror: Mirror | None) -> Any:  # noqa: ANN401  # of that type
    if mirror is not None:
        with contextlib.suppress(msgspec.MsgspecError, NotCanonicalError):
            return mirror.read(_decoder(mirror.struct).decode(raw))
    return _decoder(kind).decode(raw)


def _fault(error: msgspec.MsgspecError) -> DecodeError:
    """Split msgspec's "what - at `$.path`", or "... - at `key in $.path`"."""
    what, at, path = str(error).rpartition(" - at `")
    if not at:
        return DecodeError(str(error))
    return DecodeError(what, path.rstrip("`").removeprefix("key in ").lstrip("$").lstrip("."))


def _other_than_utc(value: object, path: str) -> Iterator[str]:
    """Yield the path of each moment that is naive or of another zone."""
    if isinstance(value, datetime):
        if value.utcoffset() != timedelta(0):
            yield path
    else:
        for step, part in _parts(value):
            yield from _other_than_utc(part, f"{path}{step}".removeprefix("."))


def _parts(value: object) -> Iterator[tuple[str, object]]:
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield f".{field.name}", getattr(value, field.name)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield f".{key}", part
    elif isinstance(value, list | tuple | set | frozenset):
        for index, part in enumerate(value):
            yield f"[{index}]", part


def _unknown(given: object, known: object, path: str) -> Iterator[str]:
    """Yield the path of each field of the given JSON that the value read from it has not."""
    if isinstance(given, dict) and isinstance(known, dict):
        for key, part in given.items():
            below = f"{path}.{key}".removeprefix(".")
            if key not in known:
                yield below
            else:
                yield from _unknown(part, known[key], below)
    elif isinstance(given, list) and isinstance(known, list):
        for index, (part, other) in enumerate(zip(given, known, strict=False)):
            yield from _unknown(part, other, f"{path}[{index}]")
