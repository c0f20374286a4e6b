"""Judging: from the moments of a span and `now` to a verdict for each leg."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from incident.lifecycle import Incident
from incident.moments import Moment, MomentName
from incident.profile import Leg, Scope
from incident.timing.spans import Span, lives, round_spans
from incident.timing.verdicts import Outcome, Verdict, WarningPoint

FROM_OPENING = frozenset({MomentName.REPORTED, MomentName.RECEIVED})
"""Moments that only the opening can stamp: missing then, missing for good."""

SECOND = timedelta(seconds=1)


class _Judged(NamedTuple):
    outcome: Outcome
    end: Moment | None
    amended: bool = False


def judge(incident: Incident, *, now: datetime) -> tuple[Verdict, ...]:
    """Judge every leg that has begun, in the profile's order, each with its rounds in order."""
    rounds = round_spans(incident)
    whole = lives(rounds)
    source = incident.alert.source
    verdicts: list[Verdict] = []
    for leg in incident.profile.legs:
        if leg.sources and source not in leg.sources:
            continue
        once = leg.scope is Scope.INCIDENT
        for span in whole if once else rounds:
            verdict = _judge(leg, span, now)
            if verdict is not None:
                verdicts.append(verdict)
                if once:
                    break
    return tuple(verdicts)


def _judge(leg: Leg, span: Span, now: datetime) -> Verdict | None:
    """The verdict of a leg that exists, else None."""
    start = span.began_at(leg.start)
    if start is None and leg.fallback_start is not None:
        start = span.began_at(leg.fallback_start)
    end = _earliest(span.stamped(leg.end))
    if start is None:
        if end is None and not (leg.scope is Scope.INCIDENT and leg.start in FROM_OPENING):
            return None
        return _verdict(leg, span, _Judged(Outcome.NOT_MEASURED, end), start=None, due=None)
    if leg.target is None:
        return _verdict(leg, span, _measure(span, end), start=start, due=None)
    due = start + leg.target.length
    return _verdict(leg, span, _decide(leg, span, due=due, now=now), start=start, due=due)


def _measure(span: Span, end: Moment | None) -> _Judged:
    if end is not None:
        return _Judged(Outcome.MEASURED, end)
    return _Judged(Outcome.PENDING if span.ended_at is None else Outcome.VOID, None)


def _decide(leg: Leg, span: Span, *, due: datetime, now: datetime) -> _Judged:
    ends, closing = span.stamped(leg.end), span.stamped(MomentName.ENDED)
    end, ended_at = _earliest(ends), span.ended_at
    if end is not None and end.judged_at <= due:
        known_at = min(entry.recorded_at for entry in ends if entry.judged_at <= due)
        return _Judged(Outcome.MET, end, _was_breached(due, known_at, (*ends, *closing)))
    if ended_at is not None and ended_at <= due:
        known_at = min((entry.recorded_at for entry in closing), default=ended_at)
        return _Judged(Outcome.VOID, None, _was_breached(due, known_at, (*ends, *closing)))
    if end is not None or ended_at is not None or now > due:
        return _Judged(Outcome.BREACHED, end)
    return _Judged(Outcome.PENDING, None)


def _was_breached(due: datetime, known_at: datetime, record: Sequence[Moment]) -> bool:
    """Whether a breach stood on record until it was known, at `known_at`, that there was none.

    It stood from the due moment on, or from when something was recorded that had happened after
    it: a clock may be some seconds fast.
    """
    return known_at > due or any(
        entry.judged_at > due and entry.recorded_at < known_at for entry in record
    )


def _earliest(moments: Sequence[Moment]) -> Moment | None:
    """The moment that decides; of equal ones the first recorded, then a fixed order."""
    return min(moments, key=_rank) if len(moments) > 1 else next(iter(moments), None)


def _rank(moment: Moment) -> tuple[datetime, datetime, int, str, str, str]:
    return (
        moment.judged_at,
        moment.recorded_at,
        moment.round,
        moment.actor.kind,
        moment.via,
        moment.proof or "",
    )


def _verdict(
    leg: Leg, span: Span, judged: _Judged, *, start: datetime | None, due: datetime | None
) -> Verdict:
    end = judged.end
    charged = span.rounds[0] if end is None else span.round_of(end)
    return Verdict(
        leg=leg.code,
        round=span.rounds[0].number,
        organisation=charged.organisation,
        outcome=judged.outcome,
        amended=judged.amended,
        target_seconds=None if leg.target is None else leg.target.length // SECOND,
        start=start,
        due=due,
        end=None if end is None else end.judged_at,
        seconds=None if start is None or end is None else (end.judged_at - start) / SECOND,
        by=None if end is None else end.actor.kind,
        via=None if end is None else end.via,
        proof=None if end is None else end.proof,
        warnings=_warnings(leg, start, due),
    )


def _warnings(leg: Leg, start: datetime | None, due: datetime | None) -> tuple[WarningPoint, ...]:
    if start is None or due is None:
        return ()
    length = due - start
    return tuple(
        WarningPoint(percent=percent, at=start + length * percent / 100)
        for percent in leg.warn_at_percent
    )
