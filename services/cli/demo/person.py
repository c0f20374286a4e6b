"""A simulated person: watches one stream, and acts over the public interface."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.cli.answers import AwayError, RefusedError
from services.cli.client import Client
from services.cli.demo.case import Case
from services.cli.demo.people import Step
from services.cli.sse import HEARTBEAT, RESYNC, Frame
from services.runtime.clock import Clock

_HELP = "incident.help_requested.v1"
_ENGAGED = "team-engaged"
_AGAIN_SECONDS = 5.0
_FASTER = frozenset({"not-allowed", "already-done", "assignment-ended", "bad-target", _ENGAGED})

Decide = Callable[[Case, int], Step | None]
"""Says what to do next about a case, given how often help was asked for."""

Perform = Callable[[Case, Step], Awaitable[bool]]
"""Does it; False if it could not be done yet."""

Observe = Callable[[Frame], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a person works with.

    Attributes:
        path: The stream watched.
        decide: Says what to do next.
        perform: Does it.
        board: Reads what is live, at the beginning and where the stream had a gap; None for
            somebody who has no board.
        observe: Told of every frame.
        surprised: Told of what nobody expected.
    """

    client: Client
    clock: Clock
    path: str
    decide: Decide
    perform: Perform
    board: Callable[[], Awaitable[list[Case]]] | None
    observe: Observe
    surprised: Callable[[str], None]


class Person:
    """Somebody at a screen."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._cases: dict[UUID, Case] = {}
        self._changed: dict[UUID, asyncio.Event] = {}
        self._told_at: dict[UUID, datetime] = {}
        self._helps: Counter[UUID] = Counter()
        self.watching = asyncio.Event()

    async def run(self) -> None:
        """Watch and act until cancelled."""
        async with asyncio.TaskGroup() as group:
            async for frame in self._desk.client.stream(self._desk.path, after=0):
                if frame.type == HEARTBEAT:
                    self.watching.set()
                elif frame.type == RESYNC and self._desk.board is not None:
                    for case in await self._desk.board():
                        self._see(case, self._desk.clock.now(), group)
                elif "incident" in frame.data:  # else it tells of a desk
                    self._desk.observe(frame)
                    case = Case(frame.data["incident"])
                    self._helps[case.id] += frame.type == _HELP
                    told_at = datetime.fromisoformat(frame.data["event"]["recorded_at"])
                    self._see(case, told_at, group)

    def _see(self, case: Case, told_at: datetime, group: asyncio.TaskGroup) -> None:
        """Take the newest state of a case, and begin to look after it if it is new."""
        known = self._cases.get(case.id)
        if not case.is_whole or (known is not None and known.version > case.version):
            return
        self._cases[case.id] = case
        self._told_at[case.id] = told_at
        if case.id in self._changed:
            self._changed[case.id].set()
        elif not case.ended:
            self._changed[case.id] = asyncio.Event()
            group.create_task(self._look_after(case.id))

    async def _look_after(self, id_: UUID) -> None:
        """Do what is to be done about a case, step by step, until it is over."""
        done: set[str] = set()
        key, since = "", self._desk.clock.now()
        while not self._cases[id_].ended:
            step = self._desk.decide(self._cases[id_], self._helps[id_])
            if step is None or step.key in done:
                await self._wait(id_, None)
                continue
            if step.key != key:
                # From when it was said, not from when it came: at many times real time the network
                # would seem to take the people's time.
                key, since = step.key, self._told_at[id_]
            if await self._wait(id_, since + timedelta(seconds=step.delay)):
                continue
            if await self._do(self._cases[id_], step):
                done.add(step.key)
            else:
                since = self._desk.clock.now() + timedelta(seconds=_AGAIN_SECONDS - step.delay)
        del self._changed[id_]

    async def _wait(self, id_: UUID, until: datetime | None) -> bool:
        """Wait for a change of a case, at most until a moment; say whether there was one."""
        seconds = None if until is None else max(self._desk.clock.seconds_until(until), 0.0)
        changed = self._changed[id_]
        try:
            async with asyncio.timeout(seconds):
                await changed.wait()
        except TimeoutError:
            return False
        changed.clear()
        return True

    async def _do(self, case: Case, step: Step) -> bool:
        """Do a step; what was refused is not asked for again, but for a team that was just sent."""
        try:
            return await self._desk.perform(case, step)
        except RefusedError as error:
            if error.kind not in _FASTER:  # somebody, the station or the ladder was faster
                self._desk.surprised(f"{case.number} {step.verb}: {error}")
            return error.kind != _ENGAGED
        except AwayError as error:
            self._desk.surprised(f"{case.number} {step.verb}: {error}")
            return False
