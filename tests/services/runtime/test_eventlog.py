"""Events as canonical text and back."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from math import inf, nan
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.alert import IncidentId, OrganisationId, Place, Point, TeamId
from incident.chain import NotCanonicalError, canonical
from incident.events import (
    BODIES,
    Body,
    Event,
    IncidentOpened,
    IncidentPushed,
    NoteAdded,
    TeamAssigned,
    type_name,
)
from incident.moments import Actor, ActorKind, Proof, Via
from services.runtime.codec import DecodeError, EncodeError, to_builtins
from services.runtime.eventlog import UnknownTypeError, from_text, to_text
from tests.builders import PROFILE_115, an_alert
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


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_short_way_and_the_long_way_write_the_same(
    body: type[Body], data: st.DataObject
) -> None:
    event = replace(EVENT, body=data.draw(values(body)), actor=data.draw(values(Actor)))
    assert to_text(event) == written_the_long_way(event)


COORDINATES = [
    *(0.0, -0.0, 1.0, -180.0, 121.4737, 31.0, 1e-4, 9.999e-5, 1e-5, 1e-6, 1e-7, 1.5e-7, 5e-324),
    *(
        1e15,
        999999999999999.9,
        1e16,
        123456789012345680.0,
        1e20,
        1e21,
        1e22,
        1.7976931348623157e308,
    ),
    *(0.1 + 0.2, 2**53, -(2**53), 7),
]


@pytest.mark.parametrize("coordinate", COORDINATES)
def test_a_coordinate_is_written_as_rfc_8785_says(coordinate: float) -> None:
    event = opening_at(coordinate)
    assert to_text(event) == written_the_long_way(event)
    assert f'"lat":{canonical(coordinate)},' in to_text(event)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_coordinate_is_written_as_rfc_8785_says(coordinate: float) -> None:
    event = opening_at(coordinate)
    assert to_text(event) == written_the_long_way(event)


def test_every_character_is_written_as_rfc_8785_says() -> None:
    characters = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    event = replace(EVENT, body=NoteAdded(text=characters))
    assert canonical(characters) in to_text(event)


@pytest.mark.parametrize("coordinate", [nan, inf, -inf, 2**53 + 1])
def test_what_has_no_canonical_text_is_never_written(coordinate: float) -> None:
    with pytest.raises((NotCanonicalError, DecodeError)):
        from_text(to_text(opening_at(coordinate)))


@pytest.mark.parametrize("half", ["\ud800", "a\ud83d"])
def test_half_of_a_surrogate_pair_is_never_written(half: str) -> None:
    with pytest.raises(EncodeError):
        to_text(replace(EVENT, body=NoteAdded(text=half)))


def test_all_openings_read_share_one_profile() -> None:
    first, second = (from_text(to_text(opening_at(lat))).body for lat in (31.2, 31.3))
    assert isinstance(first, IncidentOpened)
    assert isinstance(second, IncidentOpened)
    assert first.profile is second.profile
    assert first.profile == PROFILE_115


def opening_at(lat: float) -> Event:
    """An opening at a coordinate."""
    point = Point(lon=121.3, lat=lat, crs="wgs84", sent_lon=121.3, sent_lat=31.2)
    alert = replace(an_alert(), place=Place(place="gate", point=point))
    body = IncidentOpened(
        alert=alert,
        center=OrganisationId("heling"),
        fallback=False,
        console=True,
        profile=PROFILE_115,
        dispositions=("mediated",),
    )
    return replace(EVENT, body=body)


def written_the_long_way(event: Event) -> str:
    """The text as incident/chain.py writes it."""
    body = to_builtins(event.body)
    return canonical({**to_builtins(event), "type": type_name(event.body), "body": body})


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
