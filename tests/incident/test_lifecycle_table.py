"""Every state and every command: what is recorded, what says nothing new, what is refused and how.

Each state is reached by ordinary commands; team A is on the incident from `assigned` on.
"""

import pytest

from incident import commands as c
from incident.alert import IncidentId, Severity
from incident.decisions.decide import DECISIONS, allowed_verbs
from incident.errors import (
    AlreadyDone,
    AssignmentEnded,
    BadTarget,
    NotAllowed,
    NotAssigned,
    Refusal,
    UnknownThing,
)
from incident.following import Owner
from incident.lifecycle import ENDED, State
from tests.builders import CENTER, STATION, at
from tests.incident.world import OFFICER, OTHER_CENTER, A, B, World

# y recorded   . says nothing new   n not in this state   N not any more, for this team
# d already done   a not assigned   e the assignment ended   t bad target   u unknown
#
#                 open     assigned     on_scene
#                 | pushed | accepted   | resolved
#                 | | acknowl. en_route | |   closed cancelled refused handed_over
TABLE = """
receipt           y . . . . . . n   n n n n
acknowledge       y y d d d d d n   n n n n
assign            y y y y y y y n   n n n n
accept            a a a y . . . .   . e e .
decline           a a a y y N N N   n n n n
depart            a a a y y . . .   . e e .
arrive            a a a y y y . .   . y y .
check-in          a a a y y y y y   n n n n
release           a a a y y y y y   y y y y
resolve           y y y y y y y n   n n n n
return            n n n n n n n y   n n n n
close             y y y y y y y y   n n n n
reopen            n n n n n n n n   y y y n
cancel            y y y y y y y n   n n n n
refuse            y y y y y n n n   n n n n
request-police    y y y y y y y y   n n n n
police-arrive     y y y y y y y y   y y y y
hand-over         y y y y y y y y   n n n n
accept-hand-over  t t t t t t t t   n n n n
update            y y y y y y y y   n n n n
note              y y y y y y y y   y y y y
noted             u u u u u u u u   n y n n
urge              y y y y y y y y   n n n n
request-help      y y y y y y y y   n n n n
transfer          y y y y y n n n   n n n n
merge             y y y t t t t n   n n n n
split             n n n n n n n n   t n n n
supervise         y y y y y y y y   y y y y
end-supervision   u u u u u u u u   u u u u
ask               y y y y y y y y   y y y y
answer            u u u u u u u u   u u u u
confirm-outcome   n n n n n n n y   y n n n
follow-up-call    n n n n n n n n   y n n n
shelve            y y y y y y y y   n n n n
"""
ROWS = {verb: cells for verb, *cells in (line.split() for line in TABLE.strip().splitlines())}
CELLS = [
    pytest.param(state, verb, cell, id=f"{verb}-while-{state}")
    for verb, cells in ROWS.items()
    for state, cell in zip(State, cells, strict=True)
]
REFUSALS: dict[str, type[Refusal]] = {
    "n": NotAllowed, "N": NotAllowed, "d": AlreadyDone, "a": NotAssigned, "e": AssignmentEnded,
    "t": BadTarget, "u": UnknownThing,
}  # fmt: skip

TO_THE_END: tuple[c.Command, ...] = (
    c.Receipt(),
    c.Acknowledge(),
    c.Assign(teams=(A,)),
    c.Accept(team=A),
    c.Depart(team=A),
    c.Arrive(team=A),
    c.Resolve(team=A),
    c.Close(disposition="handled_on_site"),
)
OTHERWISE_ENDED: dict[State, tuple[c.Command, ...]] = {
    State.CANCELLED: (*TO_THE_END[:3], c.Cancel(reason="mistake")),
    State.REFUSED: (*TO_THE_END[:3], c.Refuse(reason="elsewhere")),
    State.HANDED_OVER: (
        *TO_THE_END[:6], c.HandOver(to=STATION, reason="crime"), c.AcceptHandover(officer="110"),
    ),
}  # fmt: skip


