"""Lives of incidents, from the report to the end: mostly plain ones, some that are not."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from incident.alert import OrganisationId, Reference, alert_id
from loadtests.chaos.callers import Caller
from services.cli.answers import RefusedError

TEXT = "车间有人争吵"
SEVERITIES = ("yellow", "orange", "red", "blue")
ENGAGED = "team-engaged"
WEBHOOK_SECONDS = 10.0
"""So long the operator lets the enterprise's own system take the receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a life takes place and who takes part.

    Attributes:
        number: Of the station's reference; every life has its own.
        teams: The center's teams by code.
        busy: Those of the center's teams that are on another incident, as far as is known here.
        by_webhook: The enterprise's own system takes the receipt.
    """

    number: int
    center: str
    station_code: str
    station: Caller
    operator: Caller
    teams: dict[str, Caller]
    busy: set[str]
    by_webhook: bool = False

    @property
    def reference(self) -> dict[str, str]:
        """The station's own reference."""
        return {"number": f"N{self.number}", "order": "1"}

    @property
    def id(self) -> UUID:
        """The incident's id, which follows from the station and its reference."""
        return alert_id(OrganisationId(self.station_code), Reference(**self.reference))

    @property
    def alert(self) -> dict[str, object]:
        """The alert as the station sends it."""
        return {
            "reference": self.reference,
            "revision": 1,
            "kind": "police-alert",
            "severity": SEVERITIES[self.number % len(SEVERITIES)],
            "status": "actual",
            "text": TEXT,
            "place": {"center": self.center},
        }


Life = Callable[[Scene], Awaitable[None]]


async def live_whole(scene: Scene) -> None:
    """Report, receipt, acknowledge, assign, accept, depart, arrive, resolve, close."""
    await _take(scene)
    async with _sent(scene) as team:
        if team is not None:
            await _go(scene, team)
        await _end(scene)


async def live_updated(scene: Scene) -> None:
    """The station learns more while a team is on its way."""
    await _take(scene)
    async with _sent(scene) as team:
        update = {"reference": scene.reference, "revision": 2, "severity": "red", "text": TEXT}
        await scene.station.change(scene.id, "updates", update)
        if team is not None:
            await _go(scene, team)
        await _end(scene)


async def live_withdrawn(scene: Scene) -> None:
    """The station withdraws its alert before anybody is sent."""
    await _take(scene)
    withdrawal = {"reference": scene.reference, "reason": "withdrawn_by_caller"}
    await scene.station.change(scene.id, "cancellation", withdrawal)


async def live_by_telephone(scene: Scene) -> None:
    """The center settles it by telephone."""
    await _take(scene)
    await scene.operator.act(scene.id, "close", {"disposition": "by_telephone"})


async def live_declined(scene: Scene) -> None:
    """The first team declines, another one goes."""
    await _take(scene)
    async with _sent(scene) as first:
        if first is not None:
            await scene.teams[first].act(scene.id, "decline", {"reason": "too_far"})
    async with _sent(scene, but=first) as second:
        if second is not None:
            await _go(scene, second)
        await _end(scene)


async def live_twice(scene: Scene) -> None:
    """The station's system sends everything twice at once."""
    again = scene.station.report(scene.alert, id_=scene.id)
    await asyncio.gather(again, live_whole(scene))


LIVES: tuple[tuple[float, Life], ...] = (
    (0.66, live_whole),
    (0.10, live_updated),
    (0.05, live_withdrawn),
    (0.05, live_by_telephone),
    (0.05, live_declined),
    (0.05, live_twice),
)
HASTY_SHARE = 0.04


def draw(chance: random.Random) -> Life:
    """Draw a life."""
    lives = [life for _, life in LIVES]
    return chance.choices(lives, [share for share, _ in LIVES])[0]


async def _take(scene: Scene) -> None:
    await scene.station.report(scene.alert, id_=scene.id)
    if scene.by_webhook:
        await scene.operator.await_push(scene.id, seconds=WEBHOOK_SECONDS)
    else:
        await scene.operator.act(scene.id, "receipt", await_opening=True)
    await scene.operator.act(scene.id, "acknowledge", await_opening=True)


@asynccontextmanager
async def _sent(scene: Scene, *, but: str | None = None) -> AsyncIterator[str | None]:
    """Assign the first team that seems free, for the block; None where all are elsewhere."""
    team = next((code for code in scene.teams if code not in scene.busy | {but}), None)
    if team is None:
        yield None
        return
    scene.busy.add(team)
    try:
        yield team if await _assign(scene, team) else None
    finally:
        scene.busy.discard(team)


async def _assign(scene: Scene, team: str) -> bool:
    """Assign a team; False where the ladder sent it elsewhere meanwhile."""
    try:
        await scene.operator.act(scene.id, "assign", {"teams": [team]})
    except RefusedError as error:
        if error.kind != ENGAGED:
            raise
        return False
    return True


async def _go(scene: Scene, team: str) -> None:
    for verb, body in (("accept", {}), ("depart", {}), ("arrive", {"proof": "tap"})):
        await scene.teams[team].act(scene.id, verb, body)


async def _end(scene: Scene) -> None:
    await scene.operator.act(scene.id, "resolve", {"text": "已劝离"})
    await scene.operator.act(scene.id, "close", {"disposition": "handled_on_site"})
