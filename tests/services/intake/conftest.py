"""An intake for each test, and the lines it logs."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from services.runtime import logs
from tests.services.intake.park import Intake


@pytest.fixture
def intake() -> Intake:
    """An intake of its own, with the usual limits."""
    return Intake()


class Lines:
    """What is logged from now on, as it would be written."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self._writer = logs.configure(stream=self._stream)

    def text(self) -> str:
        """All lines; none is taken after."""
        self._writer.close()
        return self._stream.getvalue()

    def read(self) -> list[dict[str, Any]]:
        """All lines read; none is taken after."""
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """The log of intake, in memory."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for name, module in list(sys.modules.items()):
        if name.startswith("services.intake.") and hasattr(module, "_log"):
            # A logger that was used before keeps the configuration it was used with.
            monkeypatch.setattr(module, "_log", structlog.get_logger(name))
    yield Lines()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
