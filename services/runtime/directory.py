"""A service's own copy of the directory: fed from `directory.v1`, kept in its schema.

One member of the service's group stores what was published; every replica looks at the table once
a second. So a service starts, and goes on, with what it last knew, whoever else is away. A table
of the service's schema::

    create table directory (
        singleton    boolean primary key default true check (singleton),
        version      integer not null,
        document     jsonb not null,
        published_at timestamptz not null
    );
"""

from collections.abc import Sequence
from pathlib import Path

import asyncpg
import structlog
from prometheus_client import Counter, Gauge

from incident.directory import InvalidDirectoryError, Key, Lookup, read_directory
from incident.messages import DirectoryPublished
from services.runtime import codec
from services.runtime.clock import Clock
from services.runtime.logs import describe
from services.runtime.postgres import Database
from services.runtime.queries import load
from services.runtime.records import PermanentError, Received

REFRESH_SECONDS = 1.0

_QUERIES = load(Path(__file__).with_name("directory.sql"))
_VERSION = Gauge("d115_directory_version", "The version of the directory in use.", ["schema"])
_FAULTS = Counter(
    "d115_directory_refresh_faults_total", "Looks at the kept directory that failed.", ["schema"]
)

_log = structlog.get_logger(__name__)


class NoDirectoryError(Exception):
    """No directory has reached this service yet."""


class DirectoryCopy:
    """The directory as this service last knew it."""

    def __init__(self, *, database: Database, schema: str, clock: Clock) -> None:
        self._database = database
        self._schema = schema
        self._clock = clock
        self._lookup: Lookup | None = None

    @property
    def version(self) -> int:
        """The version in use; 0 before the first."""
        return 0 if self._lookup is None else self._lookup.directory.version

    @property
    def lookup(self) -> Lookup:
        """The directory in use.

        Raises:
            NoDirectoryError: There is none yet.
        """
        if self._lookup is None:
            raise NoDirectoryError("no directory has been published yet")
        return self._lookup

    def find_key(self, key_id: str) -> Key | None:
        """Return what is kept of a key, for an `Authenticator`."""
        return None if self._lookup is None else self._lookup.key(key_id)

    async def apply(self, connection: asyncpg.Connection, records: Sequence[Received]) -> None:
        """Keep the newest of the directories that records of `directory.v1` carry.

        Raises:
            PermanentError: A record is no directory.
        """
        newest = max(
            (self._published(record) for record in records), key=lambda entry: entry.version
        )
        await connection.fetchval(
            _QUERIES["upsert_directory"].format(schema=self._schema),
            newest.version,
            codec.text(newest.document),
            newest.published_at,
        )

    async def refresh(self) -> bool:
        """Look at what is kept; say whether it was newer and is in use now."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                _QUERIES["select_directory"].format(schema=self._schema), self.version
            )
        if row is None:
            return False
        directory = read_directory(
            codec.decode(row["document"], dict), version=row["version"], now=self._clock.real()
        )
        if directory.version <= self.version:
            return False  # another look, begun later, was faster
        self._lookup = Lookup(directory)
        _VERSION.labels(self._schema).set(directory.version)
        _log.info("directory_in_use", schema=self._schema, version=directory.version)
        return True

    async def run(self) -> None:
        """Look once a second until cancelled; after a fault the copy in use stays in use."""
        while True:
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001  # the next look may succeed
                _FAULTS.labels(self._schema).inc()
                _log.warning("directory_refresh_failed", fault=describe(error))
            await self._clock.sleep(REFRESH_SECONDS)

    def _published(self, record: Received) -> DirectoryPublished:
        """Read a record, and check that it holds a directory this code can use."""
        try:
            published = codec.decode(record.value, DirectoryPublished)
            read_directory(published.document, version=published.version, now=self._clock.real())
        except (codec.DecodeError, InvalidDirectoryError) as error:
            raise PermanentError(f"no directory: {describe(error)}") from error
        return published
