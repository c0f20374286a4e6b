"""Compliance over 1,000,000 closed incidents: a week of one center, a year of a park of ten.

The incidents are of 100 centers in 10 parks over two years, ten legs each. Figures are asked for
over HTTP, as a supervisor's page does, by leg and by center; the middle of several answers counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import msgspec

from loadtests.bench import Bench
from loadtests.closed import LEGS_EACH, SPAN_DAYS, fill
from loadtests.figures import milliseconds
from loadtests.park import CODE, Size
from loadtests.quantiles import quantiles
from loadtests.results import Goal, Result
from loadtests.site import Site
from services.runtime.auth import Role

INCIDENTS, CENTERS, PARKS = 1_000_000, 100, 10
SINCE = datetime(2024, 11, 1, tzinfo=UTC)
WEEK = (date(2026, 3, 2), date(2026, 3, 8))
YEAR = (date(2025, 10, 1), date(2026, 9, 30))
TIMES = 7


async def run(bench: Bench) -> list[Result]:
    """Write the incidents, then ask."""
    async with bench.site("compliance", Size(centers=CENTERS)) as site:
        incidents = bench.count(INCIDENTS)
        bench.progress(f"compliance: writing {incidents:,} closed incidents")
        began = site.clock.monotonic()
        await fill(site, incidents=incidents, centers=site.park.centers, since=SINCE)
        bench.progress(f"compliance: written in {site.clock.monotonic() - began:.0f} s")
        park = site.park.centers[: CENTERS // PARKS]
        questions = [
            Asked("week of a center", WEEK, park[:1], Goal(at_most=200)),
            Asked("year of a center", YEAR, park[:1], None),
            Asked("year of a park", YEAR, park, Goal(at_most=2000)),
        ]
        return [await _ask(site, each, incidents=incidents) for each in questions]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question.

    Attributes:
        days: The first and the last.
        centers: Whose legs.
    """

    what: str
    days: tuple[date, date]
    centers: Sequence[str]
    goal: Goal | None

    @property
    def path(self) -> str:
        """Where it is asked."""
        wanted = "".join(f"&center={center}" for center in self.centers)
        first, last = self.days
        return f"/v1/compliance?from={first}&to={last}&group_by=center{wanted}"

    def expected(self, incidents: int) -> float:
        """About how many legs there are: they lie evenly over the days and centers."""
        first, last = self.days
        share = ((last - first).days + 1) / SPAN_DAYS * len(self.centers) / CENTERS
        return incidents * LEGS_EACH * share


class _Leg(msgspec.Struct):
    leg: str
    n: int


class _Group(msgspec.Struct):
    legs: list[_Leg]


class _Figures(msgspec.Struct):
    groups: list[_Group]


async def _ask(site: Site, asked: Asked, *, incidents: int) -> Result:
    """Ask for figures several times; a whole answer counts, from the request to its last byte."""
    took, legs = [], 0
    for _ in range(TIMES):
        began = site.clock.monotonic()
        answer = await site.notifier.get(asked.path, site.headers(Role.SUPERVISOR, CODE))
        took.append(site.clock.monotonic() - began)
        if answer.status != 200:
            raise ValueError(f"{asked.path} was answered {answer.status}: {answer.body[:200]!r}")
        figures = msgspec.json.decode(answer.body, type=_Figures)
        legs = sum(leg.n for group in figures.groups for leg in group.legs)
    spread = quantiles(took)
    expected = asked.expected(incidents)
    fault = None if abs(legs - expected) <= expected / 50 else f"{legs} legs, not {expected:.0f}"
    return Result(
        scenario="compliance",
        what=asked.what,
        unit="ms",
        measured=spread.p50 * 1000,
        goal=asked.goal,
        sound=fault is None,
        fault=fault,
        details={"legs_counted": legs, "answers_ms": milliseconds(spread)},
    )
