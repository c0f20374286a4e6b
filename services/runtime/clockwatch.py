"""Notices a wall clock that is wrong: our own that jumps, another process's that stands elsewhere.

Moments are stamped with wall clocks, so a wrong one makes wrong verdicts of right acts. It cannot
be put right from here, only told: by a line, a figure and a note of readiness, for a person to act.

Our own is compared with the monotonic clock, which no setting moves. Another process's is known by
the stamps on what it sends: a stamp from the future is a clock ahead of ours, beyond doubt; a stamp
from the past may be a delay, so the least delay of a while counts. Of two that hear one another,
the one behind is sure.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from prometheus_client import Counter, Gauge

from services.runtime.clock import Clock
from services.runtime.records import Received

EVERY_SECONDS = 1.0
JUMP_SECONDS = 0.5
"""A clock that is put right gently moves by 0.0005 s in a second."""
NOTED_SECONDS = 600.0
AHEAD_SECONDS = 2.0
BEHIND_SECONDS = 60.0
"""Longer than a broker or a store that hangs holds records up; after a longer outage it may be told
until the backlog is read, and says so."""
WINDOW_SECONDS = 20

Apply = Callable[[Any, Sequence[Received]], Awaitable[None]]
"""Applies records on a connection, which is passed on as it is."""

_OFFSET = Gauge(
    "d115_clock_offset_seconds",
    "How far the wall clock moved against the monotonic one since the start (against: start), and "
    "how far it is ahead of what others stamp on what they send, at most (against: their name).",
    ["against"],
)
_JUMPS = Counter("d115_clock_jumps_total", "Jumps of this process's wall clock.", ["direction"])

_log = structlog.get_logger(__name__)


class ClockWatch:
    """Compares this process's wall clock with its monotonic one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = self._last = self._difference()
        self._jumped: tuple[float, float] | None = None

    async def run(self) -> None:
        """Look every second until cancelled."""
        while True:
            self.look()
            await self._clock.sleep(EVERY_SECONDS)

    def look(self) -> float:
        """Compare once; gives by how many seconds the wall clock jumped since the last time."""
        stands = self._difference()
        jump, self._last = stands - self._last, stands
        _OFFSET.labels("start").set(stands - self._began)
        if abs(jump) <= JUMP_SECONDS:
            return 0.0
        direction = "forward" if jump > 0 else "back"
        _JUMPS.labels(direction).inc()
        _log.error("clock_jumped", seconds=round(jump, 3), direction=direction)
        self._jumped = jump, self._clock.monotonic()
        return jump

    async def check(self) -> str | None:
        """Say that it jumped, for ten minutes after, as a note of readiness."""
        if self._jumped is None:
            return None
        jump, at = self._jumped
        ago = self._clock.monotonic() - at
        if ago > NOTED_SECONDS:
            return None
        return f"the wall clock jumped by {jump:+.1f} s, {ago:.0f} s ago: moments may be wrong"

    def _difference(self) -> float:
        return self._clock.real().timestamp() - self._clock.monotonic()


class PeerClocks:
    """Compares this process's wall clock with what others stamp on what they send."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: dict[str, deque[tuple[int, float]]] = {}  # the least age of each second
        self._told: dict[str, str] = {}

    def over(self, peer: str, apply: Apply, *, topic: str | None = None) -> Apply:
        """Return what applies records and hears the newest of each batch.

        Args:
            peer: Who sends them.
            apply: Applies them.
            topic: Where only what comes on one of several topics is the peer's.
        """

        async def heard(connection: object, records: Sequence[Received]) -> None:
            stamps = [one.timestamp for one in records if topic in (None, one.topic)]
            if stamps:
                self.hear(peer, max(stamps))
            await apply(connection, records)

        return heard

    def hear(self, peer: str, stamped_at: datetime) -> None:
        """Take the stamp of something that was received just now."""
        ours = (self._clock.real() - stamped_at).total_seconds()
        seconds = self._heard.setdefault(peer, deque(maxlen=WINDOW_SECONDS))
        second = int(self._clock.monotonic())
        if seconds and seconds[-1][0] == second:
            ours = min(ours, seconds.pop()[1])
        seconds.append((second, ours))
        _OFFSET.labels(peer).set(self._least(peer) or 0.0)
        self._tell(peer)

    async def check(self) -> str | None:
        """Say whose clock stands elsewhere, as a note of readiness."""
        found = (self.judge(peer) for peer in self._heard)
        return "; ".join(filter(None, found)) or None

    def judge(self, peer: str) -> str | None:
        """Say what is wrong between a peer's clock and ours; None where nothing is."""
        least = self._least(peer)
        if least is None:
            return None
        if least < -AHEAD_SECONDS:
            return f"the clock of {peer} is {-least:.0f} s ahead of ours"
        if least > BEHIND_SECONDS:
            return f"the clock of {peer} is {least:.0f} s behind ours, or it is heard so late"
        return None

    def _least(self, peer: str) -> float | None:
        """The least age of what was heard of it lately; below zero is from the future."""
        since = self._clock.monotonic() - WINDOW_SECONDS
        return min((age for second, age in self._heard[peer] if second >= since), default=None)

    def _tell(self, peer: str) -> None:
        """Write a line when it begins and when it is over, not at every record."""
        fault = self.judge(peer)
        if fault is not None and peer not in self._told:
            _log.error("clocks_differ", peer=peer, fault=fault)
            self._told[peer] = fault
        elif fault is None and self._told.pop(peer, None) is not None:
            _log.info("clocks_agree", peer=peer)
