"""Knows whether Kafka takes messages, so that nobody waits to find out what is known already.

The first send that fails opens the circuit: every send under way is given up at once, and what
comes is kept in the spool without trying Kafka. It closes when this process has sent something
again (the drainer tries, with the oldest message of the spool), or when another one drains it.

A send that ran out of time says nothing of Kafka where the time was this process's own to lose: its
loop was kept from running, and meanwhile Kafka did take something.
"""

import asyncio
from dataclasses import dataclass

import structlog
from prometheus_client import Counter, Gauge

from services.runtime.clock import Clock

FIRST_DOUBT, LONGEST_DOUBT = 1.0, 30.0
"""Real seconds for which what others achieve is no proof, after a send of our own failed."""

BEAT = 0.05
"""Real seconds between two looks at whether the loop runs."""
LOST_SHARE = 0.2
"""The share of a send's time that the loop may have been late before the send is not judged."""

_AWAY = Gauge("d115_intake_kafka_away", "1 while messages go to the spool without trying Kafka.")
_OPENED = Counter("d115_intake_kafka_lost_total", "Times Kafka was found not to answer.")
_UNJUDGED = Counter(
    "d115_intake_kafka_unjudged_total", "Sends that failed while this process was late itself."
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A send under way.

    Attributes:
        bound: What ends it early.
        began: When, in real seconds of the monotonic clock.
        lost: Seconds the loop had been late by then.
    """

    bound: asyncio.Timeout
    began: float
    lost: float


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
        self._lost = 0.0
        self._worked_at = float("-inf")
        self.holding = False

    @property
    def away(self) -> bool:
        """Whether Kafka is known not to take messages."""
        return self._away

    async def watch_loop(self) -> None:
        """Note, until cancelled, how late the loop runs what is due."""
        while True:
            due = self._clock.monotonic() + BEAT
            await self._clock.sleep(BEAT)
            self._lost += max(0.0, self._clock.monotonic() - due)

    def began(self, bound: asyncio.Timeout) -> Sending:
        """Note a send under way, to be given up as soon as Kafka is found not to answer."""
        self._sending.add(bound)
        return Sending(bound=bound, began=self._clock.monotonic(), lost=self._lost)

    def ended(self, sending: Sending) -> None:
        """Note that it is over."""
        self._sending.discard(sending.bound)

    def worked(self) -> None:
        """Note that Kafka took something from this process."""
        self._worked_at = self._clock.monotonic()
        self._doubt = FIRST_DOUBT
        if self._away:
            self._close("it took a message")

    def ran_out(self, sending: Sending, why: str) -> None:
        """Note that Kafka did not take something in time, unless the time was lost here."""
        passed = self._clock.monotonic() - sending.began
        late = self._lost - sending.lost > passed * LOST_SHARE
        if late and self._worked_at > sending.began:
            _UNJUDGED.inc()
            _log.warning("kafka_unjudged", fault=why)
        else:
            self.failed(why)

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
