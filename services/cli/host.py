"""Runs all three services in one process, under one address: `python -m services.cli.host`.

Each reads its own settings as it does alone; the address is that of intake's.
"""

import sys
from functools import partial

from services.cli.stack.ports import LOOPBACK
from services.dispatcher import wiring as dispatcher
from services.dispatcher.settings import DispatcherSettings
from services.intake import wiring as intake
from services.intake.settings import IntakeSettings
from services.notifier import wiring as notifier
from services.notifier.settings import NotifierSettings
from services.runtime import process, spans
from services.runtime.settings import load


def main() -> int:
    """Run until told to stop; returns the process's exit code."""
    first = load(IntakeSettings)
    watcher = load(NotifierSettings)
    if watcher.intake_url is None:
        own = f"http://{LOOPBACK}:{first.port}"
        watcher = watcher.model_copy(update={"intake_url": own})
    with spans.opened(first.otlp):
        return process.run(
            partial(dispatcher.build, load(DispatcherSettings)),  # makes the topics
            partial(intake.build, first),
            partial(notifier.build, watcher),
            port=first.port,
            ops_port=first.ops_port,
            host=first.host,
            log_level=first.log_level,
            clock=first.clock,
        )


if __name__ == "__main__":
    sys.exit(main())
