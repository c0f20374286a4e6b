"""Sites on the run's own servers, and a broker of this folder alone to be killed and frozen."""

import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from services.cli.stack.kafka import start_kafka
from services.cli.stack.process import Process
from tests.conftest import Databases
from tests.integration.runtime.kafka.site import TABLES, Site, open_site


@pytest.fixture
async def site_dsn(databases: Databases) -> AsyncIterator[str]:
    template = await databases.template("pier", _make_tables)
    dsn = await databases.create(template)
    yield dsn
    await databases.drop(dsn)


@pytest.fixture
async def site(kafka: str, site_dsn: str) -> AsyncIterator[Site]:
    async with open_site(kafka, site_dsn) as made:
        yield made


@pytest.fixture
def broker(own_broker: Process) -> Iterator[Process]:
    """The broker of this folder alone, running and not frozen, before and after each test."""
    yield own_broker
    own_broker.resume()
    if own_broker.pid is None:
        own_broker.restart()


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A Kafka of one module's own."""
    directory: Path = tmp_path_factory.mktemp("broker")
    server = start_kafka(directory, port=0, progress=print, cancel=threading.Event())
    yield server
    server.close()


async def _make_tables(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(TABLES)
    finally:
        await connection.close()
