"""Sends what is due to people, as long as it is not cancelled.

Each round claims what is due for as many attempts as there are free slots, counts the attempts, and
makes each in a task of its own; what came of them is settled many at a time. A process that dies
loses nothing: what it had begun is due again when its lease is over, under the same id. A gateway
that hangs holds only its own few slots; one that keeps failing rests, and those who have another
way are written to by that one.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from services.notifier.handlers.messages import measures
from services.notifier.handlers.messages.outcomes import settle
from services.notifier.handlers.messages.planning import Times
from services.notifier.handlers.messages.telling import Office, stand_down
from services.notifier.ports.message_store import Outbox
from services.notifier.ports.messages import (
    Begun,
    Letter,
    MessageState,
    Outcome,
    Result,
    Settled,
)
from services.notifier.sending.mailroom import AT_ONCE, Mailroom, Ready, Round
from services.runtime import trace
from services.runtime.clock import Clock
from services.runtime.failpoints import reach
from services.runtime.logs import describe
from services.runtime.outgoing.circuits import Circuits

SLOTS = 128
LEASE = timedelta(seconds=20)
"""How long an attempt may take, its settling included; then its process is taken for dead."""

POLL_SECONDS = 0.1
MEASURE_SECONDS = 5.0
FAULT_PAUSE = 1.0
SETTLE_PAUSES = (0.2, 0.8, 2.0)
"""Waits between the tries to settle; after the last the lease runs out and it is sent again."""

_log = structlog.get_logger(__name__)


@dataclass(kw_only=True, eq=False, repr=False)
class Sender:
    """Carries what is due; any number of them may run side by side.

    Attributes:
        office: What making messages stands on, for stand-downs.
        mailroom: Prepares what is claimed.
    """

    outbox: Outbox
    office: Office
    mailroom: Mailroom
    clock: Clock
    slots: int = SLOTS
    circuits: Circuits = field(default_factory=lambda: Circuits(AT_ONCE))
    _under_way: int = field(init=False, default=0)
    _woken: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _done: list[Settled] = field(init=False, default_factory=list)
    _settling: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _measured_at: float = field(init=False, default=float("-inf"))

    def wake(self) -> None:
        """Say that there may be something to send; without it the next look is 0.1 s away."""
        self._woken.set()

    async def run(self) -> None:
        """Send until cancelled; what is under way then is sent again by whoever comes next."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._settle_all())
            while True:
                self._woken.clear()
                if not await self._attempt_round(group):
                    await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            pass  # the poll: retries come due, and another process may have made something

    async def _attempt_round(self, group: asyncio.TaskGroup) -> bool:
        try:
            await self._measure()
            return await self._round(group)
        except Exception as error:  # noqa: BLE001  # rows stay where they are: the next round goes on
            measures.FAULTS.labels("round").inc()
            _log.warning("messages_unsent", fault=describe(error))
            await self.clock.sleep(FAULT_PAUSE)
            return False

    async def _round(self, group: asyncio.TaskGroup) -> bool:
        """Begin what is due; say whether there was any, so that there may be more."""
        free = self.slots - self._under_way
        if free <= 0:
            return False
        real, now = self.clock.real(), self.clock.monotonic()
        full = [one for one in self.circuits.busy(now) if not self.circuits.rest(one, now)]
        async with self.outbox.work() as work:
            claimed = await work.claim(real=real, busy=full, limit=free)
            if not claimed:
                return False
            found = self.mailroom.prepare(claimed, circuits=self.circuits, real=real, now=now)
            begun = [ready.begun for ready in found.ready]
            await work.begin(begun, real=real, until=real + LEASE)
            await work.defer(found.deferred)
            over = await work.settle(found.settled, now=self.clock.now(), real=real)
            await stand_down(over, work=work.messages, office=self.office, at=self._times())
        self._count(found)
        for ready in found.ready:
            self._under_way += 1
            self.circuits.begin(ready.begun.endpoint)
            group.create_task(self._carry(ready))
        return bool(found.ready or found.settled)

    async def _carry(self, ready: Ready) -> None:
        """Make one attempt, and hand in what came of it."""
        trace.start(None)
        begun = ready.begun
        outcome = await self._attempt(ready)
        reach("after-message")  # the other side has it, and nobody here knows
        ended = self.clock.monotonic()
        self.circuits.end(
            begun.endpoint,
            worked=outcome.works,
            now=ended,
            rest=outcome.retry_after,
        )
        measures.FAILING.set(self.circuits.failing)
        self._done.append(
            settle(
                begun,
                outcome,
                ways=ready.endpoints,
                rules=self.office.rules,
                real=self.clock.real(),
            )
        )
        self._settling.set()

    async def _attempt(self, ready: Ready) -> Outcome:
        begun, began = ready.begun, self.clock.monotonic()
        try:
            outcome = await ready.channel.send(begun.way, ready.letter)
        except Exception as error:  # noqa: BLE001  # one message's fault must not end the others
            _log.error("message_failed", fault=describe(error), exc_info=error)
            outcome = Outcome(result=Result.TEMPORARY, detail="internal")
        measures.SECONDS.labels(begun.way.type).observe(self.clock.monotonic() - began)
        measures.ATTEMPTS.labels(begun.way.type, outcome.result).inc()
        _tell(begun, outcome, ready.letter)
        return outcome

    async def _settle_all(self) -> None:
        while True:
            await self._settling.wait()
            self._settling.clear()
            done, self._done = self._done, []
            if done:
                await self._keep(done)
                self._under_way -= len(done)
                self._woken.set()

    async def _keep(self, done: list[Settled]) -> None:
        """Settle, some tries long."""
        for pause in (*SETTLE_PAUSES, None):
            try:
                async with self.outbox.work() as work:
                    over = await work.settle(done, now=self.clock.now(), real=self.clock.real())
                    await stand_down(over, work=work.messages, office=self.office, at=self._times())
            except Exception as error:  # noqa: BLE001  # tried again; unsettled, it is sent again
                measures.FAULTS.labels("settle").inc()
                _log.warning("messages_unsettled", count=len(done), fault=describe(error))
                if pause is not None:
                    await self.clock.sleep(pause)
                continue
            _count_ended(done)
            return

    async def _measure(self) -> None:
        now = self.clock.monotonic()
        if now - self._measured_at < MEASURE_SECONDS:
            return
        self._measured_at = now
        backlog = await self.outbox.measure()
        overdue = 0.0
        if backlog.oldest is not None:
            overdue = max(0.0, (self.clock.real() - backlog.oldest).total_seconds())
        measures.WAITING.set(backlog.count)
        measures.OLDEST.set(overdue)

    def _count(self, found: Round) -> None:
        real = self.clock.real()
        for ready in found.ready:
            if ready.begun.message.attempts == 0:
                waited = (real - ready.begun.message.queued_at).total_seconds()
                measures.HANDED.observe(max(0.0, waited))
        _count_ended(found.settled)

    def _times(self) -> Times:
        return Times(now=self.clock.now(), real=self.clock.real())


def _count_ended(settled: list[Settled]) -> None:
    for one in settled:
        if one.state is not MessageState.WAITING:
            measures.ENDED.labels(one.state, one.reason or "").inc()
        if one.state is MessageState.FAILED:
            _log.error("message_given_up", message=str(one.id), reason=one.reason)


def _tell(begun: Begun, outcome: Outcome, letter: Letter) -> None:
    about = begun.message.about
    _log.info(
        "message_tried",
        message=str(letter.id),
        incident_id=None if about is None else str(about.incident),
        attempt=begun.number,
        way=begun.way.type,
        outcome=outcome.result,
        detail=outcome.detail,
    )
