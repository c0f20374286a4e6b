"""The copy of the directory that intake works from: in memory, replaced whole, saved beside.

The copy in memory is the one that serves. The saved one is for a start while Kafka is away; while
Postgres is away nothing is lost, since Kafka holds the directory too.
"""

import asyncio

import structlog
from prometheus_client import Counter, Gauge

from incident.directory import InvalidDirectoryError, Lookup, read_directory
from incident.messages import DirectoryPublished
from services.intake.handlers.refusals import NoDirectoryError
from services.intake.ports import DirectoryStore, StoreAwayError
from services.runtime.clock import Clock

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0

_VERSION = Gauge("d115_intake_directory_version", "The directory worked from, 0 for none.")
_SAVED = Gauge("d115_intake_directory_saved_version", "The directory saved, 0 for none.")
_REFUSED = Counter(
    "d115_intake_directory_refused_total", "Directories that were published and cannot be used."
)

_log = structlog.get_logger(__name__)


class DirectoryCopy:
    """The newest directory that was seen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lookup: Lookup | None = None
        self._published: DirectoryPublished | None = None
        self._changed = asyncio.Event()

    @property
    def lookup(self) -> Lookup:
        """The directory's maps.

        Raises:
            NoDirectoryError: None was seen yet.
        """
        if self._lookup is None:
            raise NoDirectoryError
        return self._lookup

    @property
    def version(self) -> int:
        """Its version; 0 where none was seen."""
        return 0 if self._published is None else self._published.version

    async def newer_than(self, version: int) -> DirectoryPublished:
        """Wait for a directory newer than this version."""
        while self._published is None or self._published.version <= version:
            self._changed.clear()
            await self._changed.wait()
        return self._published

    def take(self, published: DirectoryPublished) -> None:
        """Work from this directory from now on, unless it is not newer or cannot be read."""
        if published.version <= self.version:
            return
        now = self._clock.real()
        try:
            directory = read_directory(published.document, version=published.version, now=now)
        except InvalidDirectoryError as error:
            # What is wrong may quote names and addresses; where it is wrong tells enough.
            _REFUSED.inc()
            where = [fault.path for fault in error.faults[:10]]
            _log.error("directory_refused", version=published.version, where=where)
            return
        self._lookup, self._published = Lookup(directory), published
        self._changed.set()
        _VERSION.set(published.version)
        _log.info("directory_taken", version=published.version)


async def restore(copy: DirectoryCopy, store: DirectoryStore) -> int:
    """Begin with the saved directory.

    Returns:
        The version that was saved, 0 for none.

    Raises:
        StoreAwayError: The store cannot be reached for now.
    """
    saved = await store.load()
    if saved is not None:
        copy.take(saved)
    version = 0 if saved is None else saved.version
    _SAVED.set(version)
    return version


async def keep_saved(copy: DirectoryCopy, store: DirectoryStore, clock: Clock) -> None:
    """Save every newer directory, until cancelled; while the store is away it is tried again."""
    saved: int | None = None
    pause = FIRST_PAUSE
    while True:
        try:
            if saved is None:
                saved = await restore(copy, store)
            newer = await copy.newer_than(saved)
            await store.save(newer, now=clock.real())
        except StoreAwayError as error:
            _log.warning("directory_unsaved", fault=str(error))
            await clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        else:
            saved, pause = newer.version, FIRST_PAUSE
            _SAVED.set(saved)