def reach(state: State) -> tuple[World, IncidentId, IncidentId]:
    """An incident in a state, and another one, open."""
    world = World()
    id_, other = world.open(), world.open()
    for command in OTHERWISE_ENDED.get(state, TO_THE_END[: tuple(State).index(state)]):
        world.now += 10
        officer = isinstance(command, c.AcceptHandover)
        world.do(id_, command, actor=OFFICER if officer else None)
    world.now += 10
    assert world[id_].state is state
    return world, id_, other


def supervise() -> c.Supervise:
    """A supervision that ends an hour after all that is asked here."""
    owner = Owner(organisation=CENTER, post="chief")
    return c.Supervise(owner=owner, deadline=at(3600), text="digest")


def ask(verb: str, other: IncidentId) -> c.Command:
    """The command of a verb; team A acts, B is sent, `other` is merged into."""
    asked: tuple[c.Command, ...] = (
        c.Receipt(), c.Acknowledge(), c.Assign(teams=(B,)), c.Accept(team=A), c.Decline(team=A),
        c.Depart(team=A), c.Arrive(team=A), c.CheckIn(team=A), c.Release(team=A), c.Resolve(),
        c.Return(reason="incomplete"), c.Close(disposition="handled_on_site"),
        c.Reopen(reason="again"), c.Cancel(reason="mistake"), c.Refuse(reason="elsewhere"),
        c.RequestPolice(reason="knife"), c.PoliceArrive(), c.HandOver(to=STATION, reason="crime"),
        c.AcceptHandover(officer="110"), c.Update(severity=Severity.RED), c.Note(text="digest"),
        c.Noted(number=1, team=A), c.Urge(), c.RequestHelp(),
        c.Transfer(center=OTHER_CENTER, reason="theirs"), c.Merge(into=other),
        c.Split(reason="another matter"), supervise(), c.EndSupervision(number=1, text="digest"),
        c.Ask(text="digest"), c.Answer(number=1, text="digest"), c.ConfirmOutcome(),
        c.FollowUp(reached=True, satisfied=True), c.Shelve(reason="duplicate", minutes=10),
    )  # fmt: skip
    return next(command for command in asked if type(command) is c.VERBS[verb])


def test_the_table_has_every_verb_and_every_state() -> None:
    assert list(ROWS) == list(c.VERBS)
    assert set(c.VERBS.values()) | {c.RecordConflict, c.TakeOver} == set(DECISIONS)


@pytest.mark.parametrize(("state", "verb", "cell"), CELLS)
def test_each_state_answers_each_command_as_the_table_says(
    state: State, verb: str, cell: str
) -> None:
    world, id_, other = reach(state)
    before = world[id_]
    if cell not in REFUSALS:
        happened = world.do(id_, ask(verb, other))
        assert bool(happened) is (cell == "y")
        return
    with pytest.raises(Refusal) as refused:
        world.do(id_, ask(verb, other))
    assert type(refused.value) is REFUSALS[cell]
    assert refused.value.detail
    assert world[id_] == before
    if cell == "n":
        taken = tuple(row for row in ROWS if ROWS[row][tuple(State).index(state)] != "n")
        assert refused.value.allowed == taken == allowed_verbs(state)


@pytest.mark.parametrize("state", State)
def test_what_came_under_the_same_reference_is_kept_in_every_state(state: State) -> None:
    world, id_, _ = reach(state)
    conflict = c.RecordConflict(fingerprint="f" * 64, revision=1, received_at=at(90))
    assert len(world.do(id_, conflict)) == 1
    assert world.do(id_, conflict) == ()
    assert world[id_].conflicts == 1
    assert world[id_].state is state


@pytest.mark.parametrize("state", sorted(ENDED))
def test_no_command_but_a_reopening_moves_an_ended_incident(state: State) -> None:
    for verb in c.VERBS:
        world, id_, other = reach(state)
        if ROWS[verb][tuple(State).index(state)] == "y":
            world.do(id_, ask(verb, other))
            expected = State.PUSHED if verb == "reopen" else state
            assert world[id_].state is expected
