"""The envelope of an event goes into Kafka's headers and comes back the same."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.runtime.envelope import (
    BadTimeError,
    Envelope,
    EnvelopeError,
    MissingHeaderError,
    UnknownVersionError,
    build,
    parse,
)
from services.runtime.records import PermanentError

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
EVENT = Envelope(
    id="0192",
    source="/dispatcher",
    type="incident.team_assigned.v1",
    time=datetime(2026, 3, 2, 4, 5, 6, 789, UTC),
    subject="incident-1",
    traceparent=TRACE,
)


def test_what_is_built_is_parsed_back() -> None:
    assert parse(build(EVENT)) == EVENT


def test_the_headers_are_those_of_the_binding() -> None:
    assert build(EVENT) == {
        "ce_specversion": "1.0",
        "ce_id": "0192",
        "ce_source": "/dispatcher",
        "ce_type": "incident.team_assigned.v1",
        "ce_time": "2026-03-02T04:05:06.000789Z",
        "ce_subject": "incident-1",
        "content-type": "application/json",
        "traceparent": TRACE,
    }


def test_a_time_of_another_zone_is_told_in_utc() -> None:
    beijing = timezone(timedelta(hours=8))
    event = Envelope(id="1", source="/s", type="t.v1", time=datetime(2026, 3, 2, 8, tzinfo=beijing))
    assert build(event)["ce_time"] == "2026-03-02T00:00:00.000000Z"
    assert parse(build(event)).time == event.time


@pytest.mark.parametrize("name", ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"])
def test_a_missing_header_is_named(name: str) -> None:
    headers = build(EVENT)
    for broken in (headers | {name: ""}, {k: v for k, v in headers.items() if k != name}):
        with pytest.raises(MissingHeaderError, match=name):
            parse(broken)


def test_an_event_without_an_id_is_not_built() -> None:
    with pytest.raises(MissingHeaderError, match="ce_id"):
        build(Envelope(id="", source="/s", type="t.v1", time=EVENT.time))


def test_another_version_is_refused() -> None:
    with pytest.raises(UnknownVersionError):
        parse(build(EVENT) | {"ce_specversion": "0.3"})


@pytest.mark.parametrize(
    "time", ["yesterday", "2026-03-02T04:05:06", "1772424306", "9999-12-31T23:59:59-23:00"]
)
def test_a_time_that_says_no_moment_is_refused(time: str) -> None:
    with pytest.raises(BadTimeError):
        parse(build(EVENT) | {"ce_time": time})


def test_a_time_without_a_zone_is_not_built() -> None:
    with pytest.raises(BadTimeError):
        build(Envelope(id="1", source="/s", type="t.v1", time=datetime(2026, 3, 2)))  # noqa: DTZ001  # the fault itself


def test_a_broken_trace_is_dropped_and_the_event_read() -> None:
    assert parse(build(EVENT) | {"traceparent": "00-zz"}).traceparent is None


def test_unknown_headers_are_ignored() -> None:
    assert parse(build(EVENT) | {"ce_extension": "x", "other": "y"}) == EVENT


def test_a_broken_envelope_is_poison() -> None:
    assert issubclass(EnvelopeError, PermanentError)
