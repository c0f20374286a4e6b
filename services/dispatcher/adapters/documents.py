"""Reads incidents as their rows hold them."""

from collections.abc import Mapping, Sequence

import asyncpg

from incident.lifecycle import Incident
from services.runtime import codec
from services.runtime.profiles import Shelf


async def read_incidents(
    connection: asyncpg.Connection, shelf: Shelf, rows: Sequence[Mapping[str, str]]
) -> list[Incident]:
    """Read the incidents of rows with a `document`, in their order."""
    return await shelf.knowing(
        connection, lambda: [codec.decode(row["document"], Incident) for row in rows]
    )
