"""Types of the fields, each as strict as its meaning, and what all bodies have in common."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)

from incident.chain import canonical
from services.intake.handlers.refusals import Fault, InvalidError
from services.intake.payloads.text import shown
from services.runtime.fields import Text

MOST_FAULTS = 20
"""Of one body; whoever sends more wrong fields has another problem than any one of them."""

LARGEST_COUNT = 100_000
LARGEST_REVISION = 1_000_000
LARGEST_WHOLE = 2**53

# Line and paragraph ends, the tab, and what no reader sees: bidirectional marks, joiners, the
# byte order mark. One line is one line, and two references that look alike are alike.
_NOT_IN_LINE = re.compile("[\n\t\u2028\u2029\u200b-\u200f\u2060\ufeff]")
_NOT_IN_PROSE = re.compile("[\t\u2028\u2029]")

_WORDING = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "string_unicode": "is not valid Unicode",
    "string_pattern_mismatch": "should be a code: lower-case letters, digits, '-' and '_'",
    "model_type": "should be an object",
    "dict_type": "should be an object",
    "tuple_type": "should be a list",
}

B = TypeVar("B", bound="Body")


def _one_line(text: str) -> str:
    found = _NOT_IN_LINE.search(text)
    if found is not None:
        raise ValueError(f"must not hold the character U+{ord(found[0]):04X}")
    return text


def _prose(text: str) -> str:
    found = _NOT_IN_PROSE.search(text)
    if found is not None:
        raise ValueError(f"must not hold the character U+{ord(found[0]):04X}")
    return text


def _sorted_set(entries: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(entries)))


Line = Annotated[str, Text(64), AfterValidator(_one_line)]
"""A line of at most 64 characters: a name, a code, a number that is no quantity."""

Prose = Annotated[str, Text(2000), AfterValidator(_prose)]
"""Text of at most 2000 characters, in lines."""

Slug = Annotated[
    str, Field(strict=True, pattern=r"^[a-z][a-z0-9_-]{0,39}$", min_length=1, max_length=40)
]
"""A code: lower-case letters, digits, `-` and `_`."""

Whole = Annotated[int, Field(strict=True, ge=0, le=LARGEST_COUNT)]
Flag = Annotated[bool, Field(strict=True)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)]
Slugs = Annotated[tuple[Slug, ...], Field(max_length=20), AfterValidator(_sorted_set)]
Codes = Annotated[tuple[Line, ...], Field(max_length=20), AfterValidator(_sorted_set)]

_DETAIL_TEXT: TypeAdapter[str] = TypeAdapter(Annotated[str, Text(200), AfterValidator(_one_line)])


def _detail(value: object) -> object:
    if isinstance(value, str):
        try:
            return _DETAIL_TEXT.validate_python(value)
        except ValidationError as error:
            raise ValueError(_message(error.errors()[0])) from None
    if isinstance(value, int) and abs(value) <= LARGEST_WHOLE:  # a bool is one too
        return value
    raise ValueError("should be text, a whole number, true or false")


Detail = Annotated[
    str | int | bool,
    PlainValidator(_detail),
    WithJsonSchema({"type": ["string", "integer", "boolean"]}),
]
"""The value of a field that a kind defines; the kind says the rest."""


class Body(BaseModel):
    """A body, or an object in one. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def faults(self) -> Iterator[Fault]:
        """What is wrong between fields that are right each by itself."""
        yield from ()

    def content(self) -> str:
        """The body as canonical text (RFC 8785), for its fingerprint.

        What was left out and what was given as null or as the default are the same, and so are
        sets in any order, moments of any zone and text in any normal form of Unicode.
        """
        return canonical_text(self.model_dump(mode="json", exclude_none=True))


def canonical_text(value: dict[str, Any]) -> str:
    """Write a body's JSON values as `incident.chain.canonical` does, at a third of its cost.

    Compiled code writes the same for all but numbers and the order of names that are not ASCII.
    """
    try:
        return msgspec.json.encode(_numbered(value), order="sorted").decode()
    except _OtherwiseError:
        return canonical(value)


_WRITTEN_ALIKE = {str, int, bool, type(None)}


class _OtherwiseError(Exception):
    """Compiled code would write it otherwise."""


def _numbered(part: object) -> object:
    """A part of a body with its doubles written out."""
    if isinstance(part, dict):
        if not "".join(part).isascii():
            raise _OtherwiseError
        return {
            name: inner if type(inner) in _WRITTEN_ALIKE else _numbered(inner)
            for name, inner in part.items()
        }
    if isinstance(part, float):
        digits = repr(part)
        usual = "e" not in digits and digits[-2:] != ".0"
        return msgspec.Raw((digits if usual else canonical(part)).encode())
    if isinstance(part, list):
        return [_numbered(inner) for inner in part]
    return part


def read(kind: type[B], given: object) -> B:
    """Read plain JSON values as a body.

    Raises:
        InvalidError: They are none; the fields at fault are named.
    """
    try:
        body = kind.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise InvalidError([_fault(each) for each in found[:MOST_FAULTS]]) from None
    faults = tuple(body.faults())
    if faults:
        raise InvalidError(faults)
    return body


def _fault(error: Mapping[str, Any]) -> Fault:
    return Fault(field=_path(error["loc"]), message=_message(error))


def _path(location: tuple[str | int, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{shown(step)}" for step in location)
    return "".join(steps).removesuffix(".[key]").removeprefix(".") or "body"


def _message(error: Mapping[str, Any]) -> str:
    said: str = _WORDING.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    for opening in ("Input should ", "String should ", "Tuple should ", "Dictionary should "):
        said = said.replace(opening, "should ", 1) if said.startswith(opening) else said
    return said.replace(" after validation", "")
