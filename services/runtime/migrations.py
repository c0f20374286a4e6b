"""Brings a database to the shape the code needs: numbered SQL files, forward only, each once.

A folder is named for its owner and holds `NNNN_name.sql`. Each file runs in one transaction, unless
a line `-- no-tx` says that its statements (each ended by `;` at the end of a line) cannot; such a
file must bear being run again. What was applied is kept in `<owner>.migration` with a checksum. The
runner makes what every owner needs first: the role `d115_<owner>`, the schema, its bookkeeping,
and the clock the database was made with.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import structlog

from services.runtime.clock import Clock, ClockSetting, SystemClock
from services.runtime.logs import describe
from services.runtime.postgres import CONNECT_SECONDS, is_transient, reach
from services.runtime.queries import load

OLDEST_POSTGRES = 15
LOCK_PATIENCE = 120.0
FILE_TRIES = 5

# Locks are given up soon, so that a migration never holds up the services that run; a statement
# may take long, because an index on a large table does.
_SESSION = {
    "application_name": "d115-migrate",
    "timezone": "UTC",
    "jit": "off",
    "lock_timeout": "2s",
    "statement_timeout": "600s",
}
_LOCK = 0x115_115_115  # of the whole database: one run at a time
_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_OWNER = re.compile(r"[a-z][a-z_]*")
_NO_TRANSACTION = re.compile(r"^-- no-tx\s*$", re.MULTILINE)
_STATEMENT_END = re.compile(r";\s*$", re.MULTILINE)
_QUERIES = load(Path(__file__).with_name("migrations.sql"))

_log = structlog.get_logger(__name__)


class MigrationError(Exception):
    """The database cannot be brought to the code's shape; the message names the file and why."""


class ClockMismatchError(Exception):
    """The database was made with another clock than this process has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file."""

    owner: str
    number: int
    name: str
    sql: str

    @property
    def title(self) -> str:
        """The file, as `intake/0001_make_tables.sql`."""
        return f"{self.owner}/{self.number:04}_{self.name}.sql"

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, blind to how a checkout ends its lines."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


async def migrate(
    dsn: str,
    folders: Sequence[Path],
    *,
    clock: Clock | None = None,
    patience: float = 60.0,
) -> list[str]:
    """Apply what is not applied yet, waiting for Postgres and for another run to end.

    Args:
        dsn: Where, with a login that may make roles and schemas.
        folders: One for each owner, applied in this order.
        clock: The clock of the instance, kept with a new database.
        patience: Real seconds to wait for Postgres.

    Returns:
        The files applied now, in order.

    Raises:
        MigrationError: A file failed (nothing of it is kept), was edited after it was applied, is
            missing or out of order; or the database is newer than the code.
        ClockMismatchError: The database was made with another clock.
        PostgresAwayError: Postgres did not answer in time.
    """
    clock = clock or SystemClock()
    files = {folder.name: read(folder) for folder in folders}

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(
            dsn, timeout=CONNECT_SECONDS, command_timeout=610, server_settings=_SESSION
        )

    connection = await reach(connect, clock=clock, patience=patience)
    try:
        _check_version(connection)
        await _lock(connection, clock)
        applied = list[str]()
        for owner, migrations in files.items():
            await _prepare(connection, owner, clock)
            applied += await _bring_up(connection, owner, migrations, clock)
        return applied
    finally:
        await connection.close(timeout=CONNECT_SECONDS)


