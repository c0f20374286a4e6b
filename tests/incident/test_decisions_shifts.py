"""Shelving, and who of the center has it."""

from uuid import UUID

import pytest

from incident import commands as c
from incident.alert import IncidentId, OrganisationId, Severity
from incident.errors import BadTarget, NotAllowed
from incident.moments import Via
from tests.builders import an_actor, an_alert, at
from tests.incident.world import OTHER_CENTER, World


def shelve(minutes: int = 10, reason: str = "duplicate") -> c.Shelve:
    """Set it aside."""
    return c.Shelve(reason=reason, minutes=minutes)


def opened(severity: Severity = Severity.ORANGE) -> tuple[World, IncidentId]:
    """An incident of a world."""
    world = World()
    return world, world.open(an_alert(severity=severity))


def test_it_is_set_aside_for_so_many_minutes_from_now() -> None:
    world, id_ = opened()
    world.now = 60
    world.do(id_, shelve(30))
    assert (world[id_].shelved_until, world[id_].shelved_reason) == (at(60 + 1800), "duplicate")
    world.now = 120
    world.do(id_, shelve(1, "test-source"))
    assert (world[id_].shelved_until, world[id_].shelved_reason) == (at(180), "test-source")
    assert world[id_].state == "open"


def test_a_red_one_never_is() -> None:
    world, id_ = opened(Severity.RED)
    with pytest.raises(NotAllowed, match="red"):
        world.do(id_, shelve())


@pytest.mark.parametrize("command", [shelve(0), shelve(31), shelve(reason="tired")])
def test_only_duplicates_and_test_sources_and_half_an_hour_at_most(command: c.Shelve) -> None:
    world, id_ = opened()
    with pytest.raises(BadTarget):
        world.do(id_, command)


def test_it_is_back_when_it_turns_red_and_stays_aside_otherwise() -> None:
    world, id_ = opened()
    world.do(id_, shelve(), c.Update(severity=Severity.YELLOW))
    assert world[id_].shelved_until is not None
    world.do(id_, c.Update(severity=Severity.RED))
    assert (world[id_].shelved_until, world[id_].shelved_reason) == (None, None)


def test_who_takes_it_has_it_until_the_incoming_operator_accepts_it() -> None:
    world, id_ = opened()
    assert world[id_].operator is None
    world.do(id_, c.Acknowledge(), actor=an_actor())
    first = world[id_].operator
    assert first == (an_actor().person or an_actor().id)
    take = c.TakeOver(handover=UUID(int=1), operator="li")
    world.do(id_, take, via=Via.CONSOLE)
    assert world[id_].operator == "li"
    taken = world.log[id_][-1].body
    assert (taken.handover, taken.operator, taken.previous) == (UUID(int=1), "li", first)  # type: ignore[union-attr]  # it is that one


def test_another_center_begins_with_nobody_and_nothing_set_aside() -> None:
    world, id_ = opened()
    world.do(id_, c.Acknowledge(), shelve())
    world.do(id_, c.Transfer(center=OrganisationId(OTHER_CENTER), reason="theirs"))
    assert (world[id_].operator, world[id_].shelved_until) == (None, None)


def test_so_does_an_incident_that_goes_on() -> None:
    world, id_ = opened()
    world.do(id_, c.Acknowledge(), shelve(), c.Cancel(reason="mistake"))
    world.do(id_, c.Reopen(reason="again"))
    assert (world[id_].operator, world[id_].shelved_until) == (None, None)
