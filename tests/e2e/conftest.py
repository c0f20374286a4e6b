"""The real services with their pages, a browser, and a ground of its own for every test."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, Playwright

from services.cli.client import open_session
from services.cli.instance.instance import Blueprint, Instance
from services.cli.instance.opening import open_instance
from services.cli.stack.stack import Stack
from services.runtime.clock import Clock, ScaledClock, SystemClock
from tests.conftest import scratch_directory
from tests.e2e.browser import browsing, playing
from tests.e2e.caller import Caller
from tests.e2e.grounds import Ground, grounds, park
from tests.e2e.people import Visitors

FACTOR = 20
"""How fast the quick instance's time runs: a minute of the park in three seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A page, a browser and three services take their time, most of all on two busy cores."""
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(180))


@asynccontextmanager
async def opened(stack: Stack, data: Path, *, name: str, clock: Clock) -> AsyncIterator[Instance]:
    """Bring the three services up under one address, with the pages."""
    blueprint = Blueprint(name=name, data=data, park=park(), separate=False, clock=clock)
    async with open_instance(stack, blueprint, progress=print) as instance:
        yield instance


@pytest.fixture(scope="session")
def data() -> Iterator[Path]:
    """Where the instances of this run keep what they keep."""
    with scratch_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
async def instance(stack: Stack, data: Path) -> AsyncIterator[Instance]:
    """The services, in real time, for the whole test run."""
    async with opened(stack, data, name="e2e", clock=SystemClock()) as instance:
        yield instance


@pytest.fixture(scope="session")
async def quick_instance(stack: Stack, data: Path) -> AsyncIterator[Instance]:
    """The services with a clock that runs `FACTOR` times as fast."""
    now = datetime.now(UTC)  # noqa: TID251  # where the scaled clock begins
    async with opened(
        stack, data, name="e2e-quick", clock=ScaledClock(now, now, FACTOR)
    ) as instance:
        yield instance


@pytest.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    """Playwright, for the whole test run."""
    async with playing() as started:
        yield started


@pytest.fixture(scope="session")
async def chromium(playwright: Playwright) -> AsyncIterator[Browser]:
    """The browser, for the whole test run."""
    async with browsing(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def free() -> Iterator[Ground]:
    """The grounds no test has taken yet."""
    return iter(grounds())


@pytest.fixture
def ground(free: Iterator[Ground]) -> Ground:
    """A station, a center and two teams that no other test touches."""
    return next(free)


@pytest.fixture
async def visitors(
    chromium: Browser, instance: Instance, ground: Ground
) -> AsyncIterator[Visitors]:
    """Opens pages for the ground's people; no page may leave its origin or raise an error."""
    opened_ = Visitors(chromium, instance, ground)
    yield opened_
    await opened_.close()
    assert opened_.watch.faults == []


@pytest.fixture
async def quick_visitors(
    chromium: Browser, quick_instance: Instance, ground: Ground
) -> AsyncIterator[Visitors]:
    """As `visitors`, where time runs fast."""
    opened_ = Visitors(chromium, quick_instance, ground)
    yield opened_
    await opened_.close()
    assert opened_.watch.faults == []


@pytest.fixture
async def caller(instance: Instance, ground: Ground) -> AsyncIterator[Caller]:
    """Calls the interfaces with the keys of the ground's people."""
    async with open_session() as session:
        yield Caller(instance, ground, session)


@pytest.fixture
async def quick_caller(quick_instance: Instance, ground: Ground) -> AsyncIterator[Caller]:
    """As `caller`, where time runs fast."""
    async with open_session() as session:
        yield Caller(quick_instance, ground, session)