def read(folder: Path) -> list[Migration]:
    """Read an owner's files, in the order of their numbers.

    Raises:
        MigrationError: A name has another form, or two files have one number.
    """
    if not _OWNER.fullmatch(folder.name):
        raise MigrationError(f"{folder} is not named for an owner")
    found: dict[int, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        form = _FILE.fullmatch(path.name)
        if form is None:
            raise MigrationError(f"{path} is not named NNNN_name.sql")
        text = "\n".join(path.read_text("utf-8").splitlines())
        migration = Migration(owner=folder.name, number=int(form[1]), name=form[2], sql=text)
        other = found.setdefault(migration.number, migration)
        if other is not migration:
            raise MigrationError(f"{other.title} and {migration.title} have the same number")
    if not found:
        raise MigrationError(f"{folder} holds no migration")
    return list(found.values())


def plan(files: Sequence[Migration], applied: Mapping[int, str]) -> list[Migration]:
    """Say which files are still to be applied, in order.

    Args:
        files: All files of one owner, in order.
        applied: The checksum of each number that the database has.

    Raises:
        MigrationError: As `migrate`.
    """
    owner, newest = files[0].owner, max(applied, default=-1)
    known = {file.number: file for file in files}
    for number in sorted(applied):
        if number not in known:
            if number > files[-1].number:
                raise MigrationError(
                    f"this database is newer than the code: it has {owner} migration {number:04},"
                    f" the code ends at {files[-1].title}"
                )
            raise MigrationError(f"{owner} migration {number:04} was applied but its file is gone")
        if applied[number] != known[number].checksum:
            raise MigrationError(
                f"{known[number].title} was edited after it was applied; write a new file instead"
            )
    pending = [file for file in files if file.number not in applied]
    for file in pending:
        if file.number < newest:
            raise MigrationError(f"{file.title} comes before {newest:04}, which was applied")
    return pending


async def check_clock(connection: asyncpg.Connection, owner: str, clock: Clock) -> None:
    """Refuse a process whose clock is not the one the database was made with.

    Raises:
        ClockMismatchError: It is another; the message says both.
    """
    row = await connection.fetchrow(_QUERIES["read_clock"].format(owner=owner))
    made_with = ClockSetting(row["origin"], row["started"], row["factor"])
    if made_with != clock.setting:
        raise ClockMismatchError(
            f"this database was made with the clock '{made_with}', D115_CLOCK says"
            f" '{clock.setting}': moments of two clocks cannot be compared"
        )


def _check_version(connection: asyncpg.Connection) -> None:
    version = connection.get_server_version()
    if version.major < OLDEST_POSTGRES:
        raise MigrationError(
            f"PostgreSQL {OLDEST_POSTGRES} or newer is needed, not {version.major}"
        )


async def _lock(connection: asyncpg.Connection, clock: Clock) -> None:
    """Wait for the lock by asking, because `lock_timeout` would end a wait in the server."""
    deadline = clock.monotonic() + LOCK_PATIENCE
    while not await connection.fetchval(_QUERIES["try_lock"], _LOCK):
        if clock.monotonic() > deadline:
            raise MigrationError(f"another migration has run for over {LOCK_PATIENCE:g} s")
        await clock.sleep(0.2)


async def _prepare(connection: asyncpg.Connection, owner: str, clock: Clock) -> None:
    role = f"d115_{owner}"
    if not await connection.fetchval(_QUERIES["has_role"], role):
        try:
            await connection.execute(_QUERIES["make_role"].format(owner=owner))
        except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
            _log.info("role_made_elsewhere", role=role)  # roles are the whole server's
    if not await connection.fetchval(_QUERIES["is_superuser"]):
        try:
            await connection.execute(_QUERIES["join_role"].format(owner=owner))
        except asyncpg.InsufficientPrivilegeError:
            _log.info("role_not_granted", role=role)  # then whoever made the role has to grant it
    async with connection.transaction():
        await connection.execute(_QUERIES["make_bookkeeping"].format(owner=owner))
        await connection.execute(_QUERIES["insert_clock"].format(owner=owner), *clock.setting)
    await check_clock(connection, owner, clock)


async def _bring_up(
    connection: asyncpg.Connection, owner: str, files: Sequence[Migration], clock: Clock
) -> list[str]:
    rows = await connection.fetch(_QUERIES["list_migrations"].format(owner=owner))
    pending = plan(files, {row["number"]: row["checksum"] for row in rows})
    for migration in pending:
        await _apply_patiently(connection, migration, clock)
        _log.info("migration_applied", migration=migration.title)
    return [migration.title for migration in pending]


async def _apply_patiently(
    connection: asyncpg.Connection, migration: Migration, clock: Clock
) -> None:
    """Apply a file, trying again where a lock was not had in time."""
    for left in reversed(range(FILE_TRIES)):
        try:
            await _apply(connection, migration, clock)
        except (asyncpg.PostgresError, OSError) as error:
            if not left or not is_transient(error) or connection.is_closed():
                raise MigrationError(f"{migration.title} failed: {describe(error)}") from error
            _log.warning("migration_retried", migration=migration.title, fault=describe(error))
            await clock.sleep(1.0)
        else:
            return


async def _apply(connection: asyncpg.Connection, migration: Migration, clock: Clock) -> None:
    insert = _QUERIES["insert_migration"].format(owner=migration.owner)
    done = (migration.number, migration.name, migration.checksum, clock.real())
    if _NO_TRANSACTION.search(migration.sql):
        for statement in filter(str.strip, _STATEMENT_END.split(migration.sql)):
            await connection.execute(statement)
        await connection.execute(insert, *done)
        return
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(insert, *done)
