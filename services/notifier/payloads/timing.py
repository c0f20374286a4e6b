"""Clocks of one incident, its timing log, heads, digests, and who is watched, as documents."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from incident.chain import Head
from incident.moments import ActorKind, Proof, Via
from incident.timing import Outcome, Verdict
from services.notifier.payloads import examples
from services.notifier.ports import Digest, Logged, Point, PointKind, Watched

TIMING: JsonDict = {
    "incident": "9d2f7e0a-5b1c-5c8e-9d2a-0c1d2e3f4a5b",
    "version": 4,
    "state": "assigned",
    "as_of": "2026-03-02T04:01:40Z",
    "alert_received_at": "2026-03-02T04:00:00Z",
    "legs": [
        {
            "leg": "push",
            "round": 1,
            "organisation": "heling",
            "outcome": "met",
            "amended": False,
            "target_seconds": 60,
            "start": "2026-03-02T04:00:00Z",
            "due": "2026-03-02T04:01:00Z",
            "end": "2026-03-02T04:00:04.210000Z",
            "seconds": 4.21,
            "by": "person",
            "via": "console",
            "proof": None,
        }
    ],
    "pending": [{"key": "due/1/on_scene", "kind": "due", "due_at": "2026-03-02T04:05:48.000001Z"}],
    "head": {
        "sequence": 3,
        "hash": "5f2a9c0e4b7d1836a0c5e8f1b2d3749605a8c7e6f9b1d2034c5e6f7a8b9c0d1e",
    },
}
"""An answer as the documentation shows it."""


class LegTiming(BaseModel):
    """The verdict on one leg of one round."""

    leg: str
    round: int
    organisation: str = Field(description="Whom it is charged to.")
    outcome: Outcome
    amended: bool = Field(description="A breach was on record and was disproved later.")
    target_seconds: int | None
    start: datetime | None
    due: datetime | None = Field(description="The last moment at which it is met.")
    end: datetime | None
    seconds: float | None
    by: ActorKind | None = Field(description="Whether a person or a machine stamped the end.")
    via: Via | None
    proof: Proof | None


class Pending(BaseModel):
    """A moment at which something will be said if nothing happens before."""

    key: str
    kind: PointKind
    due_at: datetime


class ChainHead(BaseModel):
    """The end of a timing log; sequence 0 for one with nothing in it."""

    sequence: int
    hash: str


class IncidentTiming(BaseModel):
    """The clocks of one incident."""

    model_config = ConfigDict(json_schema_extra={"examples": [TIMING]})

    incident: UUID
    version: int = Field(description="Of the incident; 0 while only its alert was heard of.")
    state: str | None
    as_of: datetime
    alert_received_at: datetime | None
    legs: list[LegTiming]
    pending: list[Pending]
    head: ChainHead


class TimingEvent(BaseModel):
    """A fact as chained: `hash` is SHA-256 over `previous` followed by `text`."""

    sequence: int
    id: UUID
    type: str
    text: str
    previous: str
    hash: str


class TimingEvents(BaseModel):
    """A page of a timing log."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.EVENTS]})

    incident: UUID
    head: ChainHead
    events: list[TimingEvent]


class IncidentHead(ChainHead):
    """The end of one incident's timing log."""

    incident: UUID


class Heads(BaseModel):
    """A page of heads in the order of their ids; `next` asks for what follows, null at the end."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.HEADS]})

    heads: list[IncidentHead]
    next: UUID | None


class HourDigest(BaseModel):
    """A published digest.

    It is the SHA-256 over one line `incident sequence hash`, ended by a line feed, for each timing
    log, sorted; of each log the last fact recorded before `taken_at`.
    """

    sequence: int
    taken_at: datetime
    count: int
    digest: str
    previous: str


class Digests(BaseModel):
    """A page of digests; `next` asks for what follows, null at the end."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DIGESTS]})

    digests: list[HourDigest]
    next: int | None


class Instance(BaseModel):
    """One process of a watched service."""

    instance: str
    sent_at: datetime


class WatchedService(BaseModel):
    """A watched service: silent once its last sign of life is over 10 s old, or never came."""

    service: str
    silent: bool
    age_seconds: float | None
    instances: list[Instance]


class WatchState(BaseModel):
    """Who gives signs of life to whom."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WATCH]})

    as_of: datetime = Field(description="Real time.")
    services: list[WatchedService]
    clocks_age_seconds: float = Field(
        description="Since this process last looked at all that was due."
    )


def timing_of(
    watched: Watched,
    *,
    verdicts: Iterable[Verdict],
    points: Iterable[Point],
    as_of: datetime,
) -> IncidentTiming:
    """Turn the clocks of an incident into their document."""
    known = watched.known
    return IncidentTiming(
        incident=known.id,
        version=known.version,
        state=None if watched.incident is None else watched.incident.state,
        as_of=as_of,
        alert_received_at=known.alert_received_at,
        legs=[_leg(verdict) for verdict in verdicts],
        pending=[Pending(key=one.key, kind=one.kind, due_at=one.due_at) for one in points],
        head=ChainHead(sequence=known.sequence, hash=known.hash),
    )


def events_of(watched: Watched, log: Iterable[Logged]) -> TimingEvents:
    """Turn a stretch of a timing log into its document."""
    known = watched.known
    return TimingEvents(
        incident=known.id,
        head=ChainHead(sequence=known.sequence, hash=known.hash),
        events=[
            TimingEvent(
                sequence=one.entry.version,
                id=one.id,
                type=one.type,
                text=one.entry.text,
                previous=one.entry.previous,
                hash=one.entry.hash,
            )
            for one in log
        ],
    )


def heads_of(heads: Sequence[Head], *, limit: int) -> Heads:
    """Turn a page of heads into its document."""
    return Heads(
        heads=[
            IncidentHead(incident=head.incident, sequence=head.version, hash=head.hash)
            for head in heads
        ],
        next=heads[-1].incident if len(heads) == limit else None,
    )


def digests_of(digests: Sequence[Digest], *, limit: int) -> Digests:
    """Turn a page of digests into its document."""
    return Digests(
        digests=[
            HourDigest(
                sequence=one.sequence,
                taken_at=one.taken_at,
                count=one.count,
                digest=one.digest,
                previous=one.previous,
            )
            for one in digests
        ],
        next=digests[-1].sequence if len(digests) == limit else None,
    )


def _leg(verdict: Verdict) -> LegTiming:
    return LegTiming(
        leg=verdict.leg,
        round=verdict.round,
        organisation=verdict.organisation,
        outcome=verdict.outcome,
        amended=verdict.amended,
        target_seconds=verdict.target_seconds,
        start=verdict.start,
        due=verdict.due,
        end=verdict.end,
        seconds=verdict.seconds,
        by=verdict.by,
        via=verdict.via,
        proof=verdict.proof,
    )
