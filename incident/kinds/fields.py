"""Whole numbers, lists of codes and lengths of time, beside what every document has."""

from collections.abc import Collection, Iterable, Iterator
from typing import TypeGuard

from incident.directory.fields import CODE, Choice, Fields, describe
from incident.profile import Amount, Unit

LONGEST_LIST = 50
LONGEST_AMOUNT = 366 * 24 * 3600
"""The longest target or wait in seconds: a year."""


class KindFields(Fields):
    """A table within the file of a kind or a profile."""

    def says(self, name: str) -> bool:
        """Whether the field is there at all."""
        return self._take(name) is not None

    def whole(self, name: str, *, least: int, most: int, default: int | None = None) -> int:
        """A whole number; the least one where it is faulty, or absent with no default."""
        value = self._take(name)
        if value is None and default is not None:
            return default
        if _is_whole(value, least, most):
            return value
        wrong = "is missing" if value is None else f"is {describe(value)}"
        self.note(name, wrong=wrong, allowed=f"a whole number from {least} to {most}")
        return least

    def optional_whole(self, name: str, *, least: int, most: int) -> int | None:
        """A whole number that may be absent."""
        return self.whole(name, least=least, most=most) if self.says(name) else None

    def percentages(self, name: str) -> tuple[int, ...]:
        """An ascending list of shares of something, which may be absent."""
        allowed = "whole numbers from 1 to 99, ascending"
        found: list[int] = []
        for place, value in self._listed(name, allowed):
            if not _is_whole(value, 1, 99):
                self.note(place, wrong=f"is {describe(value)}", allowed=allowed)
            elif found and value <= found[-1]:
                self.note(place, wrong=f"{value} follows {found[-1]}", allowed=allowed)
            else:
                found.append(value)
        return tuple(found)

    def optional_choice(self, name: str, choices: Iterable[Choice]) -> Choice | None:
        """One of some codes; None where it is absent or faulty."""
        return self._chosen(name, self._take(name), choices) if self.says(name) else None

    def choices(self, name: str, choices: Iterable[Choice]) -> tuple[Choice, ...]:
        """A list of some codes, each once; it may be absent."""
        found: list[Choice] = []
        for place, value in self._listed(name, ", ".join(choices)):
            chosen = self._chosen(place, value, choices)
            if chosen is not None and self._is_new(place, chosen, found):
                found.append(chosen)
        return tuple(found)

    def codes(self, name: str) -> tuple[str, ...]:
        """A list of codes of the file's own, each once; it may be absent."""
        found: list[str] = []
        for place, value in self._listed(name, "codes"):
            code = self._checked(place, value, CODE)
            if code is not None and self._is_new(place, code, found):
                found.append(code)
        return tuple(found)

    def amount(self, name: str) -> Amount:
        """A length of time that must be there."""
        part = self.part(name)
        amount = Amount(
            amount=part.whole("amount", least=1, most=LONGEST_AMOUNT),
            unit=part.choice("unit", Unit) or Unit.SECONDS,
        )
        part.finish()
        return amount

    def optional_amount(self, name: str) -> Amount | None:
        """A length of time that may be absent."""
        return self.amount(name) if self.says(name) else None

    def _listed(self, name: str, allowed: str) -> Iterator[tuple[str, object]]:
        """The entries of a list with their place; none where it is absent or no list."""
        value = self._take(name)
        if value is None:
            return
        if not isinstance(value, list):
            self.note(name, wrong=f"is {describe(value)}", allowed=f"a list: {allowed}")
            return
        if len(value) > LONGEST_LIST:
            wrong = f"has {len(value)} entries"
            self.note(name, wrong=wrong, allowed=f"at most {LONGEST_LIST}")
        for position, entry in enumerate(value[:LONGEST_LIST]):
            yield f"{name}[{position}]", entry

    def _chosen(self, place: str, value: object, choices: Iterable[Choice]) -> Choice | None:
        for choice in choices:
            if value == choice.value:
                return choice
        self.note(place, wrong=f"is {describe(value)}", allowed=", ".join(choices))
        return None

    def _is_new(self, place: str, code: str, found: Collection[str]) -> bool:
        if code in found:
            self.note(place, wrong=f"'{code}' stands there twice", allowed="each once")
        return code not in found


def _is_whole(value: object, least: int, most: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
