"""Knows whether Kafka takes messages, so that nobody waits to find out what is known already.

The first send that fails opens the circuit: every send under way is given up at once, and what
comes is kept in the spool without trying Kafka. It closes when this process has sent something
again (the drainer tries, with the oldest message of the spool), or when another one drains it.
"""

import asyncio

import structlog
from prometheus_client import Counter, Gauge

from services.runtime.clock import Clock

FIRST_DOUBT, LONGEST_DOUBT = 1.0, 30.0
"""Real seconds for which what others achieve is no proof, after a send of our own failed."""

_AWAY = Gauge("d115_intake_kafka_away", "1 while messages go to the spool without trying Kafka.")
_OPENED = Counter("d115_intake_kafka_lost_total", "Times Kafka was found not to answer.")

_log = structlog.get_logger(__name__)


class Circuit:
    """What is known of Kafka and of the spool.

    Attributes:
        holding: Whether the spool holds something, as far as known. Meanwhile what is new goes to
            Kafka only if nothing of its key waits.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._away = False
        self._sending = set[asyncio.Timeout]()
        self._doubt = FIRST_DOUBT
        self._believes_at = float("-inf")
        self.holding = False

    @property
    def away(self) -> bool:
        """Whether Kafka is known not to take messages."""
        return self._away

    @property
    def direct(self) -> bool:
        """Whether a message may go to Kafka without a look at the spool."""
        return not self._away and not self.holding

    def began(self, bound: asyncio.Timeout) -> None:
        """Note a send under way, to be given up as soon as Kafka is found not to answer."""
        self._sending.add(bound)

    def ended(self, bound: asyncio.Timeout) -> None:
        """Note that it is over."""
        self._sending.discard(bound)

    def worked(self) -> None:
        """Note that Kafka took something from this process."""
        self._doubt = FIRST_DOUBT
        if self._away:
            self._close("it took a message")

    def failed(self, why: str) -> None:
        """Note that Kafka did not take something from this process."""
        self._believes_at = self._clock.monotonic() + self._doubt
        self._doubt = min(self._doubt * 2, LONGEST_DOUBT)
        if not self._away:
            self._away = True
            _AWAY.set(1)
            _OPENED.inc()
            _log.warning("kafka_lost", fault=why, given_up=len(self._sending))
        for bound in self._sending:
            bound.reschedule(0)
        self._sending.clear()

    def works_elsewhere(self) -> None:
        """Note that another process drains the spool, or that there is nothing to drain."""
        if self._away and self._clock.monotonic() >= self._believes_at:
            self._close("the spool was drained")

    def _close(self, why: str) -> None:
        self._away = False
        _AWAY.set(0)
        _log.info("kafka_found", why=why)
