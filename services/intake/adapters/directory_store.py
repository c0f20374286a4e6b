"""The directory's copy in Postgres."""

from datetime import datetime
from pathlib import Path

from typing_extensions import override

from incident.messages import DirectoryPublished
from services.intake.adapters.database import IntakeDatabase
from services.intake.ports import DirectoryStore
from services.runtime import codec, queries

_QUERIES = queries.load(Path(__file__).with_name("queries.sql"))


class PostgresDirectoryStore(DirectoryStore):
    """Keeps one copy, the newest."""

    def __init__(self, database: IntakeDatabase) -> None:
        self._database = database

    @override
    async def load(self) -> DirectoryPublished | None:
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(_QUERIES["select_directory"])
        if row is None:
            return None
        return DirectoryPublished(
            version=row["version"],
            document=codec.decode(row["document"], dict[str, object]),
            published_at=row["published_at"],
        )

    @override
    async def save(self, published: DirectoryPublished, *, now: datetime) -> None:
        document = codec.text(published.document)
        async with self._database.transaction() as connection:
            await connection.execute(
                _QUERIES["save_directory"],
                published.version,
                document,
                published.published_at,
                now,
            )
