"""The real servers for tests that ask for them: started once per test run, and only then.

``stack`` starts Kafka and Postgres, or uses those of ``D115_KAFKA`` and ``D115_POSTGRES``. A test
that kills or pauses a server takes ``own_stack``, which is nobody else's.
"""

import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from services.cli.stack.stack import Stack, open_stack, remove

FIGURE = "figure"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured, such as recovery times, whichever process they ran in."""
    figures = [
        (report.nodeid.rpartition("::")[2], value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, value in report.user_properties
        if name == FIGURE
    ]
    if figures:
        terminalreporter.section("measured")
    for test, value in sorted(figures):
        terminalreporter.write_line(f"{test}: {value}")


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Note a figure to be printed at the end of the run."""

    def note(figure: str) -> None:
        record_property(FIGURE, figure)

    return note


class Databases:
    """Makes databases on one server and drops them all at the end."""

    def __init__(self, admin_dsn: str) -> None:
        self._admin_dsn = admin_dsn
        self._run = secrets.token_hex(4)  # several test runs may share a server
        self._made = 0
        self._templates: dict[str, str] = {}

    async def create(self, template: str = "template0") -> str:
        """Make a database, empty or a copy of a template, and return its DSN."""
        self._made += 1
        name = f"test_{self._run}_{self._made}"
        await self._execute(f'create database "{name}" template "{template}"')
        return self.dsn(name)

    async def template(self, name: str, prepare: Callable[[str], Awaitable[None]]) -> str:
        """Return a template database for ``create``, made and prepared at the first call of a name.

        Args:
            name: What it holds, such as "migrated".
            prepare: Takes its DSN and fills it; must leave no connection open.
        """
        if name not in self._templates:
            dsn = await self.create()
            await prepare(dsn)
            self._templates[name] = urlsplit(dsn).path[1:]
        return self._templates[name]

    async def drop(self, dsn: str) -> None:
        """Drop a database, closing the connections that are left."""
        await self._execute(f'drop database if exists "{urlsplit(dsn).path[1:]}" with (force)')

    async def drop_templates(self) -> None:
        """Drop the templates that were made."""
        for name in self._templates.values():
            await self.drop(self.dsn(name))

    def dsn(self, name: str) -> str:
        """Return the DSN of a database of this server."""
        return urlunsplit(urlsplit(self._admin_dsn)._replace(path=f"/{name}"))

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._admin_dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Kafka and Postgres for the whole test run."""
    with (
        scratch_directory() as directory,
        open_stack(directory, any_port=True, progress=print) as opened,
    ):
        yield opened


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder for a test's own servers: unlike ``tmp_path``, every account may pass through it."""
    with scratch_directory() as directory:
        yield directory


@pytest.fixture
def own_stack(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Kafka and Postgres of one test alone, to kill, pause and restart."""
    monkeypatch.delenv("D115_KAFKA", raising=False)
    monkeypatch.delenv("D115_POSTGRES", raising=False)
    with open_stack(scratch, any_port=True, progress=print) as opened:
        yield opened


@pytest.fixture(scope="session")
def kafka(stack: Stack) -> str:
    """The address of Kafka, host:port."""
    return stack.kafka.address


@pytest.fixture(scope="session")
def postgres_admin(stack: Stack) -> str:
    """The DSN of Postgres' superuser."""
    return stack.postgres.dsn


@pytest.fixture(scope="session")
async def databases(postgres_admin: str) -> AsyncIterator[Databases]:
    """Makes databases for tests that need several, or copies of a prepared one."""
    made = Databases(postgres_admin)
    yield made
    await made.drop_templates()


@pytest.fixture
async def database_dsn(databases: Databases) -> AsyncIterator[str]:
    """The DSN of a fresh, empty database."""
    dsn = await databases.create()
    yield dsn
    await databases.drop(dsn)


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A new directory that every account may pass through, gone at the end with all it led to."""
    directory = Path(tempfile.mkdtemp(prefix="d115-tests-"))
    directory.chmod(0o711)
    try:
        yield directory
    finally:
        remove(directory)
