"""Runs the notifier alone: `python -m services.notifier`."""

import sys
from functools import partial

from services.notifier.settings import NotifierSettings
from services.notifier.wiring import build
from services.runtime import spans
from services.runtime.precedence import give_way
from services.runtime.process import run
from services.runtime.settings import load


def main() -> int:
    """Run until told to stop; returns the process's exit code."""
    settings = load(NotifierSettings)
    give_way(settings.niceness)
    with spans.opened(settings.otlp):
        return run(
            partial(build, settings),
            port=settings.port,
            ops_port=settings.ops_port,
            host=settings.host,
            log_level=settings.log_level,
            clock=settings.clock,
        )


if __name__ == "__main__":
    sys.exit(main())
