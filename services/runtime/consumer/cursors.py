"""Where each assigned partition stands: how far applied, what it held, when last heard.

Pure bookkeeping: time comes in as an argument, in real seconds of a monotonic clock.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.runtime.consumer.places import Place
from services.runtime.consumer.positions import Step
from services.runtime.records import Received

OUTAGE_SECONDS = 3.0
"""Without an answer for so long, what a partition holds is unknown. An idle broker answers twice a
second."""


@dataclass(slots=True)
class Cursor:
    """One assigned partition.

    Attributes:
        next_offset: The first offset not applied yet; None until the stored position is sought.
        goal: Where the partition ended when it was first heard again; None until then.
        end: Where it ended when last heard.
        heard_at: When Kafka last answered for it.
        answer: Kafka's mark of that answer, to tell a new one.
        reached: When the record was sent that applying has come to.
    """

    heard_at: float
    next_offset: int | None = None
    goal: int | None = None
    end: int | None = None
    answer: int | None = None
    reached: datetime | None = None

    @property
    def lag(self) -> int:
        """Records known and not applied."""
        if self.end is None or self.next_offset is None:
            return 0
        return max(0, self.end - self.next_offset)


class Cursors:
    """The partitions of one assignment."""

    def __init__(self) -> None:
        self._cursors: dict[Place, Cursor] = {}

    def __iter__(self) -> Iterator[Place]:
        return iter(self._cursors)

    def __len__(self) -> int:
        return len(self._cursors)

    def __getitem__(self, place: Place) -> Cursor:
        return self._cursors[place]

    def assign(self, places: Iterable[Place], *, now: float) -> None:
        """Start anew with these partitions, all of them to be sought."""
        self._cursors = {place: Cursor(now) for place in places}

    def offsets(self) -> dict[Place, int]:
        """Return how far each located partition is applied."""
        return {
            place: cursor.next_offset
            for place, cursor in self._cursors.items()
            if cursor.next_offset is not None
        }

    def unlocated(self) -> list[Place]:
        """Return the partitions whose stored position is not sought yet."""
        return [place for place, cursor in self._cursors.items() if cursor.next_offset is None]

    def locate(self, place: Place, next_offset: int) -> None:
        """Take over a stored position."""
        if place in self._cursors:
            self._cursors[place].next_offset = next_offset

    def lose(self, *, now: float) -> None:
        """Forget positions and goals: after a failure the stored ones are read again."""
        for cursor in self._cursors.values():
            cursor.next_offset = cursor.goal = None
            cursor.heard_at = now

    def hear(self, place: Place, *, answer: int | None, end: int | None, now: float) -> None:
        """Note what Kafka last said about a partition; the same answer twice says nothing."""
        cursor = self._cursors.get(place)
        if cursor is None or answer is None or end is None or answer == cursor.answer:
            return
        if cursor.goal is None or now - cursor.heard_at > OUTAGE_SECONDS:
            cursor.goal = end
        cursor.answer, cursor.end, cursor.heard_at = answer, end, now

    def keep_alive(self, *, now: float) -> None:
        """Count as heard: records came, or it was us who did not listen."""
        for cursor in self._cursors.values():
            cursor.heard_at = now

    def steps(self, records: Sequence[Received]) -> list[Step]:
        """Return how applying records moves each partition, in a fixed order of partitions."""
        last = {Place(record.topic, record.partition): record.offset + 1 for record in records}
        return [Step(place, self._expected(place), last[place]) for place in sorted(last)]

    def take(self, records: Iterable[Received]) -> None:
        """Note records that came from Kafka and are to be applied next."""
        self._reach(reversed(list(records)))

    def advance(self, steps: Iterable[Step], records: Iterable[Received]) -> None:
        """Note that records are applied; partitions no longer ours are left out."""
        for step in steps:
            self.locate(step.place, step.next_offset)
        self._reach(records)

    def _reach(self, records: Iterable[Received]) -> None:
        for record in records:
            cursor = self._cursors.get(Place(record.topic, record.partition))
            if cursor is not None:
                cursor.reached = record.timestamp

    def settled(self, *, now: float) -> frozenset[Place]:
        """Return the partitions where all is applied that they held when last (re)gained."""
        return frozenset(
            place
            for place, cursor in self._cursors.items()
            if cursor.next_offset is not None
            and cursor.goal is not None
            and cursor.next_offset >= cursor.goal
            and now - cursor.heard_at <= OUTAGE_SECONDS
        )

    def delay(self, place: Place, *, now: datetime) -> float:
        """Return how many seconds applying is behind, by the real time records were sent."""
        cursor = self._cursors[place]
        if not cursor.lag or cursor.reached is None:
            return 0.0
        return max(0.0, (now - cursor.reached).total_seconds())

    def silence(self, *, now: float) -> float:
        """Return for how many seconds the most silent partition has not been heard."""
        return max((now - cursor.heard_at for cursor in self._cursors.values()), default=0.0)

    def _expected(self, place: Place) -> int:
        expected = self._cursors[place].next_offset
        if expected is None:
            raise LookupError(f"{place} is not located")
        return expected
