"""What the product kept, as the checker takes it: read once, when all is quiet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from incident.chain import Entry, Head
from incident.lifecycle import Incident
from services.runtime import codec

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A leg as the notifier keeps it, and as its moments say it should."""

    incident: UUID
    round: int
    leg: str
    organisation: str
    outcome: str
    amended: bool
    start: datetime | None
    due: datetime | None
    end: datetime | None
    seconds: float | None

    @property
    def key(self) -> tuple[UUID, int, str]:
        """Names it for good."""
        return self.incident, self.round, self.leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """An open deadline."""

    incident: UUID
    key: str
    due_at: datetime
    state: str


@dataclass(frozen=True, kw_only=True)
class State:
    """Everything the product kept that is to be checked.

    Attributes:
        read_at: When it was read.
        incidents: As the dispatcher keeps them.
        heads: The end of each chain, as kept with its incident.
        chains: The dispatcher's events, by incident, in their order.
        timing_heads: The end of each timing log, as kept with the notifier's incident.
        timing: The notifier's timing events, by incident, in their order.
        facts: What each of them states, in the same order: `breached/1/push`.
        legs: The notifier's verdicts.
        deadlines: What the notifier still waits for.
        engaged: Teams with the incident each is on, as the dispatcher keeps them apart.
        channels: The last number of each channel of the stream.
        dead_letters: Where those put aside came from: topic, key and why.
        left: What is still on its way, by name; all 0 once it is quiet.
        conservation: The answer of `GET /v1/conservation`.
        figures: Questions and answers of `GET /v1/compliance`.
    """

    read_at: datetime
    incidents: Mapping[UUID, Incident] = field(default_factory=dict)
    heads: Mapping[UUID, Head] = field(default_factory=dict)
    chains: Mapping[UUID, Sequence[Entry]] = field(default_factory=dict)
    timing_heads: Mapping[UUID, Head] = field(default_factory=dict)
    timing: Mapping[UUID, Sequence[Entry]] = field(default_factory=dict)
    facts: Mapping[UUID, Sequence[str]] = field(default_factory=dict)
    legs: Sequence[Leg] = ()
    deadlines: Sequence[Deadline] = ()
    engaged: Sequence[tuple[str, UUID]] = ()
    channels: Mapping[str, int] = field(default_factory=dict)
    dead_letters: Sequence[tuple[str, str, str]] = ()
    left: Mapping[str, int] = field(default_factory=dict)
    conservation: Json = field(default_factory=dict)
    figures: Sequence[tuple[Json, Json]] = ()

    @cached_property
    def stories(self) -> dict[UUID, list[Json]]:
        """The events of each chain as plain JSON; one whose text is none is left out."""
        return {id_: list(_read(chain)) for id_, chain in self.chains.items()}


def _read(chain: Sequence[Entry]) -> list[Json]:
    read: list[Json] = []
    for entry in chain:
        try:
            read.append(codec.decode(entry.text, dict[str, Any]))
        except codec.DecodeError:
            continue  # the chain's own check names it
    return read
