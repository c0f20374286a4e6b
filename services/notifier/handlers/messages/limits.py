"""How many messages an address takes in a time: counted here, by one process for itself.

The first that a person hears of an incident always goes, and counts all the same: the others wait.
Where several processes send, the other side may still find it too many and say so; then that is
waited for like any passing fault.
"""

from collections import OrderedDict, deque
from collections.abc import Mapping

from services.notifier.handlers.messages.rules import Limit

MOST_ADDRESSES = 10_000


class Limits:
    """What was sent to each address of late; the addresses unused for longest are forgotten."""

    def __init__(self, limits: Mapping[str, Limit]) -> None:
        self._limits = limits
        self._sent: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def wait(self, type_: str, address: str, *, first: bool, now: float) -> float:
        """Say how long a message is to wait; one that need not wait is counted as sent.

        Args:
            type_: Of the way.
            address: Whom it is limited for.
            first: The first a person hears of an incident.
            now: Monotonic seconds.
        """
        limit = self._limits.get(type_)
        if limit is None:
            return 0.0
        sent = self._sent.setdefault((type_, address), deque(maxlen=limit.count))
        self._sent.move_to_end((type_, address))
        if len(self._sent) > MOST_ADDRESSES:
            self._sent.popitem(last=False)
        if not first and len(sent) == limit.count and now - sent[0] < limit.seconds:
            return limit.seconds - (now - sent[0])
        sent.append(now)
        return 0.0
