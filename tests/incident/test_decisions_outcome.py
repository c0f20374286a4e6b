"""What came of it: the outcome reported, checked, completed and closed with."""

from dataclasses import replace

import pytest

from incident import commands as c
from incident import events as e
from incident.decisions.decide import decide
from incident.errors import BadDisposition, NotAssigned
from incident.events import EndReason
from incident.lifecycle import State
from incident.moments import MomentName
from tests.builders import at
from tests.incident.world import KIND, A, B, started

ASSIGN_A = c.Assign(teams=(A,))


def test_an_outcome_is_reported_by_a_team_that_was_on_it() -> None:
    world, id_ = started(c.Acknowledge(), ASSIGN_A, c.Release(team=A))
    with pytest.raises(NotAssigned) as refused:
        world.do(id_, c.Resolve(team=B))
    assert refused.value.allowed == (A,)
    world.do(id_, c.Resolve(team=A, disposition="false_alarm", text="digest"))
    assert world[id_].state is State.RESOLVED
    (resolved,) = (entry for entry in world[id_].moments if entry.name is MomentName.RESOLVED)
    assert resolved.team == A


def test_an_outcome_may_be_reported_by_telephone_with_no_team_at_all() -> None:
    world, id_ = started(c.Acknowledge(), c.Resolve(disposition="by_telephone"))
    assert world[id_].state is State.RESOLVED


def test_an_outcome_said_to_precede_the_teams_assignment_is_not_believed() -> None:
    world, id_ = started(c.Acknowledge())
    world.now = 10
    world.do(id_, ASSIGN_A)
    world.now = 60
    world.do(id_, c.Resolve(team=A), told_at=9)
    assert world.log[id_][-1].disbelieved
    assert world[id_].moments[-1].judged_at == at(60)


def test_a_disposition_is_one_of_the_kinds() -> None:
    world, id_ = started(c.Acknowledge())
    codes = tuple(entry.code for entry in KIND.dispositions)
    for command in (c.Resolve(disposition="magic"), c.Close(disposition="magic")):
        with pytest.raises(BadDisposition) as refused:
            world.do(id_, command)
        assert refused.value.allowed == codes


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("weather", "rain", ("agency", "cause", "department", "injured", "settled")),
        ("floor", 3, ("agency", "cause", "department", "injured", "settled")),  # at opening only
        ("injured", -1, ("integer",)),
        ("injured", 21, ("integer",)),
        ("injured", True, ("integer",)),
        ("injured", "two", ("integer",)),
        ("settled", 1, ("boolean",)),
        ("cause", "weather", ("noise", "debt")),
        ("department", 7, ("text",)),
        ("department", "x" * 61, ("text",)),
        ("agency", "x" * 201, ("text",)),
    ],
)
def test_a_result_fits_the_fields_of_the_kind(
    name: str, value: str | int, allowed: tuple[str, ...]
) -> None:
    world, id_ = started(c.Acknowledge())
    for command in (
        c.Resolve(result=((name, value),)),
        c.Close(disposition="handled_on_site", result=((name, value),)),
    ):
        with pytest.raises(BadDisposition) as refused:
            world.do(id_, command)
        assert refused.value.allowed == allowed


def test_a_result_that_fits_is_kept_and_completed_at_closing() -> None:
    told: c.Result = (("injured", 20), ("settled", False), ("cause", "debt"), ("agency", "x" * 200))
    world, id_ = started(c.Acknowledge(), c.Resolve(result=told))
    assert world[id_].result == told
    world.do(
        id_,
        c.Close(
            disposition="handled_on_site", result=(("injured", 0),), original="Handled", text="d"
        ),
    )
    assert dict(world[id_].result) == {**dict(told), "injured": 0}
    assert world.log[id_][-1].body == e.IncidentClosed(
        disposition="handled_on_site",
        result=world[id_].result,
        original="Handled",
        text="d",
        follow_up_by=world[id_].follow_up_due,
    )


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ((), ("injured", "settled", "agency")),
        ((("injured", 0), ("agency", "")), ("settled", "agency")),
        ((("injured", 0), ("settled", False)), ("agency",)),
    ],
)
def test_a_closing_says_which_required_fields_are_missing(
    given: c.Result, missing: tuple[str, ...]
) -> None:
    world, id_ = started(c.Acknowledge())
    facts = world.facts(id_)
    asks = replace(KIND.dispositions[0], required=("injured", "settled", "agency"))
    facts = replace(facts, dispositions={asks.code: asks})
    with pytest.raises(BadDisposition) as refused:
        decide(
            world[id_],
            c.Close(disposition=asks.code, result=given),
            context=world.context(),
            facts=facts,
        )
    assert refused.value.allowed == missing


def test_a_field_reported_with_the_outcome_need_not_be_given_again_at_closing() -> None:
    world, id_ = started(c.Acknowledge(), c.Resolve(result=(("department", "fire"),)))
    world.do(id_, c.Close(disposition="handed_to_department"))
    assert world[id_].state is State.CLOSED


def test_a_disposition_frozen_at_opening_still_closes_after_the_kind_dropped_it() -> None:
    world, id_ = started(c.Acknowledge())
    facts = replace(world.facts(id_), dispositions={})
    decided = decide(
        world[id_],
        c.Close(disposition="handed_to_department"),
        context=world.context(),
        facts=facts,
    )
    assert len(decided.bodies) == 1


def test_closing_releases_the_teams_that_are_left_and_stamps_the_end() -> None:
    world, id_ = started(c.Acknowledge(), c.Assign(teams=(A, B)), c.Release(team=B))
    world.now = 60
    world.do(id_, c.Close(disposition="handled_on_site"))
    incident = world[id_]
    assert [entry.end_reason for entry in incident.assignments] == [
        EndReason.CLOSED, EndReason.RELEASED,
    ]  # fmt: skip
    assert incident.ended_at == incident.round.ended_at == at(60)
    assert (incident.state, incident.disposition) == (State.CLOSED, "handled_on_site")
    assert [(entry.name, entry.judged_at) for entry in incident.moments[-2:]] == [
        (MomentName.CLOSED, at(60)), (MomentName.ENDED, at(60)),
    ]  # fmt: skip
