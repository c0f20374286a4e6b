"""The directory in Postgres; each new version goes to the other services through the outbox."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from zlib import crc32

import asyncpg
import structlog
from prometheus_client import Counter
from typing_extensions import override

from incident.messages import DIRECTORY_PUBLISHED, DirectoryPublished
from services.dispatcher.adapters.telling import SCHEMA, SOURCE
from services.dispatcher.handlers.directory import Registry, Shelf, Version
from services.runtime import codec, envelope, outbox, queries, trace
from services.runtime.directory import DirectoryCopy
from services.runtime.logs import describe
from services.runtime.postgres import Database
from services.runtime.records import Record

KEY = "directory"

_QUERIES = queries.load(Path(__file__).with_name("directory.sql"))
_LOCK = crc32(b"dispatcher directory")
_PUBLISHED = Counter("d115_directories_published_total", "Versions of the directory put in force.")

_log = structlog.get_logger(__name__)


class PostgresShelf(Shelf):
    """One transaction of the only writer."""

    def __init__(self, connection: asyncpg.Connection, topic: str) -> None:
        self._connection = connection
        self._topic = topic
        self.published: DirectoryPublished | None = None

    @override
    async def read(self) -> DirectoryPublished | None:
        await self._connection.execute(_QUERIES["lock_directory"], _LOCK)
        row = await self._connection.fetchrow(_QUERIES["read_directory"])
        if row is None:
            return None
        return DirectoryPublished(
            version=row["version"],
            document=codec.decode(row["document"], dict[str, object]),
            published_at=row["published_at"],
        )

    @override
    async def publish(
        self, published: DirectoryPublished, *, by: str, marks: Mapping[str, str]
    ) -> None:
        version, at = published.version, published.published_at
        document = codec.text(published.document)
        await self._connection.execute(_QUERIES["insert_version"], version, document, by, at)
        await self._connection.execute(_QUERIES["put_directory"], version, document, at)
        await self._connection.execute(
            _QUERIES["enable_endpoints"], list(marks), list(marks.values())
        )
        record = _record(published, self._topic)
        await outbox.put(self._connection, SCHEMA, [record], real=at)
        self.published = published


class PostgresRegistry(Registry):
    """Hands out the one writer's transaction."""

    def __init__(
        self, database: Database, *, topic: str, copy: DirectoryCopy, wake: Callable[[], None]
    ) -> None:
        """Take the parts.

        Args:
            database: Of the dispatcher.
            topic: Where versions are published.
            copy: What this process works from, told at once.
            wake: Wakes the relay.
        """
        self._database = database
        self._topic = topic
        self._copy = copy
        self._wake = wake

    @override
    @asynccontextmanager
    async def write(self) -> AsyncIterator[Shelf]:
        async with self._database.transaction() as connection:
            shelf = PostgresShelf(connection, self._topic)
            yield shelf
        if shelf.published is not None:
            await self._tell(shelf.published)

    async def _tell(self, published: DirectoryPublished) -> None:
        """Work from the new version at once; should that fail, the copy looks within a second."""
        _PUBLISHED.inc()
        _log.info("directory_published", version=published.version)
        self._wake()
        try:
            await self._copy.refresh()
        except Exception as error:  # noqa: BLE001  # it is published, and its sender must hear that
            _log.warning("directory_refresh_failed", fault=describe(error))

    @override
    async def list_versions(self, *, before: int | None, limit: int) -> list[Version]:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["list_versions"], before, limit)
        return [Version(**dict(row)) for row in rows]


def _record(published: DirectoryPublished, topic: str) -> Record:
    told = envelope.Envelope(
        id=f"directory/{published.version}",
        source=SOURCE,
        type=DIRECTORY_PUBLISHED,
        time=published.published_at,
        subject=KEY,
        traceparent=trace.header(),
    )
    return Record(topic=topic, key=KEY, value=codec.encode(published), headers=envelope.build(told))
