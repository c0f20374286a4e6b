"""Judging: from the moments of a span and `now` to a verdict for each leg."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from incident.lifecycle import Incident
from incident.moments import Moment, MomentName
from incident.profile import Leg, Scope
from incident.timing.spans import Span, lives, round_spans
from incident.timing.supervising import judge_supervisions
from incident.timing.verdicts import Outcome, Verdict, WarningPoint

FROM_OPENING = frozenset({MomentName.REPORTED, MomentName.RECEIVED})
"""Moments that only the opening can stamp: missing then, missing for good."""

SECOND = timedelta(seconds=1)


class _Judged(NamedTuple):
    outcome: Outcome
    end: Moment | None
    amended: bool = False


_PENDING, _LATE = _Judged(Outcome.PENDING, None), _Judged(Outcome.BREACHED, None)


def judge(incident: Incident, *, now: datetime) -> tuple[Verdict, ...]:
    """Judge every leg that has begun, in the profile's order, each with its rounds in order.

    Then every supervision: those run beside the profile.
    """
    rounds = [(span, span.starts()) for span in round_spans(incident)]
    whole = rounds
    if len(rounds) > 1:
        whole = [(span, span.starts()) for span in lives([span for span, _ in rounds])]
    source = incident.alert.source
    verdicts: list[Verdict] = []
    for leg in incident.profile.legs:
        if leg.sources and source not in leg.sources:
            continue
        once = leg.scope is Scope.INCIDENT
        for span, starts in whole if once else rounds:
            verdict = _judge(leg, span, starts, now)
            if verdict is not None:
                verdicts.append(verdict)
                if once:
                    break
    verdicts.extend(judge_supervisions(incident, now=now))
    return tuple(verdicts)


def _judge(
    leg: Leg, span: Span, starts: Mapping[MomentName, datetime], now: datetime
) -> Verdict | None:
    """The verdict of a leg that exists, else None."""
    start = starts.get(leg.start)
    if start is None and leg.fallback_start is not None:
        start = starts.get(leg.fallback_start)
    if start is None:
        end = _earliest(span.stamped(leg.end))
        if end is None and not (leg.scope is Scope.INCIDENT and leg.start in FROM_OPENING):
            return None
        return _verdict(leg, span, _Judged(Outcome.NOT_MEASURED, end), start=None, length=None)
    if leg.target is None:
        measured = _measure(span, _earliest(span.stamped(leg.end)))
        return _verdict(leg, span, measured, start=start, length=None)
    length = leg.target.length
    decided = _decide(leg, span, due=start + length, now=now)
    return _verdict(leg, span, decided, start=start, length=length)


def _measure(span: Span, end: Moment | None) -> _Judged:
    if end is not None:
        return _Judged(Outcome.MEASURED, end)
    return _Judged(Outcome.PENDING if span.ended_at is None else Outcome.VOID, None)


def _decide(leg: Leg, span: Span, *, due: datetime, now: datetime) -> _Judged:
    ends, ended_at = span.stamped(leg.end), span.ended_at
    if not ends and ended_at is None:
        return _LATE if now > due else _PENDING
    closing = span.stamped(MomentName.ENDED)
    end = _earliest(ends)
    if end is not None and end.judged_at <= due:
        known_at = min([entry.recorded_at for entry in ends if entry.judged_at <= due])
        return _Judged(Outcome.MET, end, _was_breached(due, known_at, (*ends, *closing)))
    if ended_at is not None and ended_at <= due:
        known_at = min((entry.recorded_at for entry in closing), default=ended_at)
        return _Judged(Outcome.VOID, None, _was_breached(due, known_at, (*ends, *closing)))
    return _Judged(Outcome.BREACHED, end)


def _was_breached(due: datetime, known_at: datetime, record: Iterable[Moment]) -> bool:
    """Whether a breach stood on record until it was known, at `known_at`, that there was none.

    It stood from the due moment on, or from when something was recorded that had happened after
    it: a clock may be some seconds fast.
    """
    return known_at > due or any(
        entry.judged_at > due and entry.recorded_at < known_at for entry in record
    )


def _earliest(moments: Sequence[Moment]) -> Moment | None:
    """The moment that decides; of equal ones the first recorded, then a fixed order."""
    if len(moments) > 1:
        return min(moments, key=_rank)
    return moments[0] if moments else None


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
    leg: Leg, span: Span, judged: _Judged, *, start: datetime | None, length: timedelta | None
) -> Verdict:
    """The verdict of a leg.

    Args:
        leg: The leg.
        span: What it was judged over.
        judged: How.
        start: When it began; None if it did not.
        length: Its target, where it is judged against one.
    """
    end = judged.end
    if length is None and leg.target is not None:
        target_seconds: int | None = leg.target.length // SECOND
    else:
        target_seconds = None if length is None else length // SECOND
    if end is None:
        return Verdict(
            leg=leg.code,
            round=span.rounds[0].number,
            organisation=span.rounds[0].organisation,
            outcome=judged.outcome,
            amended=judged.amended,
            target_seconds=target_seconds,
            start=start,
            due=None if start is None or length is None else start + length,
            warnings=_warnings(leg, start, length),
        )
    return Verdict(
        leg=leg.code,
        round=span.rounds[0].number,
        organisation=span.round_of(end).organisation,
        outcome=judged.outcome,
        amended=judged.amended,
        target_seconds=target_seconds,
        start=start,
        due=None if start is None or length is None else start + length,
        end=end.judged_at,
        seconds=None if start is None else (end.judged_at - start) / SECOND,
        by=end.actor.kind,
        via=end.via,
        proof=end.proof,
        warnings=_warnings(leg, start, length),
    )


def _warnings(
    leg: Leg, start: datetime | None, length: timedelta | None
) -> tuple[WarningPoint, ...]:
    if start is None or length is None:
        return ()
    return tuple(
        [
            WarningPoint(percent=percent, at=start + length * percent / 100)
            for percent in leg.warn_at_percent
        ]
    )
