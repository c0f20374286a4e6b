"""The on-site closure rate (现场办结率), by its published definition.

k / n, where n counts the actual cases that were closed, handed over or refused, less duplicates,
withdrawn ones and false alarms; k counts those of them that were closed with an on-site disposition
and neither reopened nor repeated within N hours. A case that was reopened within N hours stays in n
and out of k, whatever became of it. Cases still open are in neither and shown beside.

A repeat is a case of the same kind, category and place that was received within N hours after
another one's end, or that people linked as a repeat. Where no place is known nothing is guessed.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from incident.alert import Status
from incident.figures.case import Case
from incident.figures.intervals import Share, share_of
from incident.lifecycle import ENDED, State
from incident.profile import OnSite

REPEAT_HOURS = 24
"""The usual N."""

LOOKED_ROUND = timedelta(hours=24)
"""Beside N hours, so long before and after a period repeats are looked for: the longest a case is
meant to take."""

FALSE_ALARMS = frozenset({"false_alarm", "malicious_report"})
"""误报 and 谎报."""


class Counted(StrEnum):
    """What a case is in the closure rate; the first four are in n, the first alone in k."""

    ON_SITE = "on_site"
    NOT_ON_SITE = "not_on_site"
    REOPENED = "reopened"
    REPEATED = "repeated"
    DUPLICATE = "duplicate"
    CANCELLED = "cancelled"
    FALSE_ALARM = "false_alarm"
    EXCLUDED = "excluded"
    UNFINISHED = "unfinished"
    NOT_ACTUAL = "not_actual"


IN_RATE = (Counted.ON_SITE, Counted.NOT_ON_SITE, Counted.REOPENED, Counted.REPEATED)
LEFT_OUT = tuple(one for one in Counted if one not in IN_RATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureRate:
    """The rate with all it was counted from.

    Attributes:
        counts: How many cases are what; every code stands there.
        hours: N.
    """

    rate: Share
    counts: Mapping[Counted, int]
    hours: int


def closure_rate(cases: Iterable[Case], *, repeated: Collection[UUID], hours: int) -> ClosureRate:
    """Count cases.

    Args:
        cases: Each once.
        repeated: The cases that were repeated within N hours, as `find_repeats` finds them.
        hours: N.
    """
    found = Counter(counted_as(case, repeated=repeated, hours=hours) for case in cases)
    counts = {code: found[code] for code in Counted}
    n = sum(counts[code] for code in IN_RATE)
    return ClosureRate(rate=share_of(counts[Counted.ON_SITE], n), counts=counts, hours=hours)


def counted_as(case: Case, *, repeated: Collection[UUID], hours: int) -> Counted:
    """What a case is in the closure rate."""
    if case.status is not Status.ACTUAL:
        return Counted.NOT_ACTUAL
    left_out = _left_out(case)
    if left_out is not None:
        return left_out
    if reopened_within(case, hours=hours):
        return Counted.REOPENED
    if case.state not in ENDED:
        return Counted.UNFINISHED
    if case.state is not State.CLOSED or case.on_site is not OnSite.YES:
        return Counted.NOT_ON_SITE
    return Counted.REPEATED if case.id in repeated else Counted.ON_SITE


def _left_out(case: Case) -> Counted | None:
    if case.merged or case.disposition == "duplicate":
        return Counted.DUPLICATE
    if case.state is State.CANCELLED or case.disposition == "cancelled":
        return Counted.CANCELLED
    if case.disposition in FALSE_ALARMS:
        return Counted.FALSE_ALARM
    return Counted.EXCLUDED if case.on_site is OnSite.EXCLUDED else None


def reopened_within(case: Case, *, hours: int) -> bool:
    """Whether a case went on within N hours after an end."""
    most = timedelta(hours=hours)
    return any(one.reopened_at - one.ended_at <= most for one in case.reopenings)


def find_repeats(cases: Iterable[Case], *, hours: int) -> Mapping[UUID, UUID]:
    """Find repeats among actual cases that count.

    Returns:
        By each case that is a repeat the case it repeats: the last one that had ended before.
    """
    counting = [case for case in cases if case.status is Status.ACTUAL and _left_out(case) is None]
    alike: defaultdict[tuple[str, str | None, str], list[Case]] = defaultdict(list)
    linked: dict[UUID, UUID] = {}  # by each case that an earlier one is linked with, that one
    found: dict[UUID, UUID] = {}
    earlier: set[UUID] = set()
    for case in sorted(counting, key=lambda one: (one.received_at, one.id)):
        others = [other for other in case.repeats if other in earlier]
        repeated = others[0] if others else linked.get(case.id)
        if case.place is not None:
            same = alike[case.kind, case.category, case.place]
            if repeated is None:
                repeated = _last_ended(same, before=case.received_at, hours=hours)
            same.append(case)
        if repeated is not None:
            found[case.id] = repeated
        earlier.add(case.id)
        linked |= dict.fromkeys(case.repeats, case.id)
    return found


def _last_ended(cases: Iterable[Case], *, before: datetime, hours: int) -> UUID | None:
    earliest = before - timedelta(hours=hours)
    ended = [
        (case.first_closed_at, case.id)
        for case in cases
        if case.first_closed_at is not None and earliest <= case.first_closed_at <= before
    ]
    return max(ended)[1] if ended else None
