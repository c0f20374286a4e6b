"""New facts: what an update may say, how revisions follow, and who noted it."""

import pytest

from incident import commands as c
from incident import events as e
from incident.alert import Circumstances, Severity
from incident.errors import AssignmentEnded, BadTarget, NotAssigned, UnknownThing
from tests.builders import CENTER, at
from tests.incident.world import GATE, HALL, A, B, started

ASSIGN_A = c.Assign(teams=(A,))


@pytest.mark.parametrize(
    ("asked", "stands"),
    [
        (Severity.RED, Severity.RED),
        (Severity.ORANGE, Severity.ORANGE),
        (Severity.YELLOW, Severity.YELLOW),
        (Severity.BLUE, Severity.YELLOW),
        (None, Severity.YELLOW),
    ],
)
def test_severity_may_rise_and_never_falls(asked: Severity | None, stands: Severity) -> None:
    world, id_ = started(c.Update(severity=asked, text="digest"))
    assert world[id_].severity is stands
    assert world[id_].alert.severity is Severity.YELLOW


@pytest.mark.parametrize(
    "nothing",
    [
        c.Update(),
        c.Update(severity=Severity.BLUE),
        c.Update(circumstances=Circumstances()),
        c.Update(fingerprint="0" * 64, text="digest"),  # what the alert was opened with
    ],
)
def test_an_update_that_says_nothing_new_is_no_event(nothing: c.Update) -> None:
    world, id_ = started()
    assert world.do(id_, nothing) == ()


def test_an_update_tells_new_facts_and_leaves_the_others() -> None:
    world, id_ = started()
    world.do(id_, c.Update(circumstances=Circumstances(people=3, weapons=True)))
    world.do(id_, c.Update(place=HALL))
    world.do(id_, c.Update(text="digest"))
    incident = world[id_]
    assert (incident.circumstances.people, incident.place) == (3, HALL)
    assert (incident.center, incident.alert.place.place) == (CENTER, None)
    assert [entry.number for entry in incident.updates] == [1, 2, 3]
    assert world.do(id_, c.Update(place=HALL)) == ()


def test_circumstances_are_told_one_by_one() -> None:
    known = Circumstances(people=3, weapons=True, injured=1, hazards=("gas",))
    world, id_ = started(c.Update(circumstances=known), c.Update(facts=c.NewFacts(people=5)))
    assert world[id_].circumstances == Circumstances(
        people=5, weapons=True, injured=1, hazards=("gas",)
    )
    world.do(id_, c.Update(facts=c.NewFacts(weapons=False, injured=0, hazards=())))
    assert world[id_].circumstances == Circumstances(people=5, injured=0)
    assert world.do(id_, c.Update(facts=c.NewFacts(people=5))) == ()


def test_an_update_names_a_place_that_is_known() -> None:
    world, id_ = started()
    with pytest.raises(UnknownThing):
        world.do(id_, c.Update(place="moon"))
    world.do(id_, c.Update(place=GATE))
    assert world[id_].place == GATE


def test_an_update_by_the_sender_is_applied_once_and_moves_the_revision() -> None:
    world, id_ = started()
    update = c.Update(revision=3, fingerprint="3" * 64)
    assert len(world.do(id_, update)) == 1
    assert world.do(id_, update) == ()
    assert world[id_].revision == 3


@pytest.mark.parametrize("revision", [1, 2, 3])
def test_content_of_a_revision_that_is_not_newer_is_kept_and_undoes_nothing(revision: int) -> None:
    world, id_ = started(
        c.Update(revision=3, fingerprint="3" * 64, circumstances=Circumstances(people=9))
    )
    world.now = 44
    overtaken = c.Update(
        revision=revision, fingerprint="9" * 64, circumstances=Circumstances(people=1)
    )
    assert world.do(id_, overtaken, told_at=40) == (
        e.ConflictRecorded(fingerprint="9" * 64, revision=revision, received_at=at(40)),
    )
    assert world.do(id_, overtaken) == ()
    assert (world[id_].circumstances.people, world[id_].revision, world[id_].conflicts) == (9, 3, 1)


def test_a_revision_that_is_not_newer_and_has_no_fingerprint_is_refused() -> None:
    world, id_ = started()
    with pytest.raises(BadTarget) as refused:
        world.do(id_, c.Update(revision=1, text="digest"))
    assert refused.value.allowed == ("2",)


def test_a_team_that_is_on_it_notes_an_update_once() -> None:
    world, id_ = started(ASSIGN_A, c.Update(text="one"), c.Update(text="two"))
    assert world.do(id_, c.Noted(number=2, team=A)) == (e.UpdateNoted(number=2, team=A),)
    assert world.do(id_, c.Noted(number=2, team=A)) == ()
    assert [entry.noted_by for entry in world[id_].updates] == [(), (A,)]


@pytest.mark.parametrize("number", [0, -1, 3])
def test_an_update_that_does_not_exist_cannot_be_noted(number: int) -> None:
    world, id_ = started(ASSIGN_A, c.Update(text="one"), c.Update(text="two"))
    with pytest.raises(UnknownThing) as refused:
        world.do(id_, c.Noted(number=number, team=A))
    assert refused.value.allowed == ("1", "2")


def test_only_a_team_that_is_on_it_notes_an_update() -> None:
    world, id_ = started(ASSIGN_A, c.Update(text="one"), c.Release(team=A))
    with pytest.raises(AssignmentEnded):
        world.do(id_, c.Noted(number=1, team=A))
    with pytest.raises(NotAssigned):
        world.do(id_, c.Noted(number=1, team=B))
