"""Sites on the run's own servers, and a broker of this folder alone to be frozen and killed."""

import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from services.cli.stack.kafka import start_kafka
from services.cli.stack.process import Process
from services.runtime.migrations import migrate
from tests.conftest import Databases
from tests.integration.intake.site import MIGRATIONS, Intake, Site, running


@pytest.fixture(scope="session")
async def intake_template(databases: Databases) -> str:
    """A database with intake's tables, to be copied."""

    async def prepare(dsn: str) -> None:
        await migrate(dsn, [MIGRATIONS])

    return await databases.template("intake", prepare)


@pytest.fixture
async def intake_dsn(databases: Databases, intake_template: str) -> AsyncIterator[str]:
    """A database of one test's own with intake's tables."""
    dsn = await databases.create(intake_template)
    yield dsn
    await databases.drop(dsn)


@pytest.fixture
async def site(kafka: str, intake_dsn: str) -> Site:
    """Topics with a directory and a database, on the run's own servers."""
    made = Site(kafka=kafka, dsn=intake_dsn)
    await made.make_topics()
    await made.publish(1)
    return made


@pytest.fixture
async def intake(site: Site) -> AsyncIterator[Intake]:
    """An intake that is ready, on the run's own servers."""
    async with running(site) as process:
        await process.ready()
        yield process


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A Kafka of one module's own."""
    directory = tmp_path_factory.mktemp("intake-broker")
    server = start_kafka(directory, port=0, progress=print, cancel=threading.Event())
    yield server
    server.close()


@pytest.fixture
def broker(own_broker: Process) -> Iterator[Process]:
    """The module's Kafka, running and not frozen, before and after each test."""
    yield own_broker
    own_broker.resume()
    if own_broker.pid is None:
        own_broker.restart()
