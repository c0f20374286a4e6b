"""What clients did and saw: what they asked for, what became of it, and each console's frames.

An operation is invoked and then ends as ok, as fail (it was refused: it must have had no effect) or
as unknown (nobody answered in time: it may have had its effect, once). Every line is kept in memory
for the checker and written as JSON to a file for people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Self

from services.runtime import codec
from services.runtime.clock import Clock, SystemClock


class Kind(StrEnum):
    """What a line says."""

    INVOKE = "invoke"
    OK = "ok"
    FAIL = "fail"
    UNKNOWN = "unknown"
    FRAME = "frame"  # a console saw a frame
    ANSWER = "answer"  # one attempt was answered, or was not; clients may try again behind it
    FAULT = "fault"  # the campaign did something
    NOTE = "note"  # somebody has something to say


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a history.

    Attributes:
        at: Real seconds since the history began.
        who: Whose: `station`, `operator:<center>`, `team:<code>`, `console:<center>`, `campaign`.
        operation: Ties an end to its invocation; 0 for what is no operation.
        what: `alert`, `act`, `frame`, the name of a fault.
        said: What was sent or told, as JSON values.
    """

    at: float
    kind: Kind
    who: str
    what: str
    operation: int = 0
    said: Mapping[str, Any] = field(default_factory=dict)


class History:
    """Lines in the order in which they happened."""

    def __init__(self, path: Path | None = None, clock: Clock | None = None) -> None:
        """Begin; lines also go to a file if one is named."""
        self._clock = clock or SystemClock()
        self._began = self._clock.monotonic()
        self._file: TextIOWrapper | None = path.open("w", encoding="utf-8") if path else None
        self._operations = 0
        self.lines: list[Line] = []

    @property
    def now(self) -> float:
        """Real seconds since it began."""
        return self._clock.monotonic() - self._began

    def invoke(self, who: str, what: str, said: Mapping[str, object]) -> int:
        """Note that something is asked for now; returns its operation."""
        self._operations += 1
        self.add(Kind.INVOKE, who, what, said, operation=self._operations)
        return self._operations

    def add(
        self,
        kind: Kind,
        who: str,
        what: str,
        said: Mapping[str, object] | None = None,
        *,
        operation: int = 0,
    ) -> None:
        """Add a line about now."""
        line = Line(
            at=round(self.now, 4),
            kind=kind,
            who=who,
            what=what,
            operation=operation,
            said=said or {},
        )
        self.lines.append(line)
        if self._file is not None:
            self._file.write(codec.encode(line).decode() + "\n")

    def close(self) -> None:
        """Write what is left of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
