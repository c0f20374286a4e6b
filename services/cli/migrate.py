"""`d115 migrate`: brings the database of `D115_POSTGRES` to the shape the code needs."""

import asyncio
import os

from services.cli.errors import CommandError
from services.cli.instance.database import bring_up
from services.runtime.clock import parse_clock


def migrate() -> list[str]:
    """Apply what is not applied yet; returns the names of the files applied.

    Raises:
        CommandError: The environment does not say which database, or its clock.
    """
    dsn = os.environ.get("D115_POSTGRES")
    if not dsn:
        raise CommandError(
            "D115_POSTGRES is not set: postgresql://user:password@host:port/database"
        )
    try:
        clock = parse_clock(os.environ.get("D115_CLOCK", "system"))
    except ValueError as error:
        raise CommandError(f"D115_CLOCK: {error}") from error
    return asyncio.run(bring_up(dsn, clock=clock))
