"""An instance's database: made, brought to shape, dropped."""

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

import services
from services.runtime.clock import Clock
from services.runtime.migrations import migrate

OWNERS = ("intake", "dispatcher", "notifier")
_SQL = Path(services.__file__).parents[1] / "schemas" / "sql"
_SECONDS = 15.0


def dsn_of(admin_dsn: str, name: str) -> str:
    """Return the DSN of another database of a server."""
    return urlunsplit(urlsplit(admin_dsn)._replace(path=f"/{name}"))


async def create(admin_dsn: str, name: str) -> str:
    """Make a database unless it is there, and return its DSN."""
    connection = await asyncpg.connect(admin_dsn, timeout=_SECONDS)
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
            await connection.execute(f'create database "{name}" template template0')
    finally:
        await connection.close(timeout=_SECONDS)
    return dsn_of(admin_dsn, name)


async def drop(admin_dsn: str, name: str) -> None:
    """Drop a database if it is there, cutting the connections it still has."""
    connection = await asyncpg.connect(admin_dsn, timeout=_SECONDS, command_timeout=_SECONDS)
    try:
        await connection.execute(f'drop database if exists "{name}" with (force)')
    finally:
        await connection.close(timeout=_SECONDS)


async def bring_up(dsn: str, *, clock: Clock) -> list[str]:
    """Apply the migrations of all owners that are not applied yet; returns their names.

    Raises:
        MigrationError: The database cannot be brought to the code's shape.
        ClockMismatchError: The database was made with another clock.
    """
    return await migrate(dsn, [_SQL / owner for owner in OWNERS], clock=clock)
