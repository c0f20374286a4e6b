"""An incident's events as the log keeps them: canonical text, one event a text.

The text is what is hashed, stored and shown to a third party (RFC 8785, `incident.chain`), with the
members `incident`, `version`, `type`, `occurred_at`, `recorded_at`, `disbelieved`, `actor`, `via`,
`proof` and `body`. It is written once, when the event is recorded, and never written anew.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from incident.alert import IncidentId
from incident.chain import canonical
from incident.events import BODIES, Event
from incident.moments import Actor, Proof, Via
from incident.profile import Profile
from services.runtime.codec import DecodeError, decode, is_utc, to_builtins
from services.runtime.shapes import Question
from services.runtime.sharing import mirror_of

TYPES = {body: name for name, body in BODIES.items()}
"""The type of each event body on the wire."""

LARGEST_INTEGER = 2**53  # as in `incident.chain`

_SORTED = msgspec.json.Encoder(order="sorted")


class UnknownTypeError(ValueError):
    """The event is of a type that this version of the product does not know.

    Attributes:
        type: The type, such as `incident.team_assigned.v2`.
    """

    def __init__(self, type_: str) -> None:
        super().__init__(f"unknown event type {type_}")
        self.type = type_


@dataclass(frozen=True, slots=True, kw_only=True)
class EventText:
    """One event of one incident, as its canonical text holds it.

    Attributes:
        version: 1 for the opening, then one more each.
        type: Which event it is; decides what `body` holds.
        occurred_at: When it is said to have happened.
        recorded_at: The clock of the service that recorded it.
        disbelieved: `occurred_at` was not plausible.
        actor: Who acted.
        via: How it was learned.
        proof: What an arrival rests on.
        body: What happened, by the schema of its type.
    """

    incident: IncidentId
    version: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    disbelieved: bool
    actor: Actor
    via: Via
    body: msgspec.Raw
    proof: Proof | None = None


class _Written(msgspec.Struct, gc=False):
    """An event and its type, as written."""

    incident: object
    version: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    disbelieved: bool
    actor: Actor
    via: Via
    body: object
    proof: Proof | None


def is_plain_number(number: float) -> bool:
    """Whether msgspec writes a number as RFC 8785 does: a small integer, a usual fraction."""
    if type(number) is int:
        return -LARGEST_INTEGER <= number <= LARGEST_INTEGER
    return type(number) is float and 1e-4 <= abs(number) < 1e15 and not number.is_integer()


_PLAIN = Question(
    of={datetime: is_utc, float: is_plain_number, int: is_plain_number},
    skip=frozenset({Profile}),  # its text is made by `incident.chain.canonical`
).about(Event)


def to_text(event: Event) -> str:
    """Write an event as its canonical text.

    Keys here are plain ASCII names, and msgspec escapes in a text what RFC 8785 asks for and
    nothing else, so that all but unusual numbers come out alike; those go the long way.

    Raises:
        EncodeError: A moment is not aware UTC.
        NotCanonicalError: A number is not finite or beyond 2**53.
    """
    if _PLAIN is not None and _PLAIN(event):
        try:
            return _SORTED.encode(_written(event)).decode()
        except (TypeError, ValueError, msgspec.MsgspecError):
            pass  # such as half of a surrogate pair: the long way says what is wrong
    body = to_builtins(event.body)  # by its own class, which says what of it is shared
    return canonical({**to_builtins(event), "type": TYPES[type(event.body)], "body": body})


def _written(event: Event) -> _Written:
    mirror = mirror_of(type(event.body))
    return _Written(
        incident=event.incident,
        version=event.version,
        type=TYPES[type(event.body)],
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        disbelieved=event.disbelieved,
        actor=event.actor,
        via=event.via,
        body=event.body if mirror is None else mirror.write_canonical(event.body),
        proof=event.proof,
    )


def from_text(text: str) -> Event:
    """Read an event; members it does not know are ignored.

    Raises:
        UnknownTypeError: Its type is not known here.
        DecodeError: It is no event, or its body does not fit its type; the message names the field.
    """
    written = decode(text, EventText)
    body = BODIES.get(written.type)
    if body is None:
        raise UnknownTypeError(written.type)
    try:
        happened = decode(bytes(written.body), body)
    except DecodeError as error:
        raise DecodeError(error.what, f"body.{error.path}".removesuffix(".")) from error
    return Event(
        incident=written.incident,
        version=written.version,
        occurred_at=written.occurred_at,
        recorded_at=written.recorded_at,
        disbelieved=written.disbelieved,
        actor=written.actor,
        via=written.via,
        proof=written.proof,
        body=happened,
    )
