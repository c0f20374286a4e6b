"""Events as canonical text and back."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.alert import IncidentId, OrganisationId, TeamId
from incident.chain import canonical
from incident.events import BODIES, Body, Event, IncidentPushed, TeamAssigned
from incident.moments import Actor, ActorKind, Proof, Via
from services.runtime.codec import DecodeError, EncodeError
from services.runtime.eventlog import UnknownTypeError, from_text, to_text
from tests.values import values

EVENT = Event(
    incident=IncidentId(UUID(int=5)),
    version=4,
    occurred_at=datetime(2026, 3, 2, 4, 0, 1, 120, tzinfo=UTC),
    recorded_at=datetime(2026, 3, 2, 4, 0, 2, tzinfo=UTC),
    disbelieved=False,
    actor=Actor(
        kind=ActorKind.PERSON, id="key-1", role="operator", organisation=OrganisationId("heling")
    ),
    via=Via.CONSOLE,
    body=TeamAssigned(
        assignment=1,
        team=TeamId("east-a"),
        team_organisation=OrganisationId("heling"),
        reasons=("same_building", "own_center"),
    ),
)


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_event_reads_back_as_it_was_written(body: type[Body], data: st.DataObject) -> None:
    event = replace(EVENT, body=data.draw(values(body)))
    text = to_text(event)
    assert from_text(text) == event
    assert canonical(json.loads(text, parse_int=float_beyond)) == text


def float_beyond(digits: str) -> int | float:
    """Whole numbers that no double tells apart, read as the double they are."""
    return int(digits) if abs(int(digits)) <= 2**53 else float(digits)


@settings(max_examples=50, deadline=None)
@given(
    occurred_at=values(datetime),
    actor=values(Actor),
    via=values(Via),
    proof=st.none() | values(Proof),
)
def test_who_and_when_and_how_read_back_as_they_were_written(
    occurred_at: datetime, actor: Actor, via: Via, proof: Proof | None
) -> None:
    event = replace(EVENT, occurred_at=occurred_at, actor=actor, via=via, proof=proof)
    assert from_text(to_text(event)) == event


def test_the_text_is_what_the_chain_was_made_of_and_stays_so() -> None:
    assert to_text(EVENT) == (
        '{"actor":{"id":"key-1","kind":"person","organisation":"heling","person":null,'
        '"role":"operator"},"body":{"assignment":1,"diverted_from":null,"mark":null,'
        '"reasons":["same_building","own_center"],"step":null,"team":"east-a",'
        '"team_organisation":"heling"},"disbelieved":false,'
        '"incident":"00000000-0000-0000-0000-000000000005",'
        '"occurred_at":"2026-03-02T04:00:01.000120Z","proof":null,'
        '"recorded_at":"2026-03-02T04:00:02Z","type":"incident.team_assigned.v1",'
        '"version":4,"via":"console"}'
    )


def test_a_type_that_is_not_known_is_named() -> None:
    text = to_text(EVENT).replace("team_assigned.v1", "team_assigned.v2")
    with pytest.raises(UnknownTypeError, match=r"incident\.team_assigned\.v2") as unknown:
        from_text(text)
    assert unknown.value.type == "incident.team_assigned.v2"


def test_members_of_a_later_version_are_ignored() -> None:
    text = to_text(EVENT).replace('"assignment":1', '"assignment":1,"later":{"x":[1]}')
    assert from_text(text) == EVENT


@pytest.mark.parametrize(
    ("was", "is_", "path"),
    [
        ('"assignment":1', '"assignment":"one"', "body.assignment"),
        ('"assignment":1,', "", "body"),
        ('"version":4', '"version":null', "version"),
        ('"via":"console"', '"via":"pigeon"', "via"),
        ("04:00:02Z", "04:00:02+08:00", "recorded_at"),
        ('{"actor"', '["actor"', ""),
    ],
)
def test_a_text_that_is_no_event_says_where(was: str, is_: str, path: str) -> None:
    with pytest.raises(DecodeError) as fault:
        from_text(to_text(EVENT).replace(was, is_))
    assert fault.value.path == path


def test_a_body_that_is_no_object_is_refused_at_the_body() -> None:
    pushed = to_text(replace(EVENT, body=IncidentPushed()))
    with pytest.raises(DecodeError) as fault:
        from_text(pushed.replace('"body":{}', '"body":[]'))
    assert fault.value.path == "body"


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=8))])
def test_a_moment_that_is_not_utc_is_never_written(zone: timezone | None) -> None:
    with pytest.raises(EncodeError, match="occurred_at"):
        to_text(replace(EVENT, occurred_at=EVENT.occurred_at.replace(tzinfo=zone)))


def test_writing_a_usual_event_takes_far_less_than_a_commit() -> None:
    rounds = 200
    fastest = min(_seconds(rounds) for _ in range(5)) / rounds
    assert fastest < 200e-6  # measured: 12 µs; the bound leaves room for a machine under load


def _seconds(rounds: int) -> float:
    began = time.perf_counter()
    for _ in range(rounds):
        to_text(EVENT)
    return time.perf_counter() - began
