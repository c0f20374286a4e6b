"""What a check finds."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from typing_extensions import override


class Kind(StrEnum):
    """What is wrong."""

    FILE_MISSING = "file_missing"
    FILE_CHANGED = "file_changed"
    LINE_UNREADABLE = "line_unreadable"
    CHANGED = "changed"
    CUT = "cut"
    OUT_OF_SEQUENCE = "out_of_sequence"
    MISPLACED = "misplaced"
    REMOVED = "removed"
    ADDED = "added"
    DIGEST = "digest"
    HISTORY = "history"
    STATE = "state"
    FACT = "fact"
    FIGURE = "figure"
    CONSERVATION = "conservation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        where: The log, the file or the figures it was found in.
        incident: The incident concerned, if one is.
        version: The record's place in its chain, if one is concerned.
        detail: In a sentence.
    """

    kind: Kind
    where: str
    detail: str
    incident: UUID | None = None
    version: int | None = None

    @override
    def __str__(self) -> str:
        """The finding in one line."""
        place = self.where
        if self.incident is not None:
            place += f" {self.incident}"
        if self.version is not None:
            place += f" version {self.version}"
        return f"{self.kind}: {place}: {self.detail}"
