"""The notifier's parts beside the clocks, in the order in which they are made."""

from services.notifier.wiring import callbacks, canaries, figures, messages, people, running
from services.notifier.wiring.extension import Extension
from services.notifier.wiring.foundation import Base


def extend(base: Base) -> list[Extension]:
    """Make them all."""
    return [
        people.extend(base),
        messages.extend(base),
        callbacks.extend(base),
        canaries.extend(base),
        running.extend(base),
        figures.extend(base),
    ]
