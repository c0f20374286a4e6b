"""Facts as the timing log keeps and tells them: chained canonical texts, and records for Kafka.

The text of a fact has the members `id`, `incident`, `sequence`, `fact`, `type` and `data`; it is
what is hashed, stored and shown (RFC 8785, `incident.chain`). On `timing.v1`, `data` is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from incident.alert import IncidentId
from incident.chain import canonical, link
from incident.messages import StepDue
from services.notifier.ports import Fact, Judged, Known
from services.runtime import codec, envelope, trace
from services.runtime.records import Record

SOURCE = "/notifier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A fact in its place in a timing log.

    Attributes:
        id: Follows from incident and fact, so that what is told twice bears one id.
        told: The body, as told.
        traceparent: The span it is told with, in its incident's trace.
    """

    id: UUID
    incident: IncidentId
    sequence: int
    fact: Fact
    recorded_at: datetime
    text: str
    previous: str
    hash: str
    told: str
    traceparent: str


def lines_of(known: Known, facts: Sequence[Fact]) -> Iterator[Line]:
    """Put facts at the end of an incident's timing log."""
    previous = known.hash
    for sequence, fact in enumerate(facts, start=known.sequence + 1):
        id_ = fact.id_in(known.id)
        told = canonical(codec.to_builtins(fact.body))
        text = _text(known.id, fact, id_=id_, sequence=sequence, told=told)
        line = Line(
            id=id_,
            incident=known.id,
            sequence=sequence,
            fact=fact,
            recorded_at=_recorded_at(fact),
            text=text,
            previous=previous,
            hash=link(previous, text),
            told=told,
            traceparent=str(trace.named(id_, known.traceparent)),
        )
        previous = line.hash
        yield line


def _text(incident: IncidentId, fact: Fact, *, id_: UUID, sequence: int, told: str) -> str:
    """The canonical text of a fact around that of its body: `data` is the first of its members."""
    rest = canonical(
        {
            "fact": fact.key,
            "id": str(id_),
            "incident": str(incident),
            "sequence": sequence,
            "type": fact.type,
        }
    )
    return f'{{"data":{told},{rest[1:]}'


def all_lines(judged: Sequence[Judged]) -> dict[IncidentId, list[Line]]:
    """Put what was said at the ends of the timing logs; ids that said nothing are left out."""
    return {
        entry.known.id: list(lines_of(entry.known, entry.facts)) for entry in judged if entry.facts
    }


def record_of(line: Line, topic: str) -> Record:
    """Return a fact as it is told on Kafka, in the trace of its incident."""
    about = envelope.Envelope(
        id=str(line.id),
        source=SOURCE,
        type=line.fact.type,
        time=line.recorded_at,
        subject=str(line.incident),
        traceparent=line.traceparent,
    )
    return Record(
        topic=topic,
        key=str(line.incident),
        value=line.told.encode(),
        headers=envelope.build(about),
    )


def _recorded_at(fact: Fact) -> datetime:
    return fact.body.fired_at if isinstance(fact.body, StepDue) else fact.body.at
