"""Hand-over at shift change: nothing changes hands unaccepted, nothing is left without an owner."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.alert import IncidentId
from incident.errors import HandoverEnded, HandoverUnaccepted, NotTheIncoming, UnknownThing
from incident.shift import (
    Handover,
    HandoverState,
    accept,
    finish,
    left,
    prepare,
    renew,
    withdraw,
)
from tests.builders import at

A, B, C = (IncidentId(UUID(int=number)) for number in (1, 2, 3))


def begun(*live: IncidentId) -> Handover:
    """Zhang hands over to Li."""
    return prepare(
        id_=UUID(int=9), center="west", outgoing="zhang", incoming="li", live=live, now=at(0)
    )


def take(handover: Handover, *incidents: IncidentId) -> Handover:
    """Li accepts these."""
    for incident in incidents:
        handover = accept(handover, incident, by="li", now=at(5))
    return handover


def test_nobody_hands_over_to_himself() -> None:
    with pytest.raises(NotTheIncoming):
        prepare(id_=UUID(int=9), center="w", outgoing="a", incoming="a", live=(), now=at(0))


def test_an_empty_list_is_finished_at_once() -> None:
    done = finish(begun(), by="li", now=at(1))
    assert (done.state, done.ended_at, done.ended_by) == (HandoverState.FINISHED, at(1), "li")
    assert finish(done, by="anybody", now=at(2)) == done


def test_each_is_accepted_by_name_and_once() -> None:
    one = take(begun(A, B), A)
    assert left(one) == (B,)
    assert (one.items[0].accepted_at, one.items[0].accepted_by) == (at(5), "li")
    assert accept(one, A, by="li", now=at(9)) == one


def test_only_the_incoming_accepts_and_finishes() -> None:
    with pytest.raises(NotTheIncoming):
        accept(begun(A), A, by="zhang", now=at(1))
    with pytest.raises(NotTheIncoming):
        finish(begun(), by="zhang", now=at(1))


def test_what_is_not_on_the_list_cannot_be_accepted() -> None:
    with pytest.raises(UnknownThing):
        accept(begun(A), B, by="li", now=at(1))


def test_it_is_not_finished_while_one_is_left() -> None:
    with pytest.raises(HandoverUnaccepted) as refused:
        finish(take(begun(A, B), A), by="li", now=at(6))
    assert refused.value.incidents == (B,)


def test_what_comes_is_put_on_the_list_and_what_ends_is_settled() -> None:
    later = renew(begun(A, B), live=(A, C), ended={B: at(3)})
    assert [(item.incident, item.late, item.ended_at) for item in later.items] == [
        (A, False, None),
        (B, False, at(3)),
        (C, True, None),
    ]
    assert left(later) == (A, C)
    assert renew(later, live=(A, B, C), ended={}).items[1].ended_at is None  # it was reopened
    with pytest.raises(HandoverUnaccepted):
        finish(take(later, A), by="li", now=at(6))
    assert finish(take(later, A, C), by="li", now=at(6)).state is HandoverState.FINISHED


def test_what_ended_is_settled_and_takes_no_acceptance() -> None:
    later = renew(begun(A), live=(), ended={A: at(3)})
    assert accept(later, A, by="li", now=at(4)) == later


@pytest.mark.parametrize(("by", "chief"), [("zhang", False), ("wang", True)])
def test_who_hands_over_or_a_chief_takes_it_back(*, by: str, chief: bool) -> None:
    taken = take(begun(A, B), A)
    back = withdraw(taken, by=by, chief=chief, now=at(7))
    assert (back.state, back.ended_by, back.items) == (HandoverState.WITHDRAWN, by, taken.items)
    assert withdraw(back, by="anybody", chief=False, now=at(8)) == back
    assert renew(back, live=(C,), ended={}) == back


def test_nobody_else_takes_it_back() -> None:
    with pytest.raises(NotTheIncoming):
        withdraw(begun(A), by="li", chief=False, now=at(7))


def test_what_ended_goes_on_no_more() -> None:
    done = finish(begun(), by="li", now=at(1))
    back = replace(done, state=HandoverState.WITHDRAWN)
    with pytest.raises(HandoverEnded):
        accept(done, A, by="li", now=at(2))
    with pytest.raises(HandoverEnded):
        withdraw(done, by="zhang", chief=True, now=at(2))
    with pytest.raises(HandoverEnded):
        finish(back, by="li", now=at(2))


IDS = st.lists(st.integers(1, 9).map(lambda n: IncidentId(UUID(int=n))), unique=True, max_size=6)


@given(IDS, st.lists(IDS, max_size=4), IDS)
def test_a_finished_hand_over_left_nothing_open_unaccepted(
    first: Sequence[IncidentId], later: Sequence[Sequence[IncidentId]], taken: Sequence[IncidentId]
) -> None:
    handover, live = begun(*first), first
    for now, live in enumerate([first, *later]):
        known = {item.incident for item in handover.items}
        gone = {one: at(now) for one in known - set(live)}
        handover = renew(handover, live=live, ended=gone)
        for incident in taken:
            if incident in {item.incident for item in handover.items}:
                handover = accept(handover, incident, by="li", now=at(now))
    unaccepted = {
        item.incident
        for item in handover.items
        if item.incident in live and item.accepted_at is None
    }
    assert set(left(handover)) == unaccepted
    if unaccepted:
        with pytest.raises(HandoverUnaccepted):
            finish(handover, by="li", now=at(99))
    else:
        assert finish(handover, by="li", now=at(99)).state is HandoverState.FINISHED
