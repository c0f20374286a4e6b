"""A spool in memory, and a producer, that can be away."""

import asyncio
from collections.abc import Sequence

from services.intake.adapters.spool import Entry
from services.intake.ports import SpoolFullError, StoreAwayError
from services.runtime.producer import Unavailable
from services.runtime.records import Record


class FakeSpool:
    """Keeps entries.

    Attributes:
        entries: What waits, in order.
        away: Whether it cannot be reached.
        full: Whether it takes nothing more.
        asked: How often it was asked to keep something.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.away = False
        self.full = False
        self.asked = 0

    async def keep(self, entries: Sequence[Entry], *, always: bool = True) -> list[bool]:
        """Keep messages as the real one does."""
        self.asked += 1
        if self.away:
            raise StoreAwayError("away")
        waiting = {entry.record.key for entry in self.entries}
        kept = [always or entry.record.key in waiting for entry in entries]
        if self.full and any(kept):
            raise SpoolFullError("full")
        self.entries += [entry for entry, keep in zip(entries, kept, strict=True) if keep]
        return kept


class FakeProducer:
    """Takes records.

    Attributes:
        records: What was acknowledged, in order.
        away: Whether it acknowledges nothing.
        open: Clear it to hold records back until it is set again.
        connected: Whether there is a connection.
        lost_keys: Keys whose records it does not acknowledge.
        asked: How many records it was asked to send.
    """

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.away = False
        self.connected = True
        self.open = asyncio.Event()
        self.open.set()
        self.lost_keys: set[str] = set()
        self.asked = 0

    async def send(self, record: Record) -> None:
        """Send one record."""
        self.asked += 1
        await self.open.wait()
        if self.away or record.key in self.lost_keys:
            raise Unavailable("away")
        self.records.append(record)

    async def send_all(self, records: Sequence[Record]) -> list[BaseException | None]:
        """Send records, one outcome each."""
        outcomes: list[BaseException | None] = []
        for record in records:
            try:
                await self.send(record)
            except Unavailable as error:
                outcomes.append(error)
            else:
                outcomes.append(None)
        return outcomes
