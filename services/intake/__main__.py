"""Runs intake alone: `python -m services.intake`."""

import sys
from functools import partial

from services.intake.settings import IntakeSettings
from services.intake.wiring import build
from services.runtime import process
from services.runtime.settings import load


def main() -> int:
    """Run until told to stop; returns the process's exit code."""
    settings = load(IntakeSettings)
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
