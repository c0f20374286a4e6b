"""A bare batched insert of rows that the service wrote: the same bytes, the same tables' shape."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from services.runtime.clock import Clock

SCHEMA = "floor_rows"

_COLUMNS = """
select attname as name, format_type(atttypid, atttypmod) as type
from pg_attribute
where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''
order by attnum
"""

Row = tuple[Any, ...]
"""A row in the order of its table's columns; each is what asyncpg gives and takes."""

Rows = Mapping[UUID, Sequence[Row]]
"""The rows of a table, by what they are of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What to insert.

    Attributes:
        schema: Whose tables they are.
        tables: The rows of each, in the order tables are written.
    """

    schema: str
    tables: Mapping[str, Rows]

    def counts(self) -> dict[str, int]:
        """How many rows there are of each table."""
        return {name: sum(map(len, rows.values())) for name, rows in self.tables.items()}


async def read(
    connection: asyncpg.Connection, table: str, *, of: str, things: Sequence[UUID]
) -> Rows:
    """Read a table's rows that are of some things.

    Args:
        connection: To the database.
        table: With its schema.
        of: An expression for the thing a row `t` is of, a uuid.
        things: Which.
    """
    found = await connection.fetch(
        f"select {of} as thing, t.* from {table} as t where {of} = any($1::uuid[])",  # noqa: S608  # names of ours
        things,
    )
    return grouped((row[0], tuple(row)[1:]) for row in found)


def grouped(rows: Iterable[tuple[UUID, Row]]) -> Rows:
    """Put rows beside those that are of the same thing."""
    whole: dict[UUID, list[Row]] = defaultdict(list)
    for thing, row in rows:
        whole[thing].append(row)
    return whole


async def measure(
    connection: asyncpg.Connection,
    taken: Taken,
    things: Sequence[UUID],
    *,
    batch: int,
    clock: Clock,
) -> float:
    """Insert all rows into empty tables and return how many things a second that was.

    Args:
        connection: To the database; nothing else is asked of it.
        taken: The rows.
        things: What they are of, in the order they are written.
        batch: How many things are written in one transaction.
        clock: What tells the time.
    """
    statements = {table: await _prepare(connection, taken.schema, table) for table in taken.tables}
    batches = [
        _columns(taken, things[start : start + batch]) for start in range(0, len(things), batch)
    ]
    began = clock.monotonic()
    for tables in batches:
        async with connection.transaction():
            for table, columns in tables.items():
                await connection.execute(statements[table], *columns)
    return len(things) / (clock.monotonic() - began)


async def _prepare(connection: asyncpg.Connection, schema: str, table: str) -> str:
    """Make an empty table of the same shape, and return what inserts into it."""
    await connection.execute(
        f"create schema if not exists {SCHEMA};"
        f"create table {SCHEMA}.{table} (like {schema}.{table} including all)"
    )
    columns = await connection.fetch(_COLUMNS, f"{schema}.{table}")
    names = ", ".join(f'"{column["name"]}"' for column in columns)
    arrays = ", ".join(f"${n}::{column['type']}[]" for n, column in enumerate(columns, start=1))
    return (
        f"insert into {SCHEMA}.{table} ({names}) overriding system value"  # noqa: S608  # names from the catalog
        f" select * from unnest({arrays})"
    )


def _columns(taken: Taken, things: Sequence[UUID]) -> dict[str, list[list[Any]]]:
    """Return the rows of some things as the arrays that `unnest` takes, by table."""
    found = {
        table: [row for thing in things for row in rows.get(thing, ())]
        for table, rows in taken.tables.items()
    }
    return {
        table: [list(column) for column in zip(*rows, strict=True)]
        for table, rows in found.items()
        if rows
    }
