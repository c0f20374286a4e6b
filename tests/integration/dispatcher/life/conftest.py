"""A dispatcher's database with the small park in it."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Databases
from tests.integration.dispatcher.life.site import Site, open_site, prepare


@pytest.fixture
async def site_dsn(databases: Databases) -> AsyncIterator[str]:
    dsn = await databases.create(await databases.template("dispatcher life", prepare))
    yield dsn
    await databases.drop(dsn)


@pytest.fixture
async def site(site_dsn: str) -> AsyncIterator[Site]:
    async with open_site(site_dsn) as made:
        yield made
