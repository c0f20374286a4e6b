"""What holds for the verdicts of any history, however its moments came."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from incident.lifecycle import Incident, Round, RoundCause
from incident.moments import Moment, MomentName
from incident.timing import DeadlineKind, Outcome, Verdict, deadlines_of, judge
from tests.builders import CENTER, RECEIVED, a_moment, an_incident, at

ACTS = [
    "pushed", "acknowledged", "assigned", "accepted", "en_route", "on_scene", "resolved",
]  # fmt: skip


@dataclass(frozen=True)
class Told:
    """Something recorded `after` seconds after the one before, said to be `old` seconds old."""

    what: str
    after: float
    old: float
    of_first_round: bool


seconds = st.floats(min_value=0, max_value=400).map(lambda value: round(value, 6))
ages = st.one_of(st.just(0.0), st.floats(min_value=-5, max_value=600).map(lambda x: round(x, 6)))
tellings = st.builds(
    Told,
    what=st.sampled_from([*ACTS, "transfer", "return", "close", "reopen"]),
    after=seconds,
    old=ages,
    of_first_round=st.booleans(),
)
histories = st.lists(tellings, min_size=1, max_size=12)


def lived(told: list[Told]) -> Iterator[tuple[datetime, Incident]]:
    """The incident after each thing told, with when it was recorded."""
    incident, clock = an_incident({}), 0.0
    yield at(0), incident
    for entry in told:
        clock = round(clock + entry.after, 6)
        incident = _after(incident, entry, clock)
        yield at(clock), incident


def _after(incident: Incident, entry: Told, clock: float) -> Incident:
    ended = incident.ended_at is not None
    if entry.what == "reopen":
        return _next_round(incident, RoundCause.REOPENED, clock) if ended else incident
    if entry.what in {"transfer", "return"}:
        cause = RoundCause.TRANSFERRED if entry.what == "transfer" else RoundCause.RETURNED
        return incident if ended else _next_round(incident, cause, clock)
    if entry.what == "close":
        return incident if ended else _closed(incident, entry, clock)
    number = 1 if entry.of_first_round else incident.round.number
    moment = a_moment(entry.what, clock - entry.old, recorded=clock, round_number=number)
    return replace(incident, moments=(*incident.moments, moment))


def _next_round(incident: Incident, cause: RoundCause, clock: float) -> Incident:
    last = incident.round
    over = replace(last, ended_at=last.ended_at or at(clock))
    begun = Round(number=last.number + 1, cause=cause, organisation=CENTER, started_at=at(clock))
    return replace(incident, rounds=(*incident.rounds[:-1], over, begun), ended_at=None)


def _closed(incident: Incident, entry: Told, clock: float) -> Incident:
    number, when = incident.round.number, clock - entry.old
    stamped = [
        a_moment(name, when, recorded=clock, round_number=number) for name in ("closed", "ended")
    ]
    over = replace(incident.round, ended_at=at(when))
    return replace(
        incident,
        moments=(*incident.moments, *stamped),
        rounds=(*incident.rounds[:-1], over),
        ended_at=at(when),
    )


def by_name(verdicts: tuple[Verdict, ...]) -> dict[tuple[int, str], Verdict]:
    named = {(entry.round, entry.leg): entry for entry in verdicts}
    assert len(named) == len(verdicts)
    return named


def started_earlier(before: Verdict, after: Verdict) -> bool:
    return before.start is not None and after.start is not None and after.start < before.start


def assert_follows(before: Verdict, after: Verdict) -> None:
    """A later verdict of the same leg may only differ as promised."""
    if before.outcome is after.outcome or before.outcome is Outcome.PENDING:
        return
    assert after.outcome is not Outcome.PENDING
    if before.outcome is Outcome.BREACHED:
        assert after.outcome in {Outcome.MET, Outcome.VOID}
        assert after.amended
    else:
        assert before.outcome is not Outcome.MEASURED
        late_arrival = before.outcome is Outcome.VOID and after.outcome is not Outcome.BREACHED
        never_judged = before.outcome is Outcome.NOT_MEASURED
        assert late_arrival or never_judged or started_earlier(before, after)


@given(histories)
def test_a_verdict_once_given_never_turns_pending_and_a_breach_is_only_amended(
    told: list[Told],
) -> None:
    states = list(lived(told))
    moments = [recorded for recorded, _ in states]
    before: dict[tuple[int, str], Verdict] = {}
    for (recorded, incident), next_recorded in zip(
        states, [*moments[1:], moments[-1] + timedelta(days=2)], strict=True
    ):
        for now in (recorded, next_recorded):
            after = by_name(judge(incident, now=now))
            assert before.keys() <= after.keys()
            for name, verdict in before.items():
                assert_follows(verdict, after[name])
            before = after


@given(histories, st.randoms(use_true_random=False))
def test_the_order_in_which_moments_were_recorded_changes_no_verdict(
    told: list[Told], random: Random
) -> None:
    (*_, (now, incident)) = lived(told)
    mixed: list[Moment] = list(incident.moments)
    random.shuffle(mixed)
    assert judge(replace(incident, moments=tuple(mixed)), now=now) == judge(incident, now=now)


@given(histories)
def test_with_time_alone_a_leg_only_goes_from_pending_to_breached(told: list[Told]) -> None:
    (*_, (recorded, incident)) = lived(told)
    before = by_name(judge(incident, now=recorded))
    after = by_name(judge(incident, now=recorded + timedelta(days=2)))
    assert before.keys() == after.keys()
    for name, verdict in before.items():
        if verdict.outcome is Outcome.PENDING and verdict.due is not None:
            assert after[name] == replace(verdict, outcome=Outcome.BREACHED)
        else:
            assert after[name] == verdict


@given(histories)
def test_a_warning_lies_between_the_start_and_the_due_moment(told: list[Told]) -> None:
    (*_, (now, incident)) = lived(told)
    for verdict in judge(incident, now=now):
        assert (verdict.due is None) == (not verdict.warnings)
        for point in verdict.warnings:
            assert verdict.start is not None
            assert verdict.due is not None
            assert verdict.start < point.at < verdict.due


@given(histories)
def test_every_pending_target_has_one_due_deadline_and_nothing_else_has(told: list[Told]) -> None:
    (*_, (now, incident)) = lived(told)
    verdicts = judge(incident, now=now)
    found = [entry for entry in deadlines_of(verdicts) if entry.kind is DeadlineKind.DUE]
    pending = {
        (entry.round, entry.leg)
        for entry in verdicts
        if entry.outcome is Outcome.PENDING and entry.target_seconds is not None
    }
    assert {(entry.round, entry.leg) for entry in found} == pending
    assert all(entry.due_at > now for entry in found)


@given(histories)
def test_figures_agree_with_the_outcome(told: list[Told]) -> None:
    (*_, (now, incident)) = lived(told)
    for verdict in judge(incident, now=now):
        has_seconds = verdict.seconds is not None
        assert has_seconds == (verdict.start is not None and verdict.end is not None)
        if has_seconds:
            assert verdict.outcome in {Outcome.MET, Outcome.BREACHED, Outcome.MEASURED}
        if verdict.outcome is Outcome.MET:
            assert verdict.seconds is not None
            assert verdict.target_seconds is not None
            assert verdict.seconds <= verdict.target_seconds
        if verdict.amended:
            assert verdict.outcome in {Outcome.MET, Outcome.VOID}
        assert (verdict.outcome is Outcome.NOT_MEASURED) == (verdict.start is None)


@given(histories)
def test_what_was_judged_at_an_end_stands_after_a_reopening(told: list[Told]) -> None:
    (*_, (now, incident)) = lived([*told, Told("close", 1, 0, of_first_round=False)])
    reopened = _next_round(incident, RoundCause.REOPENED, (now - RECEIVED).total_seconds() + 10)
    arrived = a_moment(
        MomentName.ON_SCENE,
        (now - RECEIVED).total_seconds() + 20,
        round_number=reopened.round.number,
    )
    later = replace(reopened, moments=(*reopened.moments, arrived))
    before = by_name(judge(incident, now=now))
    after = by_name(judge(later, now=now + timedelta(seconds=30)))
    assert before == {name: after[name] for name in before}
