"""CloudEvents 1.0 in Kafka's binary mode: what an event is stands in headers, its data in the body.

Source: CloudEvents 1.0.2, and its Kafka protocol binding 1.0.2 (section 3.2), for the `ce_` headers
and `content-type`; W3C Trace Context for `traceparent`, which travels beside them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.runtime.records import PermanentError

JSON = "application/json"
_VERSION = "1.0"
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class EnvelopeError(PermanentError):
    """The headers are no CloudEvents 1.0 envelope; every fault below is one."""


class MissingHeaderError(EnvelopeError):
    """A required header is missing or empty."""


class UnknownVersionError(EnvelopeError):
    """The envelope is of another CloudEvents version."""


class BadTimeError(EnvelopeError):
    """`ce_time` is no RFC 3339 moment with a zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What an event says about itself.

    Attributes:
        id: Unique within the source; a repeat of it is the same event.
        source: Who speaks, as a URI reference such as `/dispatcher`.
        type: Name and version, such as `incident.team_assigned.v1`.
        time: When it happened, aware UTC.
        subject: What it is about (an incident's id), None where the event has no subject.
        traceparent: The trace it belongs to, None where there is none.
        content_type: Media type of the body.
    """

    id: str
    source: str
    type: str
    time: datetime
    subject: str | None = None
    traceparent: str | None = None
    content_type: str = JSON


def build(envelope: Envelope) -> dict[str, str]:
    """Return the Kafka headers of an envelope.

    Raises:
        MissingHeaderError: A required attribute is empty.
        BadTimeError: The time has no zone.
    """
    if envelope.time.tzinfo is None:
        raise BadTimeError("the time of an event must carry a zone")
    headers = {
        "ce_specversion": _VERSION,
        "ce_id": envelope.id,
        "ce_source": envelope.source,
        "ce_type": envelope.type,
        "ce_time": _rfc3339(envelope.time),
        "content-type": envelope.content_type,
    }
    for name, value in headers.items():
        if not value:
            raise MissingHeaderError(f"an event needs {name}")
    if envelope.subject:
        headers["ce_subject"] = envelope.subject
    if envelope.traceparent:
        headers["traceparent"] = envelope.traceparent
    return headers


def parse(headers: Mapping[str, str]) -> Envelope:
    """Read the envelope from Kafka headers; unknown headers are ignored.

    A `traceparent` that is not well-formed is dropped, as W3C Trace Context asks: it never makes an
    event unreadable.

    Raises:
        MissingHeaderError: A required header is missing or empty.
        UnknownVersionError: `ce_specversion` is not 1.0.
        BadTimeError: `ce_time` cannot be read.
    """
    version = _required(headers, "ce_specversion")
    if version != _VERSION:
        raise UnknownVersionError(f"ce_specversion must be {_VERSION}")
    trace = headers.get("traceparent", "")
    return Envelope(
        id=_required(headers, "ce_id"),
        source=_required(headers, "ce_source"),
        type=_required(headers, "ce_type"),
        time=_moment(_required(headers, "ce_time")),
        subject=headers.get("ce_subject") or None,
        traceparent=trace if _TRACEPARENT.fullmatch(trace) else None,
        content_type=headers.get("content-type") or JSON,
    )


def _required(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    if not value:
        raise MissingHeaderError(f"the header {name} is missing")
    return value


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        utc = moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadTimeError("ce_time is no RFC 3339 moment") from error
    if moment.tzinfo is None:
        raise BadTimeError("ce_time has no zone")
    return utc


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
