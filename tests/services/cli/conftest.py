"""What commands do to the whole process is undone after each test."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """A command has its logs go to its own stderr, which is closed when the test is over."""
    yield
    structlog.reset_defaults()
