"""Postgres: whether it answers, its clock, the shape of its schemas, and the roles' rights."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import asyncpg

import services
from services.cli.doctor.findings import Finding, fail, fine, unseen, warn
from services.cli.instance.database import OWNERS
from services.cli.servers import Servers
from services.runtime.clock import Clock
from services.runtime.logs import describe
from services.runtime.migrations import OLDEST_POSTGRES, MigrationError, plan, read

SECONDS = 10.0
MOST_SKEW_SECONDS = 0.5
MOST_OUTBOX_SECONDS = 30.0
_SQL = Path(services.__file__).parents[1] / "schemas" / "sql"

INSERT_ONLY = ("dispatcher.event", "notifier.timing_event", "notifier.heads_digest")
"""What nobody may change once it is written, by grant."""

_SERVER_CLOCK = "select clock_timestamp()"  # its clock is what is asked for here
_HAS_SCHEMA = "select to_regclass($1) is not null"
_APPLIED = "select number, checksum from {owner}.migration"
_IS_MEMBER = "select pg_has_role(current_user, $1, 'member')"
_HAS_ROLE = "select exists (select from pg_roles where rolname = $1)"
_MAY_CHANGE = """
select has_table_privilege($1, $2, 'update') or has_table_privilege($1, $2, 'delete')
    or has_table_privilege($1, $2, 'truncate')
"""
_MAY_LOOK = "select has_schema_privilege($1, $2, 'usage')"
_WAITING = "select count(*), min(recorded_at) from {owner}.outbox"


async def look_at_postgres(servers: Servers, *, clock: Clock) -> AsyncIterator[Finding]:
    """Look at the server, its clock, every owner's schema, and what each role may do."""
    if servers.postgres is None:
        do = "set D115_POSTGRES, or give --postgres"
        yield unseen("postgres", "nobody said where it is", do=do)
        return
    try:
        async with asyncio.timeout(SECONDS):
            connection = await asyncpg.connect(servers.postgres, timeout=SECONDS / 2)
            try:
                found = [each async for each in _findings(connection, clock)]
            finally:
                await connection.close(timeout=SECONDS / 2)
    except (asyncpg.PostgresError, OSError) as error:
        do = "start Postgres, and check host, database and password of the DSN"
        yield fail("postgres", f"does not answer: {describe(error)}", do=do)
        return
    for each in found:
        yield each


async def _findings(connection: asyncpg.Connection, clock: Clock) -> AsyncIterator[Finding]:
    version = connection.get_server_version()
    if version.major < OLDEST_POSTGRES:
        do = f"upgrade it to {OLDEST_POSTGRES} or later"
        yield fail("postgres", f"answers; version {version.major}", do=do)
    else:
        yield fine("postgres", f"answers; version {version.major}.{version.minor}")
    yield await _clock(connection, clock)
    for owner in OWNERS:
        yield await _shape(connection, owner)
    yield await _rights(connection)
    for owner in ("dispatcher", "notifier"):
        yield await _outbox(connection, owner, clock)


async def _clock(connection: asyncpg.Connection, clock: Clock) -> Finding:
    before = clock.real()
    theirs = await connection.fetchval(_SERVER_CLOCK)
    skew = (theirs - (before + (clock.real() - before) / 2)).total_seconds()
    if abs(skew) > MOST_SKEW_SECONDS:
        do = "set both machines' clocks by the same NTP server"
        return fail("postgres.clock", f"{skew:+.1f} s from this machine's", do=do)
    return fine("postgres.clock", f"{skew * 1000:+.0f} ms from this machine's")


async def _shape(connection: asyncpg.Connection, owner: str) -> Finding:
    check = f"postgres.migrations.{owner}"
    if not await connection.fetchval(_HAS_SCHEMA, f"{owner}.migration"):
        return fail(check, "nothing was ever applied", do="run `d115 migrate`")
    rows = await connection.fetch(_APPLIED.format(owner=owner))
    applied = {row["number"]: row["checksum"] for row in rows}
    try:
        pending = plan(read(_SQL / owner), applied)
    except MigrationError as error:
        return fail(check, str(error), do="run the code that fits this database")
    if pending:
        names = ", ".join(each.title for each in pending)
        return fail(check, f"not applied: {names}", do="run `d115 migrate`, then the services")
    return fine(check, f"{len(applied)} applied, as the code has them")


async def _rights(connection: asyncpg.Connection) -> Finding:
    faults = [fault async for fault in _wrong_rights(connection)]
    if faults:
        do = "run `d115 migrate` as a login that may grant; take back what is too much"
        return fail("postgres.rights", "; ".join(faults), do=do)
    return fine("postgres.rights", "each role has its own schema; events are insert-only")


async def _wrong_rights(connection: asyncpg.Connection) -> AsyncIterator[str]:
    roles = {owner: f"d115_{owner}" for owner in OWNERS}
    missing = [role for role in roles.values() if not await connection.fetchval(_HAS_ROLE, role)]
    for role in missing:
        yield f"there is no role {role}"
    present = {owner: role for owner, role in roles.items() if role not in missing}
    for owner, role in present.items():
        if not await connection.fetchval(_IS_MEMBER, role):
            yield f"this login is no member of {role}"
        if not await connection.fetchval(_MAY_LOOK, role, owner):
            yield f"{role} may not use schema {owner}"
    async for fault in _too_much(connection, present):
        yield fault


async def _too_much(connection: asyncpg.Connection, roles: Mapping[str, str]) -> AsyncIterator[str]:
    for owner, role in roles.items():
        for other in roles:
            if other != owner and await connection.fetchval(_MAY_LOOK, role, other):
                yield f"{role} may look into schema {other}"
        for table in INSERT_ONLY:
            there = await connection.fetchval(_HAS_SCHEMA, table)
            if there and await connection.fetchval(_MAY_CHANGE, role, table):
                yield f"{role} may change {table}"


async def _outbox(connection: asyncpg.Connection, owner: str, clock: Clock) -> Finding:
    check = f"postgres.outbox.{owner}"
    if not await connection.fetchval(_HAS_SCHEMA, f"{owner}.outbox"):
        return unseen(check, "there is no outbox", do="run `d115 migrate`")
    count, oldest = await connection.fetchrow(_WAITING.format(owner=owner))
    age = 0.0 if oldest is None else (clock.real() - oldest).total_seconds()
    if age > MOST_OUTBOX_SECONDS:
        do = f"is the {owner} running, and does Kafka answer?"
        return warn(check, f"{count} messages wait, the oldest for {age:.0f} s", do=do)
    return fine(check, f"{count} messages wait")
