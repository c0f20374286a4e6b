"""Sends the acts of a plan, each when its moment has come and what it needs is answered.

If sending falls behind, the order still holds: acts are recorded later than they happened, and
figures come from when they happened.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.cli.answers import AwayError, ClientError, RefusedError
from services.cli.replay.plan import Act, Verb
from services.cli.replay.schedule import Schedule
from services.runtime.clock import Clock

IN_FLIGHT = 48
"""Requests under way at once."""

BUSY, NO_ANSWER = 429, 500
"""With these statuses, and all above the second, a service says nothing about the act itself."""

Send = Callable[[Act], Awaitable[None]]
"""Sends an act and returns once it is answered; raises as a client does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An act that the product did not take, or that could not be sent for that reason."""

    act: Act
    reason: str


@dataclass(kw_only=True, eq=False, repr=False)
class Player:
    """Plays acts; its attributes say how far it is.

    Attributes:
        clock: Says when the moment of an act has come.
        answered: How many acts were answered, refusals included.
        reached: The moment of the act sent last.
        behind: Real seconds that it was sent after that; `most_behind` at most of any act.
        refused: What was not taken.
    """

    acts: Sequence[Act]
    send: Send
    clock: Clock
    in_flight: int = IN_FLIGHT
    answered: int = 0
    reached: datetime | None = None
    behind: float = 0.0
    most_behind: float = 0.0
    refused: list[Refusal] = field(default_factory=list)
    _lost: set[int] = field(default_factory=set)
    _fault: ClientError | None = None

    async def play(self) -> None:
        """Send all acts.

        Raises:
            ClientError: A service stayed away; what was not sent by then is not sent.
        """
        schedule = Schedule(self.acts)
        places = asyncio.Semaphore(self.in_flight)
        changed = asyncio.Event()

        async def carry_out(act: Act) -> None:
            try:
                await self._carry_out(act)
            finally:
                places.release()
            schedule.answered(act)
            changed.set()

        started = 0
        async with asyncio.TaskGroup() as group:
            while started < len(self.acts) and self._fault is None:
                await places.acquire()
                act = schedule.take(self.clock.now())
                if act is None:
                    places.release()
                    await self._wait(schedule.next_at, changed)
                else:
                    started += 1
                    group.create_task(carry_out(act))
        if self._fault is not None:
            raise self._fault

    async def _wait(self, next_at: datetime | None, changed: asyncio.Event) -> None:
        """Wait for the moment of the next act, or until another one is free."""
        changed.clear()
        seconds = None if next_at is None else self.clock.seconds_until(next_at)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await changed.wait()

    async def _carry_out(self, act: Act) -> None:
        """Send an act; one that is refused is kept, one of a call without incident is not sent."""
        self.reached = act.at
        self.behind = max(0.0, -self.clock.seconds_until(act.at))
        self.most_behind = max(self.most_behind, self.behind)
        try:
            if act.call in self._lost:
                self._refuse(act, "not sent: its alert was refused")
            else:
                await self.send(act)
        except RefusedError as error:
            if error.status == BUSY or error.status >= NO_ANSWER:
                self._fault = self._fault or AwayError(str(error))
            else:
                self._refuse(act, str(error))
        except ClientError as error:
            self._fault = self._fault or error
        self.answered += 1

    def _refuse(self, act: Act, reason: str) -> None:
        self.refused.append(Refusal(act=act, reason=reason))
        if act.verb is Verb.ALERT:
            self._lost.add(act.call)
