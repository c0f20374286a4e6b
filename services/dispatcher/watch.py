"""The heartbeats both ways: the dispatcher's own, and hearing the notifier's."""

import structlog
from prometheus_client import Counter, Gauge
from typing_extensions import override

from incident import messages
from incident.messages import Heartbeat
from services.dispatcher.ports import Watch
from services.runtime import codec, envelope
from services.runtime.clock import Clock
from services.runtime.ids import new_id
from services.runtime.producer import Producer
from services.runtime.records import Record

BEAT_SECONDS = 2.0
SILENT_SECONDS = 10.0

_SILENCE = Gauge("d115_notifier_silent_seconds", "Real seconds since the notifier was heard.")
_UNSENT = Counter("d115_dispatcher_heartbeats_unsent_total", "Heartbeats Kafka did not take.")

_log = structlog.get_logger(__name__)


class NotifierWatch(Watch):
    """When this process last heard the notifier."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_at = clock.monotonic()
        self._heard_at: float | None = None
        _SILENCE.set_function(self._waited)

    def hear(self) -> None:
        """It was heard just now."""
        self._heard_at = self._clock.monotonic()

    @override
    def silent_seconds(self) -> float | None:
        return None if self._heard_at is None else self._clock.monotonic() - self._heard_at

    def _waited(self) -> float:
        """Since it was heard; one never heard has been silent for as long as this process runs."""
        began = self._began_at if self._heard_at is None else self._heard_at
        return self._clock.monotonic() - began

    async def check(self) -> str | None:
        """Say what is wrong, as a warning of readiness."""
        silent = self.silent_seconds()
        if silent is None:
            return "the notifier was not heard yet: nobody watches the clocks"
        if silent > SILENT_SECONDS:
            return f"the notifier has been silent for {silent:.0f} s: nobody watches the clocks"
        return None


async def beat(producer: Producer, clock: Clock, *, topic: str, partitions: int) -> None:
    """Say every two real seconds, on every partition, that the dispatcher is alive."""
    instance = str(new_id())
    while True:
        told = Heartbeat(
            service="dispatcher", instance=instance, sent_at=clock.real(), now=clock.now()
        )
        headers = envelope.build(
            envelope.Envelope(
                id=str(new_id()),
                source="/dispatcher",
                type=messages.DISPATCHER_HEARTBEAT,
                time=clock.real(),
            )
        )
        value = codec.encode(told)
        outcomes = await producer.send_all(
            [
                Record(
                    topic=topic,
                    key=f"heartbeat:{partition}",
                    value=value,
                    headers=headers,
                    partition=partition,
                )
                for partition in range(partitions)
            ]
        )
        unsent = sum(outcome is not None for outcome in outcomes)
        if unsent:
            _UNSENT.inc(unsent)
            _log.warning("heartbeat_unsent", partitions=unsent)
        await clock.sleep(BEAT_SECONDS)
