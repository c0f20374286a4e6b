"""Keeps the dispatcher from working on a database that went back in time.

At the start, and before anything is applied or published, the database is compared with what Kafka
was told: only then is it known whether it is as new as it was. That needs Kafka, and commands need
Postgres alone. So they are put off for five seconds at most, which is many times what the look
takes where Kafka is there. Where it is not, they are carried out: a center that cannot act breaks
the promise for certain, while a backup restored in the very hour in which Kafka is away may fork
the histories it touches; those are found by the look, counted, and left to a person.

While it runs, a batch that begins before one that was applied and committed says that the database
went back under its hands: positions never do so by themselves. Nothing is applied then, and
commands are put off, until what was published is stored again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence

import asyncpg
import structlog

from incident import messages
from services.dispatcher.adapters.reclaiming import Reclaimer, Topics
from services.runtime.clock import Clock
from services.runtime.consumer import Apply
from services.runtime.consumer.places import Place
from services.runtime.logs import describe
from services.runtime.records import Received

PAUSE_SECONDS, POLL_SECONDS = 1.0, 0.1
HOLD_SECONDS = 5.0
"""So long after the start commands wait for the look, at most."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
GROUPS = ("dispatcher", "dispatcher-timing")
"""The dispatcher's consumer groups: of alerts, of timing."""

Task = Callable[[], Coroutine[None, None, None]]

_log = structlog.get_logger(__name__)


class SetBackError(TimeoutError):
    """The database is older than it was; it is being brought level, which passes."""


def topics_of(bootstrap: str, prefix: str) -> Topics:
    """Return the names in an instance."""
    return Topics(
        bootstrap=bootstrap,
        groups=[prefix + group for group in GROUPS],
        alerts=prefix + messages.ALERTS,
        incidents=prefix + messages.INCIDENTS,
        directory=prefix + messages.DIRECTORY,
    )


async def _nothing() -> None:
    """Nothing must be there first."""


class Guard:
    """Stands before what applies, publishes and decides."""

    def __init__(
        self,
        reclaimer: Reclaimer,
        clock: Clock,
        *,
        ensure: Callable[[], Awaitable[object]] = _nothing,
    ) -> None:
        """Prepare; `run` looks.

        Args:
            reclaimer: Says how far the groups are, and takes back.
            clock: What to wait with.
            ensure: Makes what Kafka must have before anything is read or published: its topics.
        """
        self._reclaimer = reclaimer
        self._clock = clock
        self._ensure = ensure
        self._began = clock.monotonic()
        self._reached: dict[Place, int] = {}
        self._behind: set[Place] = set()
        self._noticed = asyncio.Event()
        self._level = asyncio.Event()
        self._fault = "it was not asked yet"

    @property
    def is_set_back(self) -> bool:
        """Whether the database is older than it was, as far as is known."""
        return self._noticed.is_set()

    @property
    def holds(self) -> bool:
        """Whether commands are put off: what they would decide on may be older than it was."""
        looking = not self._level.is_set()
        return self.is_set_back or (looking and self._since_start() < HOLD_SECONDS)

    async def check(self) -> str | None:
        """Say that commands are put off, as a fault of readiness."""
        if self.is_set_back:
            return "the database is older than it was: it is being brought level"
        return (
            "it is not known yet whether the database is as new as it was" if self.holds else None
        )

    async def note(self) -> str | None:
        """Say that nothing is consumed or published yet, as a note of readiness."""
        if self._level.is_set() or self.is_set_back:
            return None
        waits = f"nothing is consumed or published since the start {self._since_start():.0f} s ago"
        return f"{waits}: {self._fault}"

    def after(self, task: Task) -> Task:
        """Return a task that begins once the database is known to be level."""

        async def waiting() -> None:
            await self._level.wait()
            await task()

        return waiting

    def unless_held(self, task: Task) -> Task:
        """Return a task that begins once commands are carried out."""

        async def waiting() -> None:
            while self.holds:
                await self._clock.sleep(POLL_SECONDS)
            await task()

        return waiting

    async def begin(self) -> None:
        """Look, until it worked, how far Kafka was told that the groups are."""
        pause = _FIRST_PAUSE
        while not await self._look_at_start():
            await self._clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _look_at_start(self) -> bool:
        try:
            await self._ensure()
            behind = await self._reclaimer.find_set_back()
            self._reached = {} if behind else await self._reclaimer.positions()
        except Exception as error:  # noqa: BLE001  # nothing is applied or published until it worked
            self._fault = describe(error)
            _log.warning("store_not_compared", fault=self._fault)
            return False
        if behind:
            self._behind.update(behind)
            self._noticed.set()
        else:
            self._level.set()
        return True

    def _since_start(self) -> float:
        return self._clock.monotonic() - self._began

    def over(self, apply: Apply) -> Apply:
        """Return what applies records unless the database went back."""

        async def guarded(connection: asyncpg.Connection, records: Sequence[Received]) -> None:
            self._look(records)
            await apply(connection, records)

        return guarded

    async def run(self) -> None:
        """Look; then bring the database level whenever it went back, until cancelled."""
        await self.begin()
        while True:
            await self._noticed.wait()
            try:
                await self._reclaimer.take_back(sorted(self._behind))
            except Exception as error:  # noqa: BLE001  # nothing else is done until it worked
                _log.error("store_not_reclaimed", fault=describe(error))
                await self._clock.sleep(PAUSE_SECONDS)
                continue
            self._reached.clear()
            self._behind.clear()
            self._noticed.clear()
            self._level.set()

    def _look(self, records: Sequence[Received]) -> None:
        """Compare where a batch begins with what was reached.

        The batch's position was found as expected in this transaction, so all before is committed.
        """
        first: dict[Place, int] = {}
        for record in records:
            first.setdefault(Place(record.topic, record.partition), record.offset)
        behind = {place for place, offset in first.items() if offset < self._reached.get(place, 0)}
        if behind:
            self._behind |= behind
            self._noticed.set()
        if self._noticed.is_set():
            raise SetBackError("the database is older than it was")
        self._reached.update(first)
