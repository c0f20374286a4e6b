"""Puts a week's bulletin together: its figures, those it was issued with, and what came since.

All of it follows from the week, the moment it is asked as of, and what was recorded by then.
Whoever asks the same again gets the same. A correction (更正) has as its number how many times
something was recorded, after the bulletin was issued, of the cases that its figures stand on.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from incident.figures.bulletin import Asked, Bulletin, Period, bulletin_of
from incident.figures.case import Case
from incident.figures.closure import LOOKED_ROUND
from services.notifier.handlers.periods import WEEK, YEAR, issue_of, week_from
from services.notifier.ports import Scope
from services.notifier.ports.figures import Cases, CasesWanted, Recorded

MOST_LISTED = 100
"""So many of the last corrections are listed with their incidents."""


class Standing(StrEnum):
    """What a bulletin is as of a moment."""

    PRELIMINARY = "preliminary"
    ISSUED = "issued"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which bulletin is asked for."""

    monday: date
    zone: ZoneInfo
    as_of: datetime
    scope: Scope
    repeat_hours: int

    @property
    def issued_at(self) -> datetime:
        """When it is issued."""
        return issue_of(self.monday, self.zone)

    @property
    def asked(self) -> Asked:
        """What its figures are asked of."""
        return self.asked_as_of(self.as_of)

    def asked_as_of(self, as_of: datetime) -> Asked:
        """The same as of another moment."""
        return Asked(
            week=week_from(self.monday, self.zone),
            last_week=week_from(self.monday - WEEK, self.zone),
            last_year=week_from(self.monday - YEAR, self.zone),
            as_of=as_of,
            zone=self.zone,
            repeat_hours=self.repeat_hours,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What was recorded at one moment after the issue."""

    number: int
    recorded_at: datetime
    incidents: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A bulletin as of a moment.

    Attributes:
        issued: The figures it was issued with, where it was corrected.
        correction: The number of the last correction; 0 for none.
        corrections: The last ones, in their order.
    """

    wanted: Wanted
    standing: Standing
    bulletin: Bulletin
    issued: Bulletin | None = None
    correction: int = 0
    corrections: tuple[Correction, ...] = ()


async def make_edition(cases: Cases, wanted: Wanted) -> Edition:
    """Make a bulletin.

    Raises:
        TooManyCasesError: There are too many to count.
    """
    asked, issued_at = wanted.asked, wanted.issued_at
    before = issued_at if wanted.as_of > issued_at else None
    recent = _around(asked.last_week.since, asked.week.until, wanted, before)
    old = _around(asked.last_year.since, asked.last_year.until, wanted, before)
    found = [*await cases.cases(recent), *await cases.cases(old)]
    if before is None:
        bulletin = await asyncio.to_thread(bulletin_of, _last(found, wanted.scope), asked)
        standing = Standing.ISSUED if wanted.as_of == issued_at else Standing.PRELIMINARY
        return Edition(wanted=wanted, standing=standing, bulletin=bulletin)
    corrections = await _corrections(cases, (old, recent))
    bulletin, issued = await asyncio.to_thread(_both, found, wanted)
    return Edition(
        wanted=wanted,
        standing=Standing.CORRECTED if corrections else Standing.ISSUED,
        bulletin=bulletin,
        issued=issued if corrections else None,
        correction=corrections[-1].number if corrections else 0,
        corrections=tuple(corrections[-MOST_LISTED:]),
    )


async def cases_of(
    cases: Cases, period: Period, *, as_of: datetime, scope: Scope, hours: int
) -> list[Case]:
    """Give the cases of a period and those around it in which repeats are looked for.

    Raises:
        TooManyCasesError: There are too many to count.
    """
    margin = LOOKED_ROUND + timedelta(hours=hours)
    found = await cases.cases(
        CasesWanted(
            since=period.since - margin, until=period.until + margin, as_of=as_of, scope=scope
        )
    )
    return _last(found, scope)


def _both(found: Sequence[Recorded], wanted: Wanted) -> tuple[Bulletin, Bulletin]:
    issued = [one.earlier for one in found if one.earlier is not None]
    return (
        bulletin_of(_last(found, wanted.scope), wanted.asked),
        bulletin_of(_of_center(issued, wanted.scope), wanted.asked_as_of(wanted.issued_at)),
    )


def _last(found: Sequence[Recorded], scope: Scope) -> list[Case]:
    return _of_center([one.case for one in found], scope)


def _of_center(found: Sequence[Case], scope: Scope) -> list[Case]:
    """Those of the caller's center: a case counts where it was at that moment, and there alone."""
    return [case for case in found if scope.center in (None, case.center)]


def _around(
    since: datetime, until: datetime, wanted: Wanted, before: datetime | None
) -> CasesWanted:
    margin = LOOKED_ROUND + timedelta(hours=wanted.repeat_hours)
    return CasesWanted(
        since=since - margin,
        until=until + margin,
        as_of=wanted.as_of,
        scope=wanted.scope,
        before=before,
    )


async def _corrections(cases: Cases, asked: Sequence[CasesWanted]) -> list[Correction]:
    recordings = [one for each in asked for one in await cases.recordings(each)]
    ordered = sorted(recordings, key=lambda one: (one.recorded_at, one.incident))
    moments = groupby(ordered, key=lambda one: one.recorded_at)
    return [
        Correction(
            number=number,
            recorded_at=recorded_at,
            incidents=tuple(dict.fromkeys(one.incident for one in several)),
        )
        for number, (recorded_at, several) in enumerate(moments, 1)
    ]


def differences(
    before: Mapping[str, object], after: Mapping[str, object]
) -> list[tuple[str, object, object]]:
    """Name every plain value that differs between two documents, by its path, in their order."""
    old, new = dict(_flat(before)), dict(_flat(after))
    paths = dict.fromkeys([*new, *old])
    return [
        (path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)
    ]


def _flat(value: object, path: str = "") -> list[tuple[str, object]]:
    entries: list[tuple[str, object]]
    if isinstance(value, Mapping):
        entries = [(str(name), one) for name, one in value.items()]
    elif isinstance(value, list | tuple):
        entries = [(str(place), one) for place, one in enumerate(value)]
    else:
        return [(path, value)]
    return [
        leaf for name, one in entries for leaf in _flat(one, f"{path}.{name}" if path else name)
    ]
