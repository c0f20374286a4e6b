"""Types for fields that people and machines outside fill in: clean text, moments with a zone."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

# C0 and C1 controls but newline and tab, and the marks that reorder what a reader sees.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")


def clean(given: str) -> str:
    """Return text in NFC, without surrounding blanks, with plain newlines.

    Raises:
        ValueError: It holds a control character.
    """
    result = unicodedata.normalize("NFC", given.replace("\r\n", "\n").strip())
    found = _CONTROLS.search(result)
    if found is not None:
        raise ValueError(f"must not hold the control character U+{ord(found[0]):04X}")
    return result


@dataclass(frozen=True, slots=True)
class Text:
    """Marks a text field: `summary: Annotated[str, Text(200)]`. Cleaned, then bounded.

    Attributes:
        longest: The most characters it may have.
        shortest: The fewest it must have.
    """

    longest: int
    shortest: int = 1

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Tell pydantic how to check the field, and OpenAPI its bounds."""
        bounded = core_schema.str_schema(
            strict=True, min_length=self.shortest, max_length=self.longest
        )
        return core_schema.no_info_before_validator_function(_clean_if_text, bounded)


def _clean_if_text(given: object) -> object:
    return clean(given) if isinstance(given, str) else given


def _as_text(given: object) -> object:
    # Without this, pydantic would also read a count of seconds as a moment.
    if isinstance(given, datetime) or (isinstance(given, str) and _MOMENT.match(given)):
        return given
    raise ValueError("must be a moment in the form 2026-03-02T12:00:00+08:00")


def _with_zone(given: datetime) -> datetime:
    if given.tzinfo is None:
        raise ValueError("must carry a zone, as in 2026-03-02T12:00:00+08:00")
    try:
        return given.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must be a moment of the years 1 to 9999") from error


Moment = Annotated[datetime, BeforeValidator(_as_text), AfterValidator(_with_zone)]
"""A moment of RFC 3339 with a zone, given back in UTC; a naive one or a number is refused."""
