"""A dispatcher's database with a directory in force."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.runtime.migrations import migrate
from tests.conftest import Databases
from tests.integration.dispatcher.desk.endpoint import System, serving
from tests.integration.dispatcher.desk.site import CLOCK, Site, open_site

SQL = Path(__file__).parents[4] / "schemas" / "sql" / "dispatcher"


@pytest.fixture
async def site_dsn(databases: Databases) -> AsyncIterator[str]:
    template = await databases.template("dispatcher desk", _migrate)
    dsn = await databases.create(template)
    yield dsn
    await databases.drop(dsn)


@pytest.fixture
async def site(site_dsn: str) -> AsyncIterator[Site]:
    async with open_site(site_dsn) as made:
        yield made


@pytest.fixture
async def system() -> AsyncIterator[System]:
    async with serving() as made:
        yield made


async def _migrate(dsn: str) -> None:
    await migrate(dsn, [SQL], clock=CLOCK)
