"""What holds for the ladder of any incident, whoever acts and whenever somebody looks."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from incident.alert import Severity
from incident.ladder import is_over, plan, rung_of, team_of
from incident.lifecycle import Incident, Round, RoundCause, State
from tests.builders import CENTER, a_moment, an_alert, an_incident, at

times = st.floats(min_value=0, max_value=300).map(lambda value: round(value, 6))
acts = st.sampled_from(["pushed", "acknowledged", "assigned", "accepted", "en_route", "on_scene"])


@st.composite
def incidents(draw: st.DrawFn) -> Incident:
    """A live incident in its first or second round, with whatever was stamped in it."""
    severity = draw(st.sampled_from(Severity))
    rounds = [Round(number=1, cause=RoundCause.OPENED, organisation=CENTER, started_at=at(0))]
    if draw(st.booleans()):
        began = at(draw(times))
        cause = draw(st.sampled_from([cause for cause in RoundCause if cause != "opened"]))
        rounds[0] = replace(rounds[0], ended_at=began)
        rounds.append(Round(number=2, cause=cause, organisation=CENTER, started_at=began))
    stamped = draw(st.lists(st.tuples(acts, times, st.integers(1, len(rounds))), max_size=6))
    return an_incident(
        also=[a_moment(name, when, round_number=number) for name, when, number in stamped],
        rounds=rounds,
        alert=an_alert(severity=severity, late=draw(st.booleans())),
        console=draw(st.booleans()),
    )


def with_step(incident: Incident, key: str) -> Incident:
    return replace(incident, steps=(*incident.steps, key))


@given(incidents(), times)
def test_a_step_taken_is_gone_and_the_others_stay(incident: Incident, now: float) -> None:
    before = plan(incident, now=at(now))
    for step in before.due:
        after = plan(with_step(incident, step.key), now=at(now))
        assert [entry.key for entry in after.due] == [
            entry.key for entry in before.due if entry.key != step.key
        ]
        assert after.wake_at == before.wake_at


@given(incidents(), times)
def test_asking_twice_gives_the_same_plan(incident: Incident, now: float) -> None:
    assert plan(incident, now=at(now)) == plan(incident, now=at(now))


@given(incidents(), times)
def test_the_wake_up_is_later_than_now_and_brings_the_next_step(
    incident: Incident, now: float
) -> None:
    found = plan(incident, now=at(now))
    assert all(step.due_at <= at(now) for step in found.due)
    if found.wake_at is not None:
        assert found.wake_at > at(now)
        just_before = plan(incident, now=found.wake_at - timedelta(microseconds=1))
        assert just_before.due == found.due
        assert len(plan(incident, now=found.wake_at).due) > len(found.due)


@given(incidents())
def test_following_the_wake_ups_takes_every_step_once_and_comes_to_an_end(
    incident: Incident,
) -> None:
    taken: list[str] = []
    now: datetime | None = at(0)
    while now is not None:
        found = plan(incident, now=now)
        for step in found.due:
            assert step.key not in taken
            taken.append(step.key)
            incident = with_step(incident, step.key)
        now = found.wake_at
    assert taken == [step.key for step in plan(replace(incident, steps=()), now=at(10_000)).due]


@given(incidents(), times)
def test_a_step_that_is_due_is_not_over_and_its_key_names_its_rung_and_team(
    incident: Incident, now: float
) -> None:
    for step in plan(incident, now=at(now)).due:
        assert not is_over(incident, step.key)
        assert rung_of(incident, step.key) == step.rung
        assert team_of(step.key) == step.team


@given(incidents())
def test_nothing_is_due_once_it_was_closed_and_everything_is_over(incident: Incident) -> None:
    said = plan(incident, now=at(100_000)).due
    closed = replace(incident, state=State.CLOSED)
    assert plan(closed, now=at(100_000)).due == ()
    assert all(is_over(closed, step.key) for step in said)


@given(incidents(), st.sampled_from(Severity))
def test_raising_the_severity_never_puts_a_step_off(incident: Incident, severity: Severity) -> None:
    assume(severity.rank < incident.severity.rank)
    raised = plan(replace(incident, severity=severity), now=at(100_000)).due
    due_at = {step.key: step.due_at for step in raised}
    for step in plan(incident, now=at(100_000)).due:
        assert due_at[step.key] <= step.due_at
