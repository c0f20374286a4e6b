"""Runs the dispatcher by itself: `python -m services.dispatcher`."""

import sys
from functools import partial

from services.dispatcher.settings import DispatcherSettings
from services.dispatcher.wiring import build
from services.runtime import spans
from services.runtime.precedence import give_way
from services.runtime.process import run
from services.runtime.settings import load


def main() -> int:
    """Run until told to stop; returns the exit code."""
    settings = load(DispatcherSettings)
    give_way(settings.niceness)
    with spans.opened(settings.otlp):
        return run(
            partial(build, settings),
            port=settings.port,
            ops_port=settings.ops_port,
            host=settings.host,
            log_level=settings.log_level,
        )


if __name__ == "__main__":
    sys.exit(main())
