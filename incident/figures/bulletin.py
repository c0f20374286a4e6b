"""The weekly bulletin (通报) as numbers; its words and its form are made elsewhere."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from incident.alert import Status
from incident.figures.case import Case
from incident.figures.closure import ClosureRate, Counted, closure_rate, find_repeats
from incident.figures.intervals import Share, share_of
from incident.figures.times import Timed, Times, times_of
from incident.lifecycle import ENDED, State

HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From a moment up to, not including, another one."""

    since: datetime
    until: datetime
    days: int

    def holds(self, case: Case) -> bool:
        """Whether a case was received in it."""
        return self.since <= case.received_at < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisions:
    """督办, with what became of them by a moment: `overdue` ones are open, `open` ones in time."""

    on_time: int
    late: int
    overdue: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUps:
    """回访.

    Attributes:
        coverage: of those that a call is or was due for, those where somebody was reached.
        satisfied: Of the answers to whether they were satisfied, the yes; the last of each case.
    """

    coverage: Share
    satisfied: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What is compared with other weeks.

    Attributes:
        received: Actual cases.
        valid: Of these all but duplicates, withdrawn ones and false alarms.
        daily: Received a day.
    """

    received: int
    valid: int
    daily: float
    closure: ClosureRate
    times: tuple[Times, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """All figures of a period.

    Attributes:
        unfinished: Cases that were not over, the oldest first.
        refused: Cases that a center refused and nobody has taken since.
        reopened: Cases that went on after an end.
        repeats: Cases that repeat another one.
        not_actual: Drills and tests: counted here and nowhere else.
        hours: Received by the hour of the day, 24 of them.
    """

    totals: Totals
    last_week: Totals
    last_year: Totals
    unfinished: tuple[Case, ...]
    refused: int
    handed_over: int
    reopened: int
    repeats: int
    late_entries: int
    not_actual: int
    kinds: Mapping[str, int]
    centers: Mapping[str, int]
    hours: tuple[int, ...]
    supervisions: Supervisions
    follow_ups: FollowUps


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a bulletin is asked of.

    Attributes:
        repeat_hours: N of the closure rate.
    """

    week: Period
    last_week: Period
    last_year: Period
    as_of: datetime
    zone: ZoneInfo
    repeat_hours: int


def bulletin_of(cases: Sequence[Case], asked: Asked) -> Bulletin:
    """Compute a bulletin.

    Args:
        cases: Each once, as recorded by then; those of the three periods and those around them,
            in which repeats are looked for.
        asked: For what.
    """
    repeats = find_repeats(cases, hours=asked.repeat_hours)
    repeated = frozenset(repeats.values())
    own = sorted(filter(asked.week.holds, cases), key=lambda one: (one.received_at, one.id))
    actual = [case for case in own if case.status is Status.ACTUAL]
    return Bulletin(
        totals=totals_of(own, asked.week, repeated=repeated, hours=asked.repeat_hours),
        last_week=_totals_in(cases, asked.last_week, repeated, asked.repeat_hours),
        last_year=_totals_in(cases, asked.last_year, repeated, asked.repeat_hours),
        unfinished=tuple(case for case in actual if case.state not in ENDED),
        refused=_in_state(actual, State.REFUSED),
        handed_over=_in_state(actual, State.HANDED_OVER),
        reopened=sum(bool(case.reopenings) for case in actual),
        repeats=sum(case.id in repeats for case in actual),
        late_entries=sum(case.late_entry for case in actual),
        not_actual=len(own) - len(actual),
        kinds=_by_code(case.kind for case in actual),
        centers=_by_code(case.center for case in actual),
        hours=_by_hour(actual, asked.zone),
        supervisions=_supervisions(actual, asked.as_of),
        follow_ups=follow_ups_of(actual),
    )


def totals_of(
    cases: Sequence[Case], period: Period, *, repeated: frozenset[UUID], hours: int
) -> Totals:
    """What is compared, of the cases received in a period."""
    closure = closure_rate(cases, repeated=repeated, hours=hours)
    left_out = (Counted.DUPLICATE, Counted.CANCELLED, Counted.FALSE_ALARM)
    received = len(cases) - closure.counts[Counted.NOT_ACTUAL]
    return Totals(
        received=received,
        valid=received - sum(closure.counts[code] for code in left_out),
        daily=received / period.days,
        closure=closure,
        times=tuple(times_of(cases, timed) for timed in Timed),
    )


def follow_ups_of(cases: Iterable[Case]) -> FollowUps:
    """Coverage and satisfaction of follow-up calls."""
    due = [case for case in cases if case.calls or case.call_due]
    reached = sum(any(call.reached for call in case.calls) for case in due)
    answers = [
        [call.satisfied for call in case.calls if call.satisfied is not None] for case in due
    ]
    last = [given[-1] for given in answers if given]
    return FollowUps(coverage=share_of(reached, len(due)), satisfied=share_of(sum(last), len(last)))


def _totals_in(
    cases: Sequence[Case], period: Period, repeated: frozenset[UUID], hours: int
) -> Totals:
    return totals_of(list(filter(period.holds, cases)), period, repeated=repeated, hours=hours)


def _in_state(cases: Iterable[Case], state: State) -> int:
    return sum(case.state is state for case in cases)


def _by_code(codes: Iterable[str]) -> Mapping[str, int]:
    counts = Counter(codes)
    return {code: counts[code] for code in sorted(counts)}


def _by_hour(cases: Iterable[Case], zone: ZoneInfo) -> tuple[int, ...]:
    counts = Counter(case.received_at.astimezone(zone).hour for case in cases)
    return tuple(counts[hour] for hour in range(HOURS))


def _supervisions(cases: Iterable[Case], as_of: datetime) -> Supervisions:
    on_time = late = overdue = open_ = 0
    for one in (entry for case in cases for entry in case.supervisions):
        if one.ended_at is None:
            overdue += as_of > one.due_at
            open_ += as_of <= one.due_at
        else:
            late += one.ended_at > one.due_at
            on_time += one.ended_at <= one.due_at
    return Supervisions(on_time=on_time, late=late, overdue=overdue, open=open_)
