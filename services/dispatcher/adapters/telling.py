"""What a change says to others: messages for Kafka and frames for the streams.

The public state is written out once and goes into both, and into the incident's row, as it is. It
names the profile; the relay puts the whole of it into the message.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from services.dispatcher.adapters.linking import Link, Linked
from services.dispatcher.payloads.views import frames_of
from services.runtime import codec, envelope, outbox

SCHEMA = "dispatcher"
SOURCE = "/dispatcher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How others are told of a change.

    Attributes:
        topic: Where the events go.
        real: The real time now.
        is_center: Whether a code is a center's, so that it has consoles to tell.
    """

    topic: str
    real: datetime
    is_center: Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A change with its states written out.

    Attributes:
        states: The public state after each of its events, as JSON that names the profile.
    """

    linked: Linked
    states: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """`IncidentChanged` with its state written out already; the fields are in its order."""

    event: str
    previous: str
    hash: str
    incident: msgspec.Raw


def write(linked: Linked) -> Written:
    """Write out the states of a change."""
    states = tuple(codec.encode(state, named=True) for state in linked.states)
    return Written(linked=linked, states=states)


def outbox_columns(changes: Sequence[Written]) -> list[list[object]]:
    """Give shard, key, headers and value of one message for each event, in their order."""
    rows = (
        (
            outbox.shard_of(key),
            key,
            msgspec.json.encode(_headers(link, entry.linked)).decode(),
            codec.text(_message(link, state)),
        )
        for entry in changes
        for key in [str(entry.linked.incident.id)]
        for link, state in zip(entry.linked.links, entry.states, strict=True)
    )
    return columns(rows)


def _message(link: Link, state: bytes) -> _Message:
    return _Message(
        event=link.text, previous=link.previous, hash=link.hash, incident=msgspec.Raw(state)
    )


def _headers(link: Link, linked: Linked) -> dict[str, str]:
    return envelope.build(
        envelope.Envelope(
            id=str(link.id),
            source=SOURCE,
            type=link.type,
            time=link.event.recorded_at,
            subject=str(linked.incident.id),
            traceparent=linked.traceparent,
        )
    )


def frame_columns(changes: Sequence[Written], telling: Telling) -> list[list[object]]:
    """Give the channels told and how often, then channel, place, type and data of each frame.

    The place is how many of the channel's new frames come after it.
    """
    frames = [
        frame
        for entry in changes
        for link, state, written in zip(
            entry.linked.links, entry.linked.states, entry.states, strict=True
        )
        for frame in frames_of(link.event, state, is_center=telling.is_center, written=written)
    ]
    steps = Counter(frame.channel for frame in frames)
    names = sorted(steps)
    left = dict(steps)
    told = []
    for frame in frames:
        left[frame.channel] -= 1
        told.append((frame.channel, left[frame.channel], frame.type, frame.data))
    return [list(names), [steps[name] for name in names], *columns(told)]


def columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    """Turn rows into the arrays that `unnest` takes."""
    return [list(column) for column in zip(*rows, strict=True)]
