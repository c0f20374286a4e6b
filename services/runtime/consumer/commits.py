"""Tells Kafka now and then how far a group has come.

Only lag tools read it: what counts are the positions in Postgres.
"""

import asyncio
from collections.abc import Mapping

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from services.runtime.consumer.places import Place, partition
from services.runtime.failpoints import reach

COMMIT_EVERY_SECONDS = 1.0
COMMIT_WITHIN_SECONDS = 2.0

_log = structlog.get_logger(__name__)


class Commits:
    """Commits offsets of one membership beside its work, at most once a second, never failing."""

    def __init__(self, kafka: AIOKafkaConsumer) -> None:
        self._kafka = kafka
        self._known: dict[Place, int] = {}
        self._task: asyncio.Task[None] | None = None
        self._next_at = float("-inf")

    def tick(self, offsets: Mapping[Place, int], *, now: float) -> None:
        """Commit in the background what has moved, unless that is under way or was just done."""
        if now < self._next_at or (self._task is not None and not self._task.done()):
            return
        self._next_at = now + COMMIT_EVERY_SECONDS
        if self._moved(offsets):
            self._task = asyncio.create_task(self.flush(offsets), name="commit-offsets")

    async def flush(self, offsets: Mapping[Place, int]) -> None:
        """Commit what has moved now, within a bound."""
        moved = self._moved(offsets)
        if moved:
            reach("before-offset-commit")
        try:
            async with asyncio.timeout(COMMIT_WITHIN_SECONDS):
                for place, offset in moved.items():
                    await self._commit(place, offset)
        except TimeoutError:
            _log.info("offsets_not_committed", fault="no answer")

    async def close(self) -> None:
        """Give up what is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _moved(self, offsets: Mapping[Place, int]) -> dict[Place, int]:
        return {p: offset for p, offset in offsets.items() if self._known.get(p) != offset}

    async def _commit(self, place: Place, offset: int) -> None:
        # One call a partition: a call with a partition that has moved raises and commits nothing.
        try:
            await self._kafka.commit({partition(place): offset})
        except KafkaError as error:  # IllegalStateError, CommitFailedError: no longer ours
            _log.info("offset_not_committed", place=place, fault=type(error).__name__)
        else:
            self._known[place] = offset
