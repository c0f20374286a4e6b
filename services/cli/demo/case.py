"""An incident as the public interfaces show it, with the questions people ask of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

ENDED = frozenset({"closed", "cancelled", "refused", "handed_over"})
ON_THE_WAY = frozenset({"accepted", "en_route"})


@dataclass(frozen=True, slots=True)
class Case:
    """The public state of an incident, as JSON; what another center sees of a loan has less."""

    state: Mapping[str, Any]

    @property
    def id(self) -> UUID:
        """Its id."""
        return UUID(self.state["id"])

    @property
    def version(self) -> int:
        """The higher one is the later one."""
        version: int = self.state["version"]
        return version

    @property
    def is_whole(self) -> bool:
        """Whether this is all of it, not what a center sees that only lent a team."""
        return "moments" in self.state

    @property
    def name(self) -> str:
        """The state it is in."""
        return str(self.state["state"])

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.name in ENDED

    @property
    def center(self) -> str:
        """The center that has it."""
        return str(self.state["center"])

    @property
    def number(self) -> str:
        """The reporter's own number of it."""
        return str(self.state["alert"]["reference"]["number"])

    @property
    def round(self) -> int:
        """The round that runs, or ran last."""
        number: int = self.state["rounds"][-1]["number"]
        return number

    @property
    def causes(self) -> tuple[str, ...]:
        """Why its rounds began."""
        return tuple(entry["cause"] for entry in self.state["rounds"])

    @property
    def teams(self) -> Sequence[Mapping[str, Any]]:
        """Its assignments, in their order."""
        entries: Sequence[Mapping[str, Any]] = self.state["assignments"]
        return entries

    @property
    def live_teams(self) -> list[Mapping[str, Any]]:
        """The assignments whose team is on it."""
        return [entry for entry in self.teams if entry["ended_at"] is None]

    def assignment_of(self, team: str) -> Mapping[str, Any] | None:
        """The live assignment of a team."""
        return next((entry for entry in self.live_teams if entry["team"] == team), None)

    def first(self, name: str, *, round_number: int | None = None) -> datetime | None:
        """When a moment was first stamped, as judged; in any round if none is given."""
        found = [
            datetime.fromisoformat(entry["judged_at"])
            for entry in self.state["moments"]
            if entry["name"] == name and round_number in {None, entry["round"]}
        ]
        return min(found, default=None)

    def has(self, name: str) -> bool:
        """Whether a moment was stamped in the round that runs."""
        return self.first(name, round_number=self.round) is not None
