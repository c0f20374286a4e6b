"""A store of the directory's copy in memory that can be away."""

from datetime import datetime

from typing_extensions import override

from incident.messages import DirectoryPublished
from services.intake.ports import DirectoryStore, StoreAwayError


class FakeDirectoryStore(DirectoryStore):
    """Keeps one copy.

    Attributes:
        saved: The copy, if there is one.
        away: Whether it cannot be reached.
        tries: How often it was asked.
    """

    def __init__(self, saved: DirectoryPublished | None = None) -> None:
        self.saved = saved
        self.away = False
        self.tries = 0

    @override
    async def load(self) -> DirectoryPublished | None:
        self._reach()
        return self.saved

    @override
    async def save(self, published: DirectoryPublished, *, now: datetime) -> None:
        self._reach()
        if self.saved is None or self.saved.version < published.version:
            self.saved = published

    def _reach(self) -> None:
        self.tries += 1
        if self.away:
            raise StoreAwayError("away")
