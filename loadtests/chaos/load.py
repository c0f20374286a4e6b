"""A park at work: stations report, operators and teams live every incident to its end.

All through the public interfaces, with idempotency keys that a retry uses again, so that whatever
is broken meanwhile, each act is done once. What is asked for and what becomes of it goes into the
history; every act names a person of its own, who stands in the event it leaves.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, cycle
from random import Random

from loadtests.chaos.callers import Caller, UnknownError
from loadtests.chaos.history import History, Kind
from loadtests.chaos.lives import HASTY_SHARE, Scene, draw, live_whole
from services.cli.answers import AwayError, ClientError
from services.cli.client import Client
from services.cli.sse import Frame
from services.runtime.clock import SystemClock

PATIENCE = 90.0
MOST_AT_ONCE = 500
CLOCK = SystemClock()


@dataclass(slots=True, kw_only=True)
class Center:
    """A micro-center with its operator and its teams.

    Attributes:
        hasty: The operator's key in the hands of somebody who soon gives up.
        by_webhook: The enterprise's own system takes the receipts.
        busy: Teams that are on an incident, as far as is known here.
    """

    code: str
    operator: Client
    hasty: Client
    teams: dict[str, Client]
    by_webhook: bool = False
    busy: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Fleet:
    """Everybody in the park.

    Attributes:
        station: Reports, and asks again for as long as it takes.
        hasty_station: The station's key in the hands of somebody who soon gives up.
        history: Where everything is noted.
        random: Draws the lives.
    """

    station: Client
    hasty_station: Client
    station_code: str
    centers: list[Center]
    history: History
    random: Random = field(default_factory=Random)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def work(self, *, until: asyncio.Event, per_second: float) -> None:
        """Report alerts at a steady rate until told to stop, and live each to its end."""
        centers = cycle(self.centers)
        began, lives = CLOCK.monotonic(), set[asyncio.Task[None]]()
        async with asyncio.TaskGroup() as group:
            for number in count(1):
                if len(lives) < MOST_AT_ONCE:
                    life = group.create_task(self._begin(next(centers)))
                    lives.add(life)
                    life.add_done_callback(lives.discard)
                else:
                    self.history.add(Kind.NOTE, "campaign", "too many lives at once")
                with suppress(TimeoutError):
                    async with asyncio.timeout(began + number / per_second - CLOCK.monotonic()):
                        await until.wait()
                if until.is_set():
                    return

    async def watch(self) -> None:
        """Hold every center's and every team's stream until cancelled, noting each frame."""
        async with asyncio.TaskGroup() as group:
            for center in self.centers:
                group.create_task(self._watch(center.operator, "center", center.code))
                for team, phone in center.teams.items():
                    group.create_task(self._watch(phone, "team", team))

    async def recover(self, *, lives: int = 1) -> float:
        """Live incidents from report to end; gives the real seconds until all were judged.

        Raises:
            ClientError: One was refused an act, or was not answered for longer than the patience.
            UnknownError: The same.
        """
        began = CLOCK.monotonic()
        centers = cycle(center for center in self.centers if not center.by_webhook)
        scenes = [self._scene(next(centers), hasty=False) for _ in range(lives)]
        await asyncio.gather(*map(self._live_and_judge, scenes))
        return CLOCK.monotonic() - began

    async def _live_and_judge(self, scene: Scene) -> None:
        await live_whole(scene)
        await scene.operator.await_judged(scene.id, seconds=PATIENCE)

    async def _watch(self, client: Client, kind: str, code: str) -> None:
        who, path, last = f"{kind}:{code}", f"/v1/{kind}s/{code}/stream", 0
        while True:
            try:
                async for frame in client.stream(path, after=last):
                    last = last if frame.sequence is None else frame.sequence
                    self.history.add(Kind.FRAME, who, frame.type, _said(frame))
            except AwayError as error:  # a console is not closed because the park is dark
                self.history.add(Kind.NOTE, who, "stream away", {"why": str(error)})

    async def _begin(self, center: Center) -> None:
        hasty = self.random.random() < HASTY_SHARE
        life, scene = draw(self.random), self._scene(center, hasty=hasty)
        try:
            await life(scene)
        except (UnknownError, ClientError):
            if hasty:
                await self._finish(center, scene)

    async def _finish(self, center: Center, scene: Scene) -> None:
        """Have a patient colleague close what a hasty one left, so that its team is free again."""
        patient = self._caller(center.operator, f"operator:{center.code}")
        with suppress(UnknownError, ClientError):
            await patient.act(scene.id, "close", {"disposition": "handled_on_site"})

    def _scene(self, center: Center, *, hasty: bool) -> Scene:
        station = self.hasty_station if hasty else self.station
        operator = center.hasty if hasty else center.operator
        return Scene(
            number=next(self._numbers),
            center=center.code,
            station_code=self.station_code,
            station=self._caller(station, f"station:{self.station_code}", patient=not hasty),
            operator=self._caller(operator, f"operator:{center.code}", patient=not hasty),
            teams={
                code: self._caller(client, f"team:{code}") for code, client in center.teams.items()
            },
            busy=center.busy,
            by_webhook=center.by_webhook,
        )

    def _caller(self, client: Client, who: str, *, patient: bool = True) -> Caller:
        return Caller(client=client, who=who, history=self.history, patient=patient)


def _said(frame: Frame) -> dict[str, object]:
    """What the history keeps of a frame: its number, and which event it tells of."""
    if frame.sequence is None:
        return {}
    incident, event = frame.data.get("incident") or {}, frame.data.get("event") or {}
    return {
        "sequence": frame.sequence,
        "incident": incident.get("id"),
        "version": event.get("version"),
    }
