"""A migrated database for each test, and a notifier's store on it."""

from collections.abc import AsyncIterator

import pytest

from services.runtime.migrations import migrate
from tests.conftest import Databases
from tests.integration.notifier.bench import SCHEMAS, Bench, open_bench
from tests.integration.notifier.site import Site, open_site


@pytest.fixture
async def notifier_dsn(databases: Databases) -> AsyncIterator[str]:
    template = await databases.template("notifier", _migrate)
    dsn = await databases.create(template)
    yield dsn
    await databases.drop(dsn)


@pytest.fixture
async def bench(notifier_dsn: str) -> AsyncIterator[Bench]:
    async with open_bench(notifier_dsn) as made:
        yield made


async def _migrate(dsn: str) -> None:
    await migrate(dsn, [SCHEMAS / "notifier"])


@pytest.fixture
async def site(kafka: str, notifier_dsn: str) -> AsyncIterator[Site]:
    async with open_site(kafka, notifier_dsn) as made:
        yield made
