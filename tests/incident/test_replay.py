"""The fold: what a history must be, and what time an event is judged by."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from incident import commands as c
from incident import events as e
from incident.alert import IncidentId, OrganisationId, Reference, Severity, alert_id
from incident.events import EndReason, Event
from incident.lifecycle import TRANSITIONS, State
from incident.moments import CLOCK_TOLERANCE, is_plausible
from incident.replay import BrokenHistoryError, judged_at, replay
from tests.builders import an_alert, at
from tests.incident.world import GUARDS, A, World, started

FOREIGN = IncidentId(UUID(int=99))


def a_history() -> list[Event]:
    world, id_ = started(
        c.Acknowledge(), c.Assign(teams=(A,)), c.Arrive(team=A), c.Update(text="digest")
    )
    return list(world.log[id_])


def test_a_whole_history_gives_the_incident_that_was_kept() -> None:
    world, id_ = started(c.Acknowledge(), c.Assign(teams=(A,)), c.Close(disposition="false_alarm"))
    assert replay(world.log[id_]) == world[id_]


def test_no_events_are_no_history() -> None:
    with pytest.raises(BrokenHistoryError, match="no events"):
        replay([])


def changed(index: int, **fields: object) -> list[Event]:
    events = a_history()
    events[index] = replace(events[index], **fields)  # type: ignore[arg-type] # any field, in a test
    return events


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        (a_history()[1:], "version 2 does not follow"),
        (a_history()[:2] + a_history()[3:], "version 4 does not follow"),
        (a_history()[:2] + a_history()[1:], "version 2 does not follow"),
        (changed(3, incident=FOREIGN), "version 4 does not follow"),
        (changed(0, incident=FOREIGN), "opened with alert"),
        (changed(0, version=2), "opened again at version 2"),
        (a_history()[:1] * 2, "opened again at version 1"),
        (
            changed(2, body=e.IncidentReturned(reason="early")),
            "incident.returned.v1 at version 3 cannot happen while pushed",
        ),
        (changed(4, body=e.TeamArrived(assignment=2, team=A)), "no assignment 2"),
        (changed(4, body=e.TeamDeclined(assignment=0, team=A)), "no assignment 0"),
        (
            changed(
                4, body=e.TeamReleased(assignment=9, team=A, reason=EndReason.RELEASED, late=True)
            ),
            "no assignment 9",
        ),
        (
            changed(3, body=e.TeamAssigned(assignment=2, team=A, team_organisation=GUARDS)),
            "assignment 2 does not follow",
        ),
        (changed(5, body=e.UpdateNoted(number=1, team=A)), "no update 1"),
        (changed(5, body=e.UpdateNoted(number=0, team=A)), "no update 0"),
    ],
)
def test_a_broken_history_is_refused_and_says_where(events: Sequence[Event], fault: str) -> None:
    with pytest.raises(BrokenHistoryError, match=fault):
        replay(events)


def test_every_event_but_the_opening_stands_in_the_table() -> None:
    standing = {body for row in TRANSITIONS.values() for body in row}
    assert standing == set(e.BODIES.values()) - {e.IncidentOpened}


def test_the_types_on_the_wire_are_the_names_of_the_classes() -> None:
    assert e.BODIES["incident.team_assigned.v1"] is e.TeamAssigned
    assert e.BODIES["incident.opened.v1"] is e.IncidentOpened
    assert e.BODIES["incident.police_requested.v1"] is e.PoliceRequested
    assert e.type_name(e.IncidentPushed()) == "incident.pushed.v1"
    assert len(e.BODIES) == len(e.Body.__args__)


def test_a_withdrawal_that_came_too_late_is_shown_and_moves_nothing() -> None:
    world, id_ = started(c.Acknowledge(), c.Close(disposition="handled_on_site"))
    world.keep(id_, (e.CancellationRefused(reason="mistake"),), world.context())
    assert world[id_].cancellation_refused
    assert world[id_].state is State.CLOSED


@pytest.mark.parametrize(
    ("told_at", "believed"),
    [
        (None, True),
        (-20, True),  # when the station took the call
        (-20.000001, False),
        (105, True),
        (105.000001, False),
    ],
)
def test_a_told_time_is_believed_between_the_call_and_five_seconds_from_now(
    told_at: float | None, believed: bool
) -> None:
    world, id_ = started()
    world.now = 100
    world.do(id_, c.Receipt(), told_at=told_at)
    event = world.log[id_][-1]
    assert event.disbelieved is not believed
    told = at(100 if told_at is None else told_at)
    assert event.occurred_at == told
    assert judged_at(event) == world[id_].moments[-1].judged_at == (told if believed else at(100))


@pytest.mark.parametrize(("reported", "floor"), [(-20, -20), (30, 0), (None, 0)])
def test_nothing_precedes_the_earlier_of_reported_and_received(
    reported: float | None, floor: float
) -> None:
    world = World()
    id_ = world.open(an_alert(reported=reported))
    world.now = 100
    world.do(id_, c.Note(text="digest"), told_at=floor)
    world.do(id_, c.Note(text="digest"), told_at=floor - 0.000001)
    assert [event.disbelieved for event in world.log[id_][1:]] == [False, True]


@pytest.mark.parametrize("act", [c.Accept, c.Depart, c.Arrive, c.Release, c.Decline, c.CheckIn])
def test_a_teams_act_does_not_precede_its_assignment(
    act: type[c.Accept | c.Depart | c.Arrive | c.Release | c.Decline | c.CheckIn],
) -> None:
    for told_at, believed in ((40, True), (39.999999, False)):
        world, id_ = started()
        world.now = 40
        world.do(id_, c.Assign(teams=(A,)))
        world.now = 50
        world.do(id_, act(team=A), told_at=told_at)
        assert world.log[id_][-1].disbelieved is not believed


def test_the_recording_clock_is_never_doubted() -> None:
    world = World()
    world.now = -1  # the dispatcher's clock is behind that of intake
    id_ = world.open(an_alert(reported=None))
    world.do(id_, c.Receipt())
    assert not world.log[id_][-1].disbelieved


def test_a_time_is_plausible_up_to_the_tolerance_and_down_to_the_floor() -> None:
    step = timedelta(microseconds=1)
    now = at(0)
    assert is_plausible(now + CLOCK_TOLERANCE, floor=None, recorded_at=now)
    assert not is_plausible(now + CLOCK_TOLERANCE + step, floor=None, recorded_at=now)
    assert is_plausible(now, floor=now, recorded_at=now)
    assert not is_plausible(now - step, floor=now, recorded_at=now)


def test_the_same_reference_is_the_same_alert_and_no_other() -> None:
    station, other = OrganisationId("s1"), OrganisationId("s2")
    name = Reference(number="1", order="23")
    assert alert_id(station, name) == alert_id(station, Reference(number="1", order="23"))
    assert alert_id(station, name) != alert_id(station, Reference(number="12", order="3"))
    assert alert_id(station, name) != alert_id(other, name)
    # Kept for ever: another value would open every retried alert a second time.
    assert alert_id(station, name) == UUID("fad3e131-b403-576f-80cb-0aaa687f3a7e")


def test_severities_rank_from_red_to_blue() -> None:
    assert sorted(Severity, key=lambda entry: entry.rank) == ["red", "orange", "yellow", "blue"]
