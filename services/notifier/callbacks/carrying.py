"""Carries callbacks to stations, as long as it is not cancelled.

Each turn, in one transaction, keeps what attempts came to and begins what is due, for as many as
there are free slots; each is sent in a task of its own. So the loop takes one connection to
Postgres however many stations hang. What a process that dies had begun is due again when its lease
is over.
"""

import asyncio

import structlog

from services.notifier.callbacks import measures
from services.notifier.handlers.callbacks.delivering import (
    PER_STATION,
    CallbackState,
    Line,
    Parcel,
    Settlement,
    Wanted,
    judge,
)
from services.notifier.handlers.callbacks.registering import open_secrets
from services.runtime import trace
from services.runtime.clock import Clock
from services.runtime.logs import describe
from services.runtime.outgoing.circuits import Circuits
from services.runtime.outgoing.outcomes import Fault, Tried
from services.runtime.outgoing.post import Letter, Post
from services.runtime.outgoing.signing import key_of
from services.runtime.vault import Vault, VaultError

SLOTS = 128
POLL_SECONDS = 0.25
FAULT_PAUSE = 1.0

_log = structlog.get_logger(__name__)


class Carrier:
    """Sends what is due; any number of them may run side by side."""

    def __init__(
        self, *, line: Line, post: Post, vault: Vault | None, clock: Clock, slots: int = SLOTS
    ) -> None:
        self._line = line
        self._post = post
        self._vault = vault
        self._clock = clock
        self._slots = slots
        self._circuits = Circuits(PER_STATION)
        self._under_way = 0
        self._ended: list[Settlement] = []
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Say that there may be something to send; without it the next look is 0.25 s away."""
        self._woken.set()

    async def run(self) -> None:
        """Send until cancelled; what is under way then is sent again by whoever comes next."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                if not await self._attempt_turn(group):
                    await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            pass  # the poll: retries come due, and another process may have put something in line

    async def _attempt_turn(self, group: asyncio.TaskGroup) -> bool:
        try:
            return await self._turn(group)
        except Exception as error:  # noqa: BLE001  # rows stay where they are: the next turn goes on
            measures.FAULTS.labels("turn").inc()
            _log.warning("callbacks_failed", fault=describe(error))
            await self._clock.sleep(FAULT_PAUSE)
            return False

    async def _turn(self, group: asyncio.TaskGroup) -> bool:
        """Settle and begin; say whether anything was begun, so that there may be more."""
        settled = tuple(self._ended)
        wanted = Wanted(
            now=self._clock.real(),
            rooms=self._circuits.rooms(self._clock.monotonic()),
            limit=self._slots - self._under_way,
        )
        parcels = await self._line.turn(settled, wanted)
        del self._ended[: len(settled)]
        self._under_way -= len(settled)
        for one in settled:
            _tell(one)
        for parcel in parcels:
            self._under_way += 1
            self._circuits.begin(parcel.station)
            group.create_task(self._carry(parcel))
        return bool(parcels)

    async def _carry(self, parcel: Parcel) -> None:
        trace.start(None)
        with structlog.contextvars.bound_contextvars(
            delivery=str(parcel.id), incident_id=str(parcel.incident), station=parcel.station
        ):
            tried = await self._send(parcel)
        # It holds its slot until that is kept, so that what waits to be kept is bounded too.
        self._ended.append(judge(parcel, tried, now=self._clock.real()))
        self._woken.set()

    async def _send(self, parcel: Parcel) -> Tried:
        began = self._clock.monotonic()
        try:
            tried = await self._attempt(parcel)
        except Exception as error:  # noqa: BLE001  # one station's fault must not end the others
            _log.error("callback_failed", fault=describe(error), exc_info=error)
            tried = Tried(fault=Fault.INTERNAL)
        ended = self._clock.monotonic()
        measures.SECONDS.observe(ended - began)
        measures.ATTEMPTS.labels(tried.label).inc()
        self._circuits.end(
            parcel.station, worked=tried.is_receipt, now=ended, rest=tried.retry_after
        )
        measures.FAILING.set(self._circuits.failing)
        return tried

    async def _attempt(self, parcel: Parcel) -> Tried:
        """Sign and post; without the key its secrets were sealed with nothing can be signed."""
        if self._vault is None:
            return Tried(fault=Fault.NO_SECRET)
        try:
            secrets = open_secrets(
                parcel.station, parcel.secrets, vault=self._vault, now=self._clock.real()
            )
        except VaultError as error:
            _log.error("callback_secret_closed", fault=describe(error))
            return Tried(fault=Fault.NO_SECRET)
        letter = Letter(
            id=parcel.id, url=parcel.url, body=parcel.body, keys=[*map(key_of, secrets)]
        )
        return await self._post.send(letter)


def _tell(settled: Settlement) -> None:
    parcel = settled.parcel
    about = {
        "delivery": str(parcel.id),
        "incident_id": str(parcel.incident),
        "station": parcel.station,
        "type": parcel.type.value,
        "attempt": parcel.attempt,
        "outcome": settled.outcome,
    }
    _log.info("callback_tried", state=settled.state, **about)
    if settled.state is not CallbackState.WAITING:
        measures.SETTLED.labels(settled.state).inc()
    if settled.state is CallbackState.FAILED:
        _log.error("callback_given_up", **about)
    if settled.gone:
        measures.DISABLED.labels("gone").inc()
        _log.error("callback_station_disabled", station=parcel.station, why="gone")
