"""Desks on shift as Postgres has them: for what is told of them, and for receipts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from incident.shift import Checked, Console, Shift, Sound
from services.runtime import queries

LIVES = timedelta(seconds=12)
"""Real time that a stream lives on after it was last spoken of; it is spoken of every 4 s."""

QUERIES = queries.load(Path(__file__).with_name("shifts.sql"))


async def find_console(
    connection: asyncpg.Connection, center: str, desk: UUID, *, now: datetime, real: datetime
) -> Console | None:
    """Give a desk of a center with its shift; None where nobody is on shift."""
    row = await connection.fetchrow(QUERIES["list_consoles"], center, now, real - LIVES, desk)
    return None if row is None else read_console(row)


def read_console(row: Mapping[str, Any]) -> Console:
    """Read a desk on shift."""
    return Console(
        shift=Shift(
            desk=row["desk"],
            operator=row["operator"],
            since=row["since"],
            until=row["until"],
            sound=Sound(row["sound"]),
            checked=Checked(row["checked"]),
            reason=row["reason"],
        ),
        connected=row["connected"],
        away=row["away"],
    )
