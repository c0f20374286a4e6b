"""Which act of a plan is next: its moment has come, and what it needs is answered."""

import heapq
from collections.abc import Sequence
from datetime import datetime

from services.cli.replay.plan import Act


class Schedule:
    """The acts of a plan that are still to be sent."""

    def __init__(self, acts: Sequence[Act]) -> None:
        """Take acts whose numbers are their places, each after what it needs."""
        self._acts = acts
        self._missing = [len(act.needs) for act in acts]
        self._followers: list[list[int]] = [[] for _ in acts]
        for act in acts:
            for number in act.needs:
                self._followers[number].append(act.number)
        self._free = [(act.at, act.number) for act in acts if not act.needs]
        heapq.heapify(self._free)

    @property
    def next_at(self) -> datetime | None:
        """The moment of the next act; None while all that are left need others first."""
        return self._free[0][0] if self._free else None

    def take(self, now: datetime) -> Act | None:
        """Take the earliest act whose moment has come; None if there is none."""
        if not self._free or self._free[0][0] > now:
            return None
        _, number = heapq.heappop(self._free)
        return self._acts[number]

    def answered(self, act: Act) -> None:
        """Free the acts that needed this one."""
        for number in self._followers[act.number]:
            self._missing[number] -= 1
            if not self._missing[number]:
                heapq.heappush(self._free, (self._acts[number].at, number))
