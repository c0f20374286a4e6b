"""The clock of a supervision: it runs beside the legs, from its beginning to its end."""

import pytest

from incident import commands as c
from incident.alert import IncidentId
from incident.following import Owner
from incident.timing import SUPERVISION, DeadlineKind, Outcome, Verdict, deadlines, judge
from tests.builders import PROFILE_115, at
from tests.incident.world import OTHER_CENTER, SUPERVISOR, World

OWNER = Owner(organisation=OTHER_CENTER, post="chief")
END = c.EndSupervision(number=1, text="digest")


def supervised() -> tuple[World, IncidentId]:
    """A closed incident that is under supervision from 1 s to 1001 s."""
    world = World()
    id_ = world.open(profile=PROFILE_115)
    world.do(id_, c.Close(disposition="by_telephone"))
    command = c.Supervise(owner=OWNER, deadline=at(1001), text="digest")
    world.do(id_, command, actor=SUPERVISOR)
    return world, id_


def verdict(world: World, id_: IncidentId, now: float) -> Verdict:
    """What its clock says at a moment."""
    (found,) = [entry for entry in judge(world[id_], now=at(now)) if entry.leg == SUPERVISION]
    return found


def test_it_is_pending_until_its_deadline_whatever_became_of_the_incident() -> None:
    world, id_ = supervised()
    found = verdict(world, id_, 1001)
    assert found.outcome is Outcome.PENDING
    assert (found.round, found.organisation, found.target_seconds) == (1, OTHER_CENTER, 1000)
    assert (found.start, found.due, found.end) == (at(1), at(1001), None)
    assert verdict(world, id_, 1001.001).outcome is Outcome.BREACHED


def test_its_owner_is_reminded_before_it_is_due() -> None:
    world, id_ = supervised()
    told = [
        (entry.key, entry.kind)
        for entry in deadlines(world[id_], now=at(2))
        if entry.leg == SUPERVISION
    ]
    assert told == [
        ("1/supervision/50", DeadlineKind.AT_RISK),
        ("1/supervision/75", DeadlineKind.AT_RISK),
        ("1/supervision/90", DeadlineKind.AT_RISK),
        ("1/supervision/due", DeadlineKind.DUE),
    ]


@pytest.mark.parametrize(
    ("now", "outcome"), [(1001, Outcome.MET), (1002, Outcome.BREACHED)], ids=["in time", "late"]
)
def test_its_end_is_in_time_up_to_the_deadline(now: float, outcome: Outcome) -> None:
    world, id_ = supervised()
    world.now = now
    world.do(id_, END, actor=SUPERVISOR)
    found = verdict(world, id_, 5000)
    assert (found.outcome, found.amended, found.seconds) == (outcome, False, now - 1)
    assert found.by == "person"


def test_an_end_in_time_that_is_told_late_amends_the_breach() -> None:
    world, id_ = supervised()
    world.now = 2000
    world.do(id_, END, actor=SUPERVISOR, told_at=900)
    found = verdict(world, id_, 2000)
    assert (found.outcome, found.amended) == (Outcome.MET, True)


def test_each_has_its_own_clock() -> None:
    world, id_ = supervised()
    further = c.Supervise(owner=OWNER, deadline=at(5000), text="digest")
    world.do(id_, further, actor=SUPERVISOR)
    world.do(id_, END, actor=SUPERVISOR)
    found = [
        (entry.round, entry.outcome)
        for entry in judge(world[id_], now=at(2000))
        if entry.leg == SUPERVISION
    ]
    assert found == [(1, Outcome.MET), (2, Outcome.PENDING)]
