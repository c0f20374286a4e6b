"""Runs intake alone: `python -m services.intake`."""

import sys
from functools import partial

from services.intake.settings import IntakeSettings
from services.intake.wiring import build
from services.runtime import process, spans
from services.runtime.precedence import give_way
from services.runtime.settings import load


def main() -> int:
    """Run until told to stop; returns the process's exit code."""
    settings = load(IntakeSettings)
    give_way(settings.niceness)
    with spans.opened(settings.otlp):
        return process.run(
            partial(build, settings),
            port=settings.port,
            ops_port=settings.ops_port,
            host=settings.host,
            log_level=settings.log_level,
            clock=settings.clock,
        )


if __name__ == "__main__":
    sys.exit(main())
