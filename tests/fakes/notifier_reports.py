"""What the notifier's edges read, given by a test."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from incident.alert import IncidentId
from incident.chain import Head
from services.notifier.ports import (
    Conservation,
    Counts,
    Digest,
    Digests,
    Heard,
    Housekeeping,
    Left,
    Logged,
    ProofTally,
    Question,
    Reports,
    Tally,
    Watched,
)


@dataclass
class FakeReports(Reports, Housekeeping):
    """Answers with what it holds, and notes what it was asked."""

    tallies: Sequence[Tally] = ()
    proved: Sequence[ProofTally] = ()
    left: Left = field(default_factory=lambda: Left(exercises=0, tests=0, late_entries=0))
    compared: Conservation = field(
        default_factory=lambda: Conservation(
            unopened=0, unannounced=0, doubled=0, oldest_unopened_at=None
        )
    )
    counted: Counts = field(default_factory=lambda: Counts(alerts=0, dead_lettered=0))
    watched: dict[IncidentId, Watched] = field(default_factory=dict)
    logged: Sequence[Logged] = ()
    all_heads: Sequence[Head] = ()
    all_digests: Sequence[Digest] = ()
    heard: list[Heard] = field(default_factory=list)
    deadline: tuple[datetime | None, int] = (None, 0)
    questions: list[Question] = field(default_factory=list)
    compared_before: list[datetime] = field(default_factory=list)
    forgotten_before: list[datetime] = field(default_factory=list)

    @override
    async def tally(self, question: Question) -> list[Tally]:
        self.questions.append(question)
        return list(self.tallies)

    @override
    async def proofs(self, question: Question) -> list[ProofTally]:
        return list(self.proved)

    @override
    async def left_out(self, question: Question) -> Left:
        return self.left

    @override
    async def conservation(self, *, before: datetime) -> Conservation:
        self.compared_before.append(before)
        return self.compared

    @override
    async def counts(self) -> Counts:
        return self.counted

    @override
    async def find(self, id_: IncidentId) -> Watched | None:
        return self.watched.get(id_)

    @override
    async def log(self, id_: IncidentId, *, after: int, limit: int) -> list[Logged]:
        return [one for one in self.logged if one.entry.version > after][:limit]

    @override
    async def heads(self, *, after: UUID | None, limit: int) -> list[Head]:
        return [one for one in self.all_heads if after is None or one.incident > after][:limit]

    @override
    async def digests(self, *, after: int, limit: int) -> list[Digest]:
        return [one for one in self.all_digests if one.sequence > after][:limit]

    @override
    async def pulses(self) -> list[Heard]:
        return list(self.heard)

    @override
    async def oldest_deadline(self) -> tuple[datetime | None, int]:
        return self.deadline

    @override
    async def forget_pulses(self, *, before: datetime) -> None:
        self.forgotten_before.append(before)


class FakeDigests(Digests):
    """Takes digests of nothing."""

    def __init__(self) -> None:
        self.taken: list[Digest] = []

    @override
    async def last(self) -> Digest | None:
        return self.taken[-1] if self.taken else None

    @override
    async def take(self, *, at: datetime, real: datetime) -> Digest | None:
        digest = Digest(
            sequence=len(self.taken) + 1, taken_at=at, count=0, digest="0" * 64, previous="0" * 64
        )
        self.taken.append(digest)
        return digest
