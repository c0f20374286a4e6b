"""From when on an alert without incident counts as lost."""

from datetime import datetime, timedelta

SETTLED_SECONDS = 10.0
"""Real seconds in which an alert becomes an incident, whatever is restarted meanwhile."""


def settled_before(now: datetime, *, factor: float) -> datetime:
    """The moment before which every alert received must be an incident or a dead letter.

    Args:
        now: Domain time.
        factor: Domain seconds in a real second.
    """
    return now - timedelta(seconds=SETTLED_SECONDS * factor)
