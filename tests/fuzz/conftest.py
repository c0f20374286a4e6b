"""Databases with the services' tables, as the integration tests make them."""

from collections.abc import AsyncIterator

import pytest

from services.cli.instance.database import bring_up
from services.cli.stack.stack import Stack
from services.runtime.clock import SystemClock
from tests.conftest import Databases, scratch_directory
from tests.fuzz.campaign import FACTOR, SEED
from tests.fuzz.park import Park, open_park
from tests.integration.dispatcher.life import site as dispatcher
from tests.integration.notifier import bench as notifier


def pytest_report_header() -> str:
    """Say what it takes to try the same again."""
    return f"fuzz: FUZZ_EXAMPLES={FACTOR} FUZZ_SEED={SEED}"


@pytest.fixture
async def dispatcher_site(databases: Databases) -> AsyncIterator[dispatcher.Site]:
    """A dispatcher's store in a database with the small park in it."""
    dsn = await databases.create(await databases.template("dispatcher life", dispatcher.prepare))
    async with dispatcher.open_site(dsn) as made:
        yield made
    await databases.drop(dsn)


@pytest.fixture
async def notifier_bench(databases: Databases) -> AsyncIterator[notifier.Bench]:
    """A notifier's store in a database of its own."""
    dsn = await databases.create(await databases.template("all", _prepare))
    async with notifier.open_bench(dsn) as made:
        yield made
    await databases.drop(dsn)


async def _prepare(dsn: str) -> None:
    await bring_up(dsn, clock=SystemClock())


@pytest.fixture(scope="session")
async def park(stack: Stack) -> AsyncIterator[Park]:
    """An instance of all three services, for everything in this folder that asks over HTTP."""
    with scratch_directory() as directory:
        async with open_park(stack, directory, name="fuzz") as made:
            yield made
