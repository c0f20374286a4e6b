"""Sends many records of one partition: in their order, in batches, one after the other."""

from collections.abc import Awaitable, Callable, MutableSequence, Sequence
from dataclasses import dataclass, field

from services.runtime.lanes import count_fitting
from services.runtime.records import PermanentError, Record


class Unavailable(Exception):  # noqa: N818  # what the caller is told, not what went wrong
    """Not acknowledged in time. The outcome is unknown: send again under the same id."""


class RefusedError(PermanentError):
    """Kafka will never take this record: too large, or no such topic name."""


Fault = Unavailable | RefusedError
Send = Callable[[Sequence[Record]], Awaitable[Fault | None]]
"""Sends records that fit into one batch; Kafka takes all of them or none."""


@dataclass(kw_only=True, slots=True)
class Errand:
    """The records of one partition, and what becomes of each.

    Attributes:
        records: What is sent, of all partitions.
        outcomes: What became of each; None when acknowledged.
        send: How they are sent.
    """

    records: Sequence[Record]
    outcomes: MutableSequence[BaseException | None]
    send: Send
    _refused: set[str] = field(default_factory=set)

    async def run(self, places: Sequence[int]) -> None:
        """Send the records of these places, until one fails.

        After a refusal the rest of that key is not sent, after any other failure all the rest.
        """
        while places:
            count = count_fitting([self.records[place] for place in places])
            fault = await self._send(self._going(places[:count]))
            places = places[count:]
            if fault is not None:
                self._note(places, fault)
                return

    def _going(self, places: Sequence[int]) -> list[int]:
        """Keep back what comes after a refused record of its key."""
        kept = [place for place in places if self.records[place].key in self._refused]
        self._note(kept, Unavailable("an earlier record of its key was refused"))
        return [place for place in places if place not in kept]

    async def _send(self, places: Sequence[int]) -> Unavailable | None:
        """Send what makes up one batch; gives what ends the errand."""
        if not places:
            return None
        fault = await self.send([self.records[place] for place in places])
        if isinstance(fault, RefusedError):
            if len(places) > 1:
                return await self._send_singly(places)
            self._refused.add(self.records[places[0]].key)
        self._note(places, fault)
        return fault if isinstance(fault, Unavailable) else None

    async def _send_singly(self, places: Sequence[int]) -> Unavailable | None:
        """Find the records that had their whole batch refused."""
        for position, place in enumerate(places):
            fault = await self._send(self._going([place]))
            if fault is not None:
                self._note(places[position + 1 :], fault)
                return fault
        return None

    def _note(self, places: Sequence[int], outcome: BaseException | None) -> None:
        for place in places:
            self.outcomes[place] = outcome
