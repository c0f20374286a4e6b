"""Reading one mapping of a document field by field, noting faults and going on.

A field that cannot be read yields an empty value, so that the rest of the document is read
too; whoever reads must look at the faults before using what was read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self, TypeVar

from incident.directory.faults import Fault

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule:
    """What a text may be.

    Attributes:
        pattern: What the whole text matches.
        allowed: The same in words.
        shown: The value may stand in a fault.
    """

    pattern: re.Pattern[str]
    allowed: str
    shown: bool = True


CODE = TextRule(
    pattern=re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
    allowed="1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit",
)
# No control characters, no line ends, no marks that turn the direction of text, no surrogates.
_PLAIN = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
NAME = TextRule(
    pattern=re.compile(rf"(?=\S)[^{_PLAIN}]{{1,100}}(?<=\S)"),
    allowed="1 to 100 characters, no blank at either end, no control characters",
)
LONGEST_SHOWN = 40
LARGEST_SHOWN = 10**20
DESCRIPTIONS: dict[type, str] = {
    type(None): "nothing",
    str: "a long text",
    int: "a large number",
    list: "a list",
    dict: "a mapping",
    datetime: "a moment without a zone",
}


def describe(value: object) -> str:
    """Name a value that was found: texts and numbers as they are, the rest by its type."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and len(value) <= LONGEST_SHOWN:
        return repr(value)  # escapes what cannot be shown, such as half of a surrogate pair
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < LARGEST_SHOWN):
        return f"the number {value}"
    return DESCRIPTIONS.get(type(value), f"a value of type {type(value).__name__}")


class Fields:
    """A mapping within a document.

    Attributes:
        path: Where it stands in the document.
        faults: Where faults are noted; shared by all mappings of a document.
    """

    def __init__(self, value: object, *, path: str, faults: list[Fault]) -> None:
        self.path = path
        self.faults = faults
        self._asked: set[str] = set()
        self._readable = isinstance(value, dict)
        self._values: dict[object, object] = value if isinstance(value, dict) else {}
        if not self._readable:
            self.note("", wrong=f"is {describe(value)}", allowed="a mapping of fields")

    def note(self, name: str, *, wrong: str, allowed: str) -> None:
        """Note a fault of the field `name`, or of the whole mapping for an empty name.

        What is no mapping has that one fault; its fields are not reported missing.
        """
        if self._readable or not name:
            self.faults.append(Fault(path=self._path_to(name), wrong=wrong, allowed=allowed))

    def text(self, name: str, rule: TextRule = NAME) -> str:
        """A text that must be there; empty where it is faulty."""
        value = self._take(name)
        if value is None:
            self.note(name, wrong="is missing", allowed=f"text: {rule.allowed}")
            return ""
        return self._checked(name, value, rule) or ""

    def optional_text(self, name: str, rule: TextRule = NAME) -> str | None:
        """A text that may be absent or null; None where it is faulty too."""
        value = self._take(name)
        return None if value is None else self._checked(name, value, rule)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false; the default where it is absent or faulty."""
        value = self._take(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        self.note(name, wrong=f"is {describe(value)}", allowed="true or false")
        return default

    def moment(self, name: str) -> datetime | None:
        """A moment with its zone, as text or as YAML reads it; None where absent or faulty."""
        value = self._take(name)
        if value is None:
            return None
        moment = _as_moment(value)
        if moment is None:
            allowed = "a moment with its zone, such as 2026-11-23T14:03:21+08:00"
            self.note(name, wrong=f"is {describe(value)}", allowed=allowed)
        return moment

    def choice(self, name: str, choices: type[Choice]) -> Choice | None:
        """One of the codes of an enumeration; None where it is absent or faulty."""
        value = self._take(name)
        if isinstance(value, str) and value in choices.__members__.values():
            return choices(value)
        wrong = "is missing" if value is None else f"is {describe(value)}"
        self.note(name, wrong=wrong, allowed=", ".join(choices))
        return None

    def part(self, name: str) -> Self:
        """A mapping that must be there."""
        if not self._readable:
            return self  # its one fault is noted, and it has no parts
        return type(self)(self._take(name), path=self._path_to(name), faults=self.faults)

    def optional_part(self, name: str) -> Self | None:
        """A mapping that may be absent or null."""
        return None if self._take(name) is None else self.part(name)

    def entries(self, name: str, *, most: int) -> Iterator[Self]:
        """The mappings of a list, which may be absent; of a list too long, the first ones."""
        value = self._take(name)
        if value is None:
            return
        if not isinstance(value, list):
            self.note(name, wrong=f"is {describe(value)}", allowed="a list")
            return
        if len(value) > most:
            self.note(name, wrong=f"has {len(value)} entries", allowed=f"at most {most}")
        for position, entry in enumerate(value[:most]):
            path = f"{self._path_to(name)}[{position}]"
            yield type(self)(entry, path=path, faults=self.faults)

    def texts(self, name: str, rule: TextRule, *, most: int) -> tuple[str, ...]:
        """The texts of a list, which may be absent, each once; of a list too long, the first."""
        value = self._take(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.note(name, wrong=f"is {describe(value)}", allowed="a list")
            return ()
        if len(value) > most:
            self.note(name, wrong=f"has {len(value)} entries", allowed=f"at most {most}")
        found: list[str] = []
        for position, entry in enumerate(value[:most]):
            place = f"{name}[{position}]"
            text = self._checked(place, entry, rule)
            if text in found:
                self.note(place, wrong=f"'{text}' stands there twice", allowed="each once")
            elif text is not None:
                found.append(text)
        return tuple(found)

    def finish(self) -> None:
        """Note every field that nobody asked for."""
        for name in self._values:
            if name not in self._asked:
                known = ", ".join(sorted(self._asked))
                self.note(_shown_name(name), wrong="is not a known field", allowed=known)

    def _path_to(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path and name else self.path or name

    def _take(self, name: str) -> object:
        self._asked.add(name)
        return self._values.get(name)

    def _checked(self, name: str, value: object, rule: TextRule) -> str | None:
        if isinstance(value, str) and rule.pattern.fullmatch(value):
            return value
        wrong = f"is {describe(value)}" if rule.shown else "is not of that form"
        self.note(name, wrong=wrong, allowed=f"text: {rule.allowed}")
        return None


def _as_moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(moment, datetime) and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # no moment, or one before year 1 or after 9999 in UTC
        return None
    return None


def _shown_name(name: object) -> str:
    return name if isinstance(name, str) and CODE.pattern.fullmatch(name) else describe(name)
