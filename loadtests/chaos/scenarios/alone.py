"""One service's tables are restored from an older backup, while the others' stay as they are.

As where each service has a database of its own. The copy is made in Postgres itself, in one
transaction, beside the service; the service is stopped while its tables are put back.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

import asyncpg

from loadtests.chaos.faults.fault import Fault, Since
from loadtests.chaos.scenarios.backup import is_told_anew
from loadtests.chaos.scenarios.scenario import Scenario
from loadtests.chaos.world import World
from services.runtime.clock import SystemClock

MEANWHILE_SECONDS = 10.0
_KEPT = "chaos_backup"
_CLOCK = SystemClock()


async def back_up(world: World, schema: str) -> None:
    """Copy every table and the stand of every sequence."""
    connection = await asyncpg.connect(world.dsn, timeout=15)
    try:
        async with connection.transaction(isolation="repeatable_read"):
            await connection.execute(f"create schema {_KEPT}")
            for table in await _tables(connection, schema):
                await connection.execute(
                    f'create table {_KEPT}."{table}" as table {schema}."{table}"'
                )
            await connection.execute(f"create table {_KEPT}.stands (name text, stand bigint)")
            rows = await connection.fetch(
                "select sequencename, last_value from pg_sequences where schemaname = $1", schema
            )
            await connection.executemany(
                f"insert into {_KEPT}.stands values ($1, $2)",  # noqa: S608  # our own name
                [tuple(row) for row in rows],
            )
    finally:
        await connection.close()


async def put_back(world: World, schema: str) -> None:
    """Put every table and sequence back as it was."""
    connection = await asyncpg.connect(world.dsn, timeout=15)
    try:
        async with connection.transaction():
            tables = await _tables(connection, schema)
            names = ", ".join(f'{schema}."{table}"' for table in tables)
            await connection.execute("set local session_replication_role = replica")
            await connection.execute(f"truncate {names} cascade")
            for table in tables:
                columns = ", ".join(await _columns(connection, schema, table))
                await connection.execute(
                    f'insert into {schema}."{table}" ({columns}) overriding system value'  # noqa: S608  # names from the catalog
                    f' select {columns} from {_KEPT}."{table}"'
                )
            await connection.execute(
                f"select setval(format('%I.%I', $1::text, name)::regclass, coalesce(stand, 1))"  # noqa: S608  # our own name
                f" from {_KEPT}.stands",
                schema,
            )
            await connection.execute(f"drop schema {_KEPT} cascade")
    finally:
        await connection.close()


async def _tables(connection: asyncpg.Connection, schema: str) -> Sequence[str]:
    rows = await connection.fetch(
        "select tablename from pg_tables where schemaname = $1 and tablename <> 'migration'"
        " order by tablename",
        schema,
    )
    return [row["tablename"] for row in rows]


async def _columns(connection: asyncpg.Connection, schema: str, table: str) -> Sequence[str]:
    rows = await connection.fetch(
        "select column_name from information_schema.columns where table_schema = $1"
        " and table_name = $2 and is_generated = 'NEVER' order by ordinal_position",
        schema,
        table,
    )
    return [f'"{row["column_name"]}"' for row in rows]


async def suffer(world: World, service: str) -> None:
    """Back up, work on for a while, and put the service's tables back."""
    await back_up(world, service)
    await world.fleet.recover()
    await _CLOCK.sleep(MEANWHILE_SECONDS)
    await asyncio.gather(*(each.stop() for each in world.replicas_of(service)))
    await put_back(world, service)


async def start(world: World) -> None:
    """Start the service again."""
    await world.revive()


SCENARIOS = tuple(
    Scenario(
        name=f"{service} restored alone",
        excused=is_told_anew,
        fault=Fault(
            name=f"{service} restored alone",
            inject=partial(suffer, service=service),
            heal=start,
            since=Since.HEALING,
            goal=20.0,
            ready_goal=20.0,
            crowded=False,
        ),
    )
    for service in ("dispatcher", "notifier")
)
