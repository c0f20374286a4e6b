"""Reading records of Kafka."""

from datetime import datetime

import pytest

from incident import messages
from incident.alert import IncidentId
from incident.events import Event, IncidentOpened, type_name
from incident.messages import (
    AlertCancelled,
    AlertReceived,
    CenterAway,
    CenterDesk,
    Heartbeat,
    IncidentChanged,
)
from incident.moments import Via
from incident.shift import CenterState
from services.notifier.consumer import Reading
from services.notifier.handlers.following import News
from services.runtime import codec, envelope, eventlog
from services.runtime.records import PermanentError, Received
from tests.builders import CENTER, PROFILE_115, STATION, an_actor, an_alert, an_incident, at
from tests.services.notifier.watching import ID

ALERT = an_alert()


def a_record(
    type_: str, body: object, *, topic: str = "x.alerts.v1", key: str = str(ID), **changes: object
) -> Received:
    about = envelope.Envelope(id="1", source="/test", type=type_, time=at(0))
    value = body if isinstance(body, bytes) else codec.encode(body)
    values: dict[str, object] = {"partition": 4, "offset": 0, "headers": envelope.build(about)}
    return Received(
        topic=topic,
        key=key,
        value=value,
        timestamp=at(7),
        **{**values, **changes},  # type: ignore[arg-type]  # checked by the class
    )


def changed() -> IncidentChanged:
    opened = IncidentOpened(
        alert=ALERT, center=CENTER, fallback=False, console=True, profile=PROFILE_115,
        dispositions=(),
    )  # fmt: skip
    event = Event(
        incident=ID, version=1, occurred_at=at(0), recorded_at=at(0), disbelieved=False,
        actor=an_actor(), via=Via.AUTOMATIC, body=opened,
    )  # fmt: skip
    return IncidentChanged(
        event=eventlog.to_text(event), previous="0" * 64, hash="1" * 64, incident=an_incident()
    )


def read(*records: Received) -> News:
    reading = Reading()
    for record in records:
        reading.take(record)
    return reading.news()


def test_an_alert_and_an_incident_are_read_with_the_partition_they_came_in() -> None:
    news = read(
        a_record(messages.ALERT_RECEIVED, AlertReceived(alert=ALERT, sealed="k.n.c")),
        a_record(type_name(IncidentOpened), changed(), topic="x.incidents.v1"),
    )
    assert news.alerts == [ALERT]
    assert news.incidents == [an_incident()]
    assert news.partitions == {ID: 4}


def test_a_withdrawal_is_read() -> None:
    cancelled = AlertCancelled(
        id=ID, station=STATION, reference=ALERT.reference, reason="mistake", received_at=at(9),
        source=ALERT.source,
    )  # fmt: skip
    assert read(a_record(messages.ALERT_CANCELLED, cancelled)).cancelled == {ID: at(9)}


def test_a_sign_of_life_is_read() -> None:
    beat = Heartbeat(service="dispatcher", instance="a", sent_at=at(3), now=at(3))
    (pulse,) = read(a_record(messages.DISPATCHER_HEARTBEAT, beat)).pulses
    assert (pulse.service, pulse.instance, pulse.sent_at) == ("dispatcher", "a", at(3))


@pytest.mark.parametrize("type_", [messages.ALERT_UPDATED, "alert.praised.v1", "incident.sung.v9"])
def test_types_that_are_not_needed_or_not_known_are_skipped(type_: str) -> None:
    assert read(a_record(type_, b"anything")) == News(
        incidents=[], events=[], alerts=[], cancelled={}, dead={}, pulses=[], desks=[],
        partitions={},
    )  # fmt: skip


def test_who_is_at_a_desk_is_read() -> None:
    desk = CenterDesk(
        center=CENTER, at=at(3), state=CenterState.ONLINE, on_shift=1, connected=1, audible=1,
        away=0, clients=0,
    )  # fmt: skip
    (told,) = read(a_record(messages.CENTER_DESK, desk)).desks
    assert (told.center, told.type, told.at) == (CENTER, messages.CENTER_DESK, at(3))
    assert codec.decode(told.value, CenterDesk) == desk
    away = CenterAway(center=CENTER, at=at(4), away=True)
    (told,) = read(a_record(messages.CENTER_AWAY, away)).desks
    assert (told.type, codec.decode(told.value, CenterAway)) == (messages.CENTER_AWAY, away)


@pytest.mark.parametrize(
    "type_",
    ["alert.received.v2", "alert.cancelled.v2", "incident.opened.v2", "dispatcher.heartbeat.v3"],
)
def test_the_next_version_of_a_known_type_is_refused(type_: str) -> None:
    with pytest.raises(PermanentError, match=f"{type_} is of a version"):
        read(a_record(type_, b'{"shape": "new"}'))


@pytest.mark.parametrize(
    "type_",
    [
        messages.ALERT_RECEIVED,
        messages.ALERT_CANCELLED,
        messages.DISPATCHER_HEARTBEAT,
        type_name(IncidentOpened),
    ],
)
@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b"[1]"])
def test_a_body_that_is_no_message_of_its_type_is_poison(type_: str, body: bytes) -> None:
    with pytest.raises(PermanentError):
        read(a_record(type_, body))


def test_a_record_without_type_is_poison() -> None:
    with pytest.raises(PermanentError):
        read(a_record("alert.received.v1", b"{}", headers={}))


def dead(type_: str, body: object = b"\xff", *, key: str = str(ID)) -> dict[IncidentId, datetime]:
    return dict(read(a_record(type_, body, topic="x.alerts.v1.dead-letter", key=key)).dead)


def test_an_alert_among_the_dead_letters_is_known_by_its_key_whatever_its_body() -> None:
    assert dead(messages.ALERT_RECEIVED) == {ID: at(7)}
    record = a_record("any", b"", topic="alerts.v1.dead-letter", headers={})
    assert dict(read(record).dead) == {ID: at(7)}


def test_dead_letters_that_are_no_alert_or_of_no_id_say_nothing() -> None:
    assert dead(messages.ALERT_UPDATED) == {}
    assert dead(messages.ALERT_CANCELLED) == {}
    assert dead("alert.updated.v2") == {}
    assert dead(messages.ALERT_RECEIVED, key="no id") == {}
