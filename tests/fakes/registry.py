"""A directory's registry in memory."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from typing_extensions import override

from incident.messages import DirectoryPublished
from services.dispatcher.handlers.directory import Registry, Shelf, Version


class FakeRegistry(Registry, Shelf):
    """Keeps what is published, and nothing of a transaction that fails."""

    def __init__(self) -> None:
        self.published: list[DirectoryPublished] = []
        self.versions: list[Version] = []
        self.marks: Mapping[str, str] = {}

    @override
    @asynccontextmanager
    async def write(self) -> AsyncIterator[Shelf]:
        kept = len(self.published)
        try:
            yield self
        except BaseException:
            del self.published[kept:], self.versions[kept:]
            raise

    @override
    async def read(self) -> DirectoryPublished | None:
        return self.published[-1] if self.published else None

    @override
    async def publish(
        self, published: DirectoryPublished, *, by: str, marks: Mapping[str, str]
    ) -> None:
        self.published.append(published)
        self.marks = marks
        self.versions.append(
            Version(version=published.version, applied_by=by, applied_at=published.published_at)
        )

    @override
    async def list_versions(self, *, before: int | None, limit: int) -> list[Version]:
        found = [entry for entry in self.versions if before is None or entry.version < before]
        return found[::-1][:limit]
