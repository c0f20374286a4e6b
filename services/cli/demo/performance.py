"""Plays a script on a running instance: people, reporters, the show, and the figures at the end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp
from rich.console import Console

from services.cli.answers import AwayError, ClientError
from services.cli.client import Client, open_session
from services.cli.demo.board import Board
from services.cli.demo.case import ENDED, Case
from services.cli.demo.cast import Cast
from services.cli.demo.casting import Stage, people_of
from services.cli.demo.figures import Figures, ask_figures
from services.cli.demo.person import Person
from services.cli.demo.reporters import Reporters
from services.cli.demo.show import Show
from services.cli.demo.table import Style, Totals
from services.cli.instance.instance import Instance
from services.cli.sse import Frame
from services.cli.stopping import Stop
from services.runtime.auth import Role
from services.runtime.clock import SystemClock

GRACE = timedelta(minutes=20)
"""How long past its length a demo goes on while incidents are not over."""

_DRAW_SECONDS, _LOOK_SECONDS = 0.25, 1.0
_WATCHING_SECONDS, _SETTLE_SECONDS = 20.0, 5.0


@dataclass(kw_only=True)
class Outcome:
    """What a demo came to; it grows while the demo is played.

    Attributes:
        sent: The numbers of the alerts that were accepted.
        first_ended_seconds: Real seconds from the first alert to the first incident that ended.
        surprises: What nobody expected, a line each.
        figures: As answered last.
        picture: The table in the middle of the demo, as SVG; empty before.
    """

    board: Board
    start: datetime
    sent: list[str] = field(default_factory=list)
    first_ended_seconds: float | None = None
    surprises: list[str] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)
    picture: str = ""


class Performance:
    """A script being played; play it once."""

    def __init__(
        self, instance: Instance, cast: Cast, *, length: timedelta, style: Style, console: Console
    ) -> None:
        """Prepare.

        Args:
            instance: Where it is played; its directory has the cast's park.
            cast: What happens.
            length: How long the script is, in domain time.
            style: How it is shown.
            console: Where it is shown.
        """
        self._instance = instance
        self._clock = instance.clock
        self._real = SystemClock()
        self._cast = cast
        self._length = length
        self._zone: ZoneInfo = style.zone
        board = Board(cast.park)
        self.outcome = Outcome(board=board, start=self._clock.now())
        self._show = Show(board, style, console, totals=self._totals)
        self._began = self._real.monotonic()

    async def play(self, stop: Stop) -> Outcome:
        """Play until every incident ended, or until told to stop.

        Raises:
            ClientError: A stream could not be had, or the figures were refused.
        """
        async with open_session() as session:
            supervisor = self._client(session)(Role.SUPERVISOR, self._cast.park.directory.park.code)
            with self._show:
                await self._play(session, supervisor, stop)
            await self._settle(supervisor)
        return self.outcome

    async def _play(self, session: aiohttp.ClientSession, supervisor: Client, stop: Stop) -> None:
        stage = Stage(
            cast=self._cast,
            clock=self._clock,
            client_of=self._client(session),
            observe=self._observe,
            surprised=self.outcome.surprises.append,
        )
        people = list(people_of(stage))
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(person.run()) for person in people]
                await stop.unless_told(self._watching(people))
                tasks.append(group.create_task(self._draw()))
                tasks.append(group.create_task(self._look(supervisor)))
                await stop.unless_told(self._perform(stage))
                for task in tasks:
                    task.cancel()
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _perform(self, stage: Stage) -> None:
        """Report what happens, and return when all of it is over, or after the grace."""
        self.outcome.start = self._clock.now()
        self._began = self._real.monotonic()
        last = self.outcome.start + self._length + GRACE
        reporters = Reporters(stage, start=self.outcome.start, sent=self.outcome.sent.append)
        async with asyncio.TaskGroup() as group:
            reporting = group.create_task(reporters.run())
            while self._clock.now() < last and not (reporting.done() and self._over()):
                await self._real.sleep(_DRAW_SECONDS)
            reporting.cancel()

    def _over(self) -> bool:
        board = self.outcome.board
        ids = map(self._cast.id_of, self.outcome.sent)
        return not board.live and all(map(board.has_ended, ids))

    async def _watching(self, people: list[Person]) -> None:
        """Wait until everybody watches: what is told before that is told again to nobody."""
        try:
            async with asyncio.timeout(_WATCHING_SECONDS):
                await asyncio.gather(*(person.watching.wait() for person in people))
        except TimeoutError:
            raise AwayError(f"the streams did not open within {_WATCHING_SECONDS:g} s") from None

    def _observe(self, frame: Frame) -> None:
        """Take what a console was told."""
        case = Case(frame.data["incident"])
        if not self.outcome.board.see(case):
            return
        if case.ended and self.outcome.first_ended_seconds is None:
            self.outcome.first_ended_seconds = self._real.monotonic() - self._began
        self._show.tell(case)

    async def _draw(self) -> None:
        while True:
            self._show.draw()
            await self._real.sleep(_DRAW_SECONDS)

    async def _look(self, supervisor: Client) -> None:
        """Ask for the figures again and again."""
        while True:
            await self._ask(supervisor)
            if (
                not self.outcome.picture
                and self._clock.now() > self.outcome.start + self._length / 3
            ):
                self.outcome.picture = self._show.picture()
            await self._real.sleep(_LOOK_SECONDS)

    async def _ask(self, supervisor: Client) -> None:
        try:
            self.outcome.figures = await ask_figures(
                supervisor, since=self.outcome.start, until=self._clock.now(), zone=self._zone
            )
        except ClientError as error:
            self.outcome.surprises.append(str(error))

    async def _settle(self, supervisor: Client) -> None:
        """Ask for the figures until they hold everything, at most for some seconds."""
        deadline = self._real.monotonic() + _SETTLE_SECONDS
        await self._ask(supervisor)
        while not self._settled() and self._real.monotonic() < deadline:
            await self._real.sleep(_DRAW_SECONDS)
            await self._ask(supervisor)

    def _settled(self) -> bool:
        """Whether the figures know of every alert, and of every end that consoles were told of."""
        states: dict[str, int] = self.outcome.figures.conservation.get("incidents", {})
        ended = sum(count for state, count in states.items() if state in ENDED)
        return sum(states.values()) >= len(self.outcome.sent) and ended >= self.outcome.board.ended

    def _client(self, session: aiohttp.ClientSession) -> Callable[[Role, str], Client]:
        def client_of(role: Role, code: str) -> Client:
            return self._instance.client_of(session, role, code)

        return client_of

    def _totals(self) -> Totals:
        board = self.outcome.board
        return Totals(
            now=self._clock.now(),
            speed=self._clock.setting.factor,
            sent=len(self.outcome.sent),
            live=len(board.live),
            ended=board.ended,
            figures=self.outcome.figures.legs,
            difference=self.outcome.figures.difference,
        )
