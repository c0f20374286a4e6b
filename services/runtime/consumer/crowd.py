"""Says whether so much comes that records should wait a little to share a transaction.

A transaction costs as much as applying several records. While few come, each is applied at once,
since somebody waits for it. When many come, one transaction each takes the cores from those who
still send, and all wait longer than they would for one another.
"""

MANY_PER_SECOND = 250.0
LINGER_SECONDS = 0.06
WINDOW_SECONDS = 0.25


class Crowd:
    """How fast records come, over the last window that ended."""

    def __init__(self) -> None:
        self._began = float("-inf")
        self._came = 0
        self.linger = 0.0
        """Real seconds that the next batch should wait for more."""

    def note(self, came: int, *, now: float) -> None:
        """Note that so many records came."""
        self._came += came
        lasted = now - self._began
        if lasted >= WINDOW_SECONDS:
            self.linger = LINGER_SECONDS if self._came >= MANY_PER_SECOND * lasted else 0.0
            self._began, self._came = now, 0
