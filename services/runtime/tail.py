"""Follows a topic from its end, without a group: every replica sees all records."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from prometheus_client import Counter

from services.runtime.clock import Clock
from services.runtime.consumer.cursors import Cursors
from services.runtime.consumer.membership import COMMON_SETTINGS
from services.runtime.consumer.places import Place, partition, received
from services.runtime.disposal import dispose
from services.runtime.records import Received

POLL_SECONDS = 0.25
CONNECT_SECONDS = 4.0
"""A client that was told of a leader that is none any more asks for up to 15 s: a new one is told
anew."""
LEAVE_SECONDS = 0.6
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0

_GAPS = Counter(
    "d115_tail_gaps_total", "Times records may have passed unseen, the start included.", ["topic"]
)
_FAULTS = Counter("d115_tail_faults_total", "Connections ended by a fault.", ["topic", "fault"])

_log = structlog.get_logger(__name__)


class SilentError(Exception):
    """Kafka has not answered for a partition for too long."""


@dataclass(kw_only=True, eq=False, repr=False)
class Tail:
    """Tells of each record of a topic that comes from now on.

    All callbacks run in the loop and must return at once; what they raise is logged and counted.

    Attributes:
        bootstrap: Kafka's address.
        topic: What to follow; it must exist. Partitions added later are not followed.
        clock: What to wait with.
        on_record: Told of each record, in order within a partition.
        on_gap: Told when from here on nothing is missed, but before something may have been: at the
            start, after each reconnect, and where offsets leap. Whoever follows reads anew then.
        silent_after: Seconds without an answer of Kafka after which the client is replaced.
    """

    bootstrap: str
    topic: str
    clock: Clock
    on_record: Callable[[Received], None]
    on_gap: Callable[[], None]
    silent_after: float = 15.0
    _cursors: Cursors = field(init=False, default_factory=Cursors)
    _reached: dict[Place, int] = field(init=False, default_factory=dict)
    _alive_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._alive_at = self.clock.monotonic()

    @property
    def healthy(self) -> bool:
        """Whether Kafka answered lately."""
        return self.clock.monotonic() - self._alive_at < self.silent_after

    async def run(self) -> None:
        """Follow until cancelled; reconnects ever more slowly, every 2 s at the longest."""
        pause = _FIRST_PAUSE
        while True:
            began = self.clock.monotonic()
            await self._follow()
            lasted = self.clock.monotonic() - began
            pause = _FIRST_PAUSE if lasted > self.silent_after else min(pause * 2, _LONGEST_PAUSE)
            await self.clock.sleep(pause)

    async def _follow(self) -> None:
        kafka = AIOKafkaConsumer(
            self.topic,
            bootstrap_servers=self.bootstrap,
            client_id=f"tail-{self.topic}",
            auto_offset_reset="latest",
            **COMMON_SETTINGS,
        )
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await kafka.start()
                await self._seek(kafka)
            self._tell_gap()
            while True:
                async with asyncio.timeout(self.silent_after):
                    polled = await kafka.getmany(timeout_ms=int(POLL_SECONDS * 1000))
                self._tell(polled)
                self._observe(kafka)
        except Exception as error:  # noqa: BLE001  # whatever it is, the next connection starts afresh
            _FAULTS.labels(self.topic, type(error).__name__).inc()
            _log.warning("tail_disconnected", topic=self.topic, fault=type(error).__name__)
        finally:
            await dispose(kafka, within=LEAVE_SECONDS)

    async def _seek(self, kafka: AIOKafkaConsumer) -> None:
        """Go on where an earlier connection ended; begin at the end where there was none."""
        places = [Place(*tp) for tp in kafka.assignment()]
        ends = await kafka.end_offsets([partition(place) for place in places])
        for place in places:
            self._reached.setdefault(place, ends[partition(place)])
            kafka.seek(partition(place), self._reached[place])
        self._cursors.assign(places, now=self.clock.monotonic())

    def _tell(self, polled: Mapping[Any, Sequence[Any]]) -> None:
        for tp, records in polled.items():
            place = Place(*tp)
            if records[0].offset != self._reached.get(place):
                self._tell_gap()
            self._reached[place] = records[-1].offset + 1
            for record in records:
                self._call(partial(self.on_record, received(record)))

    def _tell_gap(self) -> None:
        _GAPS.labels(self.topic).inc()
        self._call(self.on_gap)

    def _call(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception as error:  # noqa: BLE001  # one follower's fault must not silence the tail
            _FAULTS.labels(self.topic, type(error).__name__).inc()
            _log.exception("tail_callback_failed", topic=self.topic)

    def _observe(self, kafka: AIOKafkaConsumer) -> None:
        now = self.clock.monotonic()
        for place in self._cursors:
            tp = partition(place)
            answer, end = kafka.last_poll_timestamp(tp), kafka.highwater(tp)
            self._cursors.hear(place, answer=answer, end=end, now=now)
        silence = self._cursors.silence(now=now)
        self._alive_at = max(self._alive_at, now - silence)
        if silence > self.silent_after:
            raise SilentError(f"a partition was silent for {silence:.0f} s")
