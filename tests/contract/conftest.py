"""Both stores of the dispatcher, each empty."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Databases
from tests.contract.dispatcher_desk import ATLAS, Desk
from tests.contract.dispatcher_stores import InMemory, Kept, make_tables, open_postgres


@pytest.fixture(params=["memory", "postgres"])
async def kept(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[Kept]:
    """Either store, empty."""
    if request.param == "memory":
        yield InMemory(ATLAS)
        return
    dsn = await databases.create(await databases.template("dispatcher contract", make_tables))
    async with open_postgres(dsn, ATLAS) as opened:
        yield opened
    await databases.drop(dsn)


@pytest.fixture
def desk(kept: Kept) -> Desk:
    return Desk(kept)
