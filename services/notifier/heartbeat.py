"""Heartbeats both ways: the notifier's own, and who of the others has fallen silent.

The notifier gives a sign of life only while it keeps its clocks: one that cannot reach its store
is as good as gone, and the others are to notice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from incident import messages
from incident.messages import Heartbeat
from services.notifier import measures
from services.notifier.ports import Heard, Reports
from services.runtime import codec, envelope
from services.runtime.clock import Clock
from services.runtime.ids import new_id
from services.runtime.logs import describe
from services.runtime.producer import Producer
from services.runtime.records import Record

BEAT_SECONDS = 2.0
SILENT_SECONDS = 10.0
IDLE_SECONDS = 5.0
"""So long may the clocks not have been looked at before the notifier keeps silent."""

WATCHED = ("dispatcher",)
"""The services that give signs of life to this one."""

_log = structlog.get_logger(__name__)


@dataclass(kw_only=True, eq=False, repr=False)
class Heart:
    """Gives signs of life on every partition of `timing.v1`.

    Attributes:
        idle_seconds: Says for how long the clocks have not been looked at.
    """

    producer: Producer
    clock: Clock
    topic: str
    partitions: int
    idle_seconds: Callable[[], float]
    instance: str = field(default_factory=lambda: str(new_id()))

    async def run(self) -> None:
        """Beat every two real seconds until cancelled."""
        while True:
            await self.beat()
            await self.clock.sleep(BEAT_SECONDS)

    async def beat(self) -> bool:
        """Give one sign of life, unless the clocks stand; say whether all partitions took it."""
        if self.idle_seconds() > IDLE_SECONDS:
            measures.HEARTBEATS.labels("held").inc()
            _log.warning("heartbeat_held", idle_seconds=round(self.idle_seconds(), 1))
            return False
        outcomes = await self.producer.send_all(
            [self._record(partition) for partition in range(self.partitions)]
        )
        failed = [outcome for outcome in outcomes if outcome is not None]
        measures.HEARTBEATS.labels("failed" if failed else "sent").inc()
        if failed:
            _log.warning("heartbeat_unsent", partitions=len(failed), fault=describe(failed[0]))
        return not failed

    def _record(self, partition: int) -> Record:
        real = self.clock.real()
        beat = Heartbeat(
            service="notifier", instance=self.instance, sent_at=real, now=self.clock.now()
        )
        about = envelope.Envelope(
            id=str(new_id()), source="/notifier", type=messages.NOTIFIER_HEARTBEAT, time=real
        )
        return Record(
            topic=self.topic,
            key=f"heartbeat:{partition}",
            value=codec.encode(beat),
            headers=envelope.build(about),
            partition=partition,
        )


class Watch:
    """Says who has fallen silent, by the signs of life that whichever notifier has kept."""

    def __init__(self, reports: Reports, clock: Clock) -> None:
        self._reports = reports
        self._clock = clock

    async def pulses(self) -> list[Heard]:
        """The last sign of life of each process, the last heard first."""
        return await self._reports.pulses()

    async def warning(self) -> str | None:
        """Say who is silent, as a warning of readiness: it is not this process's fault."""
        ages = ages_of(await self.pulses(), self._clock.real())
        silent = [
            f"{service} was not heard yet"
            if age is None
            else f"{service} is silent for {age:.0f} s"
            for service, age in ages.items()
            if is_silent(age)
        ]
        return "; ".join(silent) or None


def ages_of(pulses: list[Heard], real: datetime) -> Mapping[str, float | None]:
    """Real seconds since each watched service was last heard; None for never.

    By the hearer's clock alone: with the sender's five minutes fast, its silence would not be seen.
    """
    newest: dict[str, float | None] = dict.fromkeys(WATCHED)
    for pulse in pulses:
        if pulse.service in newest:
            age = max(0.0, (real - pulse.heard_at).total_seconds())
            known = newest[pulse.service]
            newest[pulse.service] = age if known is None else min(known, age)
    return newest


def is_silent(age: float | None) -> bool:
    """Whether a service that was last heard so long ago counts as silent."""
    return age is None or age > SILENT_SECONDS
