"""Operations, from the lines of a history: what was asked for, and what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from loadtests.chaos.history import Kind, Line

ENDS = frozenset({Kind.OK, Kind.FAIL, Kind.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing somebody asked for.

    Attributes:
        number: Its own.
        what: `alert`, `act`, `updates`, `cancellation`.
        asked: What was sent.
        end: `ok`, `fail` or `unknown`; unknown too while it has not ended.
        told: What it was answered.
        began_at: Seconds since the history began.
        ended_at: The same; None while it has not ended.
    """

    number: int
    who: str
    what: str
    asked: Mapping[str, Any]
    end: Kind = Kind.UNKNOWN
    told: Mapping[str, Any] = field(default_factory=dict)
    began_at: float = 0.0
    ended_at: float | None = None

    @property
    def id(self) -> UUID:
        """The alert's or incident's id."""
        return UUID(self.asked["id"])

    @property
    def is_patient(self) -> bool:
        """Whoever asked went on asking for as long as any fault lasts."""
        return bool(self.asked.get("patient", True))

    @property
    def name(self) -> str:
        """It in one line."""
        verb = self.asked.get("verb", self.what)
        return f"operation {self.number} ({self.who}: {verb} {self.asked.get('id')})"


def operations_of(lines: Iterable[Line]) -> list[Operation]:
    """Put invocations and their ends together, in the order of the invocations."""
    begun: dict[int, Line] = {}
    ended: dict[int, Line] = {}
    for line in lines:
        if line.kind is Kind.INVOKE:
            begun[line.operation] = line
        elif line.kind in ENDS:
            ended[line.operation] = line
    return [_operation(line, ended.get(number)) for number, line in begun.items()]


def _operation(begun: Line, ended: Line | None) -> Operation:
    operation = Operation(
        number=begun.operation,
        who=begun.who,
        what=begun.what,
        asked=begun.said,
        began_at=begun.at,
    )
    if ended is None:
        return operation
    return replace(operation, end=ended.kind, told=ended.said, ended_at=ended.at)
