"""The notifier's parts beside the clocks, in the order in which they are made."""

from services.notifier.wiring.base import Base
from services.notifier.wiring.extension import Extension


def extend(base: Base) -> list[Extension]:
    """Make them all."""
    del base
    return []
