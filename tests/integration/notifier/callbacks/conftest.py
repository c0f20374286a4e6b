"""Callbacks on a database of their own, and a station's system on loopback."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.dispatcher.desk.endpoint import System, serving
from tests.integration.notifier.bench import Bench
from tests.integration.notifier.callbacks.exchange import Exchange


@pytest.fixture
async def exchange(bench: Bench) -> Exchange:
    return Exchange(bench=bench)


@pytest.fixture
async def system() -> AsyncIterator[System]:
    async with serving() as made:
        yield made
