"""Reading what rosters have beside texts and codes: days, hours, numbers, lists of codes."""

import re
from collections.abc import Iterator
from datetime import date, time
from zoneinfo import ZoneInfo

from incident.directory.fields import CODE, Fields, TextRule, describe
from incident.directory.reading import TIME_ZONE
from incident.roster.document import WEEKDAYS

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)
DEFAULT_ZONE = "Asia/Shanghai"

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
_ALLOWED_DAY = f"a day from {FIRST_DAY} to {LAST_DAY}, such as 2026-03-02"
_ALLOWED_TIME = "a time in quotes from '00:00' to '23:59', and '24:00' to end a day"
COUNTRY = TextRule(
    pattern=re.compile(r"[A-Z]{2}|none"),
    allowed="a country's code of two capitals, such as CN, or none",
)


class RosterFields(Fields):
    """A mapping within a roster's document."""

    def has(self, name: str) -> bool:
        """Whether something stands there."""
        return self._take(name) is not None

    def zone(self, name: str) -> str:
        """The name of a time zone that exists; the default where it is absent or faulty."""
        found = self.optional_text(name, TIME_ZONE)
        if found is None:
            return DEFAULT_ZONE
        try:
            ZoneInfo(found)
        except (OSError, ValueError, LookupError):  # no such zone, a folder of zones, a bad name
            self.note(name, wrong=f"'{found}' is unknown", allowed=TIME_ZONE.allowed)
            return DEFAULT_ZONE
        return found

    def number(self, name: str, *, default: int, most: int) -> int:
        """A number from 1; the default where it is absent or faulty."""
        value = self._take(name)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
            return value
        self.note(name, wrong=f"is {describe(value)}", allowed=f"a number from 1 to {most}")
        return default

    def day(self, name: str) -> date:
        """A day that must be there; the first possible one where it is faulty."""
        return self.optional_day(name, missing=True) or FIRST_DAY

    def optional_day(self, name: str, *, missing: bool = False) -> date | None:
        """A day that may be absent, unless its absence is to be noted; None where faulty."""
        value = self._take(name)
        if value is None and not missing:
            return None
        found = _day(value)
        if found is None:
            wrong = "is missing" if value is None else f"is {describe(value)}"
            self.note(name, wrong=wrong, allowed=_ALLOWED_DAY)
        return found

    def days(self, name: str, *, most: int) -> frozenset[date]:
        """The days of a list, which may be absent."""
        found: set[date] = set()
        for path, value in self._listed(name, most=most):
            day = _day(value)
            if day is None:
                self.note(path, wrong=f"is {describe(value)}", allowed=_ALLOWED_DAY)
            else:
                found.add(day)
        return frozenset(found)

    def hour(self, name: str) -> time:
        """A local time, 24:00 as 00:00; midnight where it is absent or faulty."""
        value = self._take(name)
        if value is None:
            return time(0)
        if isinstance(value, str) and _TIME.fullmatch(value):
            return time(int(value[:2]) % 24, int(value[3:]))
        self.note(name, wrong=f"is {describe(value)}", allowed=_ALLOWED_TIME)
        return time(0)

    def weekdays(self, name: str) -> tuple[int, ...]:
        """Weekdays by their first three letters; all seven where absent or faulty."""
        found: set[int] = set()
        for path, value in self._listed(name, most=len(WEEKDAYS)):
            if isinstance(value, str) and value in WEEKDAYS:
                found.add(WEEKDAYS.index(value))
            else:
                self.note(path, wrong=f"is {describe(value)}", allowed=", ".join(WEEKDAYS))
        return tuple(sorted(found)) or tuple(range(len(WEEKDAYS)))

    def codes(self, name: str, *, most: int) -> tuple[str, ...]:
        """The codes of a list, which may be absent; faulty ones stand as empty text."""
        return self._codes(self._listed(name, most=most))

    def turns(self, name: str, *, most: int, people: int) -> tuple[tuple[str, ...], ...]:
        """A list of lists of codes."""
        return tuple(
            self._codes(self._entries(path, value, most=people))
            for path, value in self._listed(name, most=most)
        )

    def _listed(self, name: str, *, most: int) -> Iterator[tuple[str, object]]:
        value = self._take(name)
        return iter(()) if value is None else self._entries(name, value, most=most)

    def _entries(self, name: str, value: object, *, most: int) -> Iterator[tuple[str, object]]:
        """The entries of a list with their paths; of a list too long, the first ones."""
        if not isinstance(value, list):
            self.note(name, wrong=f"is {describe(value)}", allowed="a list")
            return
        if len(value) > most:
            self.note(name, wrong=f"has {len(value)} entries", allowed=f"at most {most}")
        for position, entry in enumerate(value[:most]):
            yield f"{name}[{position}]", entry

    def _codes(self, entries: Iterator[tuple[str, object]]) -> tuple[str, ...]:
        found: list[str] = []
        for path, value in entries:
            fits = isinstance(value, str) and CODE.pattern.fullmatch(value) is not None
            if not fits:
                self.note(path, wrong=f"is {describe(value)}", allowed=f"text: {CODE.allowed}")
            found.append(str(value) if fits else "")
        return tuple(found)


def _day(value: object) -> date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:  # such as 30 February
        return None
    return found if FIRST_DAY <= found <= LAST_DAY else None
