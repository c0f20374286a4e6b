"""Delivers alerts to enterprises' own systems, as long as it is not cancelled.

Each round begins what is due, for as many deliveries as there are free slots; each is sent and
settled in a task of its own. A process that dies loses nothing: what it had begun is due again
when its lease is over.
"""

import asyncio

import structlog
from prometheus_client import Counter, Gauge, Histogram

from services.dispatcher.handlers.deliveries import Times, Wanted, WriteBody, claim, settle
from services.dispatcher.handlers.outcomes import DeliveryState, Parcel, Verdict
from services.dispatcher.handlers.outgoing import DeliveryStore, Post
from services.dispatcher.ports import Atlas
from services.runtime import metrics, trace
from services.runtime.clock import Clock
from services.runtime.logs import describe
from services.runtime.outgoing.circuits import Circuits
from services.runtime.outgoing.outcomes import Fault, Tried

SLOTS = 16
POLL_SECONDS = 0.25
MEASURE_SECONDS = 5.0
FAULT_PAUSE = 1.0
SETTLE_PAUSES = (0.2, 0.8)
"""Waits between the tries to settle; after the last the lease runs out and it is sent again."""

_ATTEMPTS = Counter("d115_webhook_attempts_total", "Attempts to deliver, by outcome.", ["outcome"])
_SECONDS = Histogram(
    "d115_webhook_seconds",
    "From the beginning of an attempt to its outcome.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5),
)
_ENDED = Counter(
    "d115_deliveries_ended_total", "Deliveries that ended, by state and reason.", ["state", "why"]
)
_RECEIPTS = Counter("d115_webhook_receipts_total", "Incidents pushed by the receipt of a system.")
_DISABLED = Counter("d115_webhook_disabled_total", "Addresses that said they are gone.")
_FAULTS = Counter("d115_delivery_faults_total", "Rounds and settlements that failed.", ["part"])
_QUEUED = Gauge("d115_deliveries_queued", "Deliveries that wait.")
_OLDEST = Gauge("d115_deliveries_oldest_seconds", "Age of the oldest delivery that waits.")
_FAILING = Gauge("d115_webhook_failing_systems", "Systems slowed down because they fail.")

_log = structlog.get_logger(__name__)


class Deliveries:
    """Carries what is due; any number of them may run side by side."""

    def __init__(  # each is a part, given once, by name
        self,
        *,
        store: DeliveryStore,
        post: Post,
        atlas: Atlas,
        write: WriteBody,
        clock: Clock,
        slots: int = SLOTS,
    ) -> None:
        self._store = store
        self._post = post
        self._atlas = atlas
        self._write = write
        self._clock = clock
        self._slots = slots
        self._circuits = Circuits()
        self._under_way = 0
        self._woken = asyncio.Event()
        self._measured_at = float("-inf")

    def wake(self) -> None:
        """Say that there may be something to deliver; without it the next look is 0.25 s away."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver until cancelled; what is under way then is sent again by whoever comes next."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                if not await self._attempt_round(group):
                    await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            pass  # the poll: retries come due, and another process may have queued something

    async def _attempt_round(self, group: asyncio.TaskGroup) -> bool:
        try:
            await self._measure()
            return await self._round(group)
        except Exception as error:  # noqa: BLE001  # rows stay where they are: the next round goes on
            _FAULTS.labels("round").inc()
            _log.warning("deliveries_failed", fault=describe(error))
            await self._clock.sleep(FAULT_PAUSE)
            return False

    async def _round(self, group: asyncio.TaskGroup) -> bool:
        """Begin what is due; say whether there was any, so that there may be more."""
        free = self._slots - self._under_way
        if free <= 0:
            return False
        wanted = Wanted(
            now=self._clock.real(), busy=self._circuits.busy(self._clock.monotonic()), limit=free
        )
        claimed = await claim(wanted, store=self._store, atlas=self._atlas, write=self._write)
        for ended in claimed.ended:
            _ENDED.labels(ended.state, ended.ending).inc()
            _log.info("delivery_ended", delivery=str(ended.id), why=ended.ending)
        for parcel in claimed.parcels:
            self._under_way += 1
            self._circuits.begin(parcel.center)
            group.create_task(self._carry(parcel))
        return bool(claimed.parcels or claimed.ended)

    async def _carry(self, parcel: Parcel) -> None:
        """Send a parcel and keep what came of it."""
        trace.start(None)
        with structlog.contextvars.bound_contextvars(
            delivery=str(parcel.id), incident_id=str(parcel.incident), center=parcel.center
        ):
            try:
                tried = await self._send(parcel)
                await self._keep(parcel, tried)
            finally:
                self._under_way -= 1
                self._woken.set()

    async def _send(self, parcel: Parcel) -> Tried:
        began = self._clock.monotonic()
        try:
            tried = await self._post.send(parcel)
        except Exception as error:  # noqa: BLE001  # one delivery's fault must not end the others
            _log.error("webhook_failed", fault=describe(error), exc_info=error)
            tried = Tried(fault=Fault.INTERNAL)
        ended = self._clock.monotonic()
        _SECONDS.observe(ended - began)
        _ATTEMPTS.labels(tried.label).inc()
        self._circuits.end(
            parcel.center, worked=tried.is_receipt, now=ended, rest=tried.retry_after
        )
        _FAILING.set(self._circuits.failing)
        return tried

    async def _keep(self, parcel: Parcel, tried: Tried) -> None:
        """Settle, some tries long; the answer's moment stays that of the answer."""
        answered_at = self._clock.now()
        for pause in (*SETTLE_PAUSES, None):
            at = Times(real=self._clock.real(), now=self._clock.now(), answered_at=answered_at)
            try:
                verdict, pushed = await settle(parcel, tried, store=self._store, at=at)
            except Exception as error:  # noqa: BLE001  # tried again; unsettled, it is sent again
                _FAULTS.labels("settle").inc()
                _log.warning("delivery_unsettled", outcome=tried.outcome, fault=describe(error))
                if pause is not None:
                    await self._clock.sleep(pause)
                continue
            _tell(parcel, tried, verdict)
            if pushed:
                _RECEIPTS.inc()
            return

    async def _measure(self) -> None:
        now = self._clock.monotonic()
        if now - self._measured_at < MEASURE_SECONDS:
            return
        self._measured_at = now
        backlog = await self._store.measure()
        waits = None
        if backlog.oldest is not None:
            waits = (self._clock.real() - backlog.oldest).total_seconds()
        _QUEUED.set(backlog.count)
        metrics.grow(_OLDEST, waits, clock=self._clock)
        metrics.measured("deliveries", clock=self._clock)


def _tell(parcel: Parcel, tried: Tried, verdict: Verdict) -> None:
    outcome = verdict.outcome
    _log.info("webhook_tried", attempt=parcel.attempt, outcome=outcome, state=verdict.state)
    if verdict.state is not DeliveryState.QUEUED:
        _ENDED.labels(verdict.state, tried.label).inc()
    if verdict.state is DeliveryState.FAILED:
        _log.error("delivery_given_up", attempts=parcel.attempt, outcome=outcome)
    if verdict.disable:
        _DISABLED.inc()
        _log.error("endpoint_disabled", outcome=outcome)
