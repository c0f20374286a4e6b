"""Bytes become plain JSON values, strictly: what two readers could read differently is refused."""

import json
from collections import Counter
from typing import Any, NoReturn

LONGEST_NUMBER = 40
LONGEST_NAME = 64


class MalformedError(ValueError):
    """The body is no JSON that can be read.

    Attributes:
        kind: `not-utf-8`, `malformed-json`, `duplicate-key` or `too-deep`.
        detail: What is wrong, in a sentence; it repeats no value.
        field: The name at fault, where it is one.
    """

    def __init__(self, kind: str, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.field = field


def parse(body: bytes) -> object:
    """Read a JSON body.

    NaN, infinities and numbers too long to be meant come out as a float or a large integer that no
    field takes, so that the field can be named.

    Raises:
        MalformedError: It is no UTF-8, no JSON, names a field twice, or has too many levels.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        detail = f"The body is not UTF-8, from byte {error.start} on."
        raise MalformedError("not-utf-8", detail) from None
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        detail = f"The body is not JSON, from character {error.pos} on: {error.msg}."
        raise MalformedError("malformed-json", detail) from None
    except RecursionError:
        raise MalformedError("too-deep", "The body has too many levels.") from None


def shown(name: str) -> str:
    """A field's name as sent, fit to be repeated: short, and without what cannot be shown."""
    short = name[:LONGEST_NAME]
    return short if short.isprintable() else ascii(short)[1:-1]


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        _refuse_twin([name for name, _ in pairs])
    return members


def _refuse_twin(names: list[str]) -> NoReturn:
    counts = Counter(names)
    twin = shown(next(name for name in names if counts[name] > 1))
    raise MalformedError("duplicate-key", f"{twin} stands in the same object twice.", twin)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_NUMBER else float("inf")


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_int=_integer)
