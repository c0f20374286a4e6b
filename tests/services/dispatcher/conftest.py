"""A dispatcher for each test."""

import pytest

from services.dispatcher.stream import Hub
from tests.fakes.clock import FakeClock
from tests.services.dispatcher.consoles import HeldFrames
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


@pytest.fixture
def frames() -> HeldFrames:
    """Frames in memory, none yet."""
    return HeldFrames()


@pytest.fixture
def hub(frames: HeldFrames) -> Hub:
    """A hub of those frames."""
    return Hub(frames, FakeClock())
