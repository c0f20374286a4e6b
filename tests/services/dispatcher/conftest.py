"""A dispatcher for each test."""

import pytest

from tests.services.dispatcher.park import Dispatcher


@pytest.fixture(scope="session")
def built() -> Dispatcher:
    """The dispatcher of the run: to build its routes takes longer than most tests."""
    return Dispatcher()


@pytest.fixture
def dispatcher(built: Dispatcher) -> Dispatcher:
    """A dispatcher as new."""
    built.renew()
    return built
