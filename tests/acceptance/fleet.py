"""A park at work: stations report, operators and teams live every incident to its end.

All through the public interfaces, with idempotency keys that a retry uses again, so that whatever
is killed meanwhile, each act is done once. What was promised is noted as it is promised.
"""

import asyncio
from dataclasses import dataclass, field
from itertools import count, cycle
from uuid import UUID

from services.cli.answers import ClientError, RefusedError
from services.cli.client import Client
from services.cli.sse import RESYNC
from services.runtime.clock import SystemClock

PATIENCE = 90.0
CLOCK = SystemClock()


@dataclass(slots=True)
class Center:
    """A micro-center with its operator and its teams."""

    code: str
    operator: Client
    teams: dict[str, Client]
    seen: list[int] = field(default_factory=list)
    resyncs: int = 0


@dataclass(slots=True)
class Fleet:
    """Everybody in the park.

    Attributes:
        promised: Every alert that was answered with 202.
        closed: Every incident that its operator closed.
        faults: What went wrong for a caller in spite of its patience.
    """

    station: Client
    centers: list[Center]
    promised: set[UUID] = field(default_factory=set)
    closed: set[UUID] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _last_closed_at: float = 0.0

    async def work(self, *, until: asyncio.Event, per_second: float) -> None:
        """Report alerts at a steady rate until told to stop, and live each to its end."""
        centers = cycle(self.centers)
        async with asyncio.TaskGroup() as group:
            while not until.is_set():
                group.create_task(self._guarded(next(centers)))
                await CLOCK.sleep(1 / per_second)

    async def watch(self) -> None:
        """Hold every center's stream until cancelled, noting the numbers seen."""
        async with asyncio.TaskGroup() as group:
            for center in self.centers:
                group.create_task(self._watch(center))

    async def _watch(self, center: Center) -> None:
        async for frame in center.operator.stream(f"/v1/centers/{center.code}/stream", after=0):
            if frame.type == RESYNC:
                center.resyncs += 1
            elif frame.sequence is not None:
                center.seen.append(frame.sequence)

    async def _guarded(self, center: Center) -> None:
        try:
            await self._live(center)
        except ClientError as error:
            self.faults.append(str(error))

    async def _live(self, center: Center) -> None:
        number = next(self._numbers)
        alert = {
            "reference": {"number": f"N{number}", "order": "1"},
            "revision": 1,
            "kind": "police-alert",
            "severity": ("yellow", "orange", "red", "blue")[number % 4],
            "status": "actual",
            "text": "车间有人争吵",
            "place": {"center": center.code},
        }
        accepted = await self.station.send_alert(alert)
        self.promised.add(accepted.id)
        operator = center.operator
        await operator.act(accepted.id, "receipt", key=f"{accepted.id}/receipt", await_opening=True)
        await operator.act(accepted.id, "acknowledge", key=f"{accepted.id}/acknowledge")
        team = await self._send_team(center, accepted.id)
        if team is not None:
            for verb in ("accept", "depart", "arrive"):
                body = {"proof": "tap"} if verb == "arrive" else {}
                await center.teams[team].act(accepted.id, verb, body, key=f"{accepted.id}/{verb}")
        await operator.act(accepted.id, "resolve", {"text": "已劝离"}, key=f"{accepted.id}/resolve")
        await operator.act(
            accepted.id,
            "close",
            {"disposition": "handled_on_site"},
            key=f"{accepted.id}/close",
        )
        self.closed.add(accepted.id)
        self._last_closed_at = CLOCK.monotonic()

    async def _send_team(self, center: Center, incident: UUID) -> str | None:
        """Assign the first team that is free; None where all are on other incidents."""
        for team in center.teams:
            try:
                await operator_assigns(center.operator, incident, team)
            except RefusedError as error:
                if error.kind != "team-engaged":
                    raise
            else:
                return team
        return None

    async def recover(self) -> float:
        """Live one incident from report to end; gives the real seconds until it was closed."""
        began = CLOCK.monotonic()
        await self._live(self.centers[0])
        return CLOCK.monotonic() - began


async def operator_assigns(operator: Client, incident: UUID, team: str) -> None:
    """Assign a team; the same team again, after a lost answer, says nothing new."""
    await operator.act(incident, "assign", {"teams": [team]}, key=f"{incident}/assign/{team}")
