"""The boards of centers, live by their streams: what is open, the most pressing first."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from rich.console import Group, RenderableType
from rich.text import Text

from services.cli.answers import Json
from services.cli.client import Client
from services.cli.errors import USAGE, CommandError
from services.cli.incidents.following import ENDED
from services.cli.incidents.watching import Manner, drawing_on, head, put
from services.cli.output import data_console
from services.cli.sse import RESYNC

MOST_CENTERS = 64
_SEVERITIES = ("red", "orange", "yellow", "blue")


@dataclass(kw_only=True)
class Boards:
    """What is open in the centers watched, each incident in its newest version."""

    manner: Manner
    incidents: dict[UUID, Json] = field(default_factory=dict)
    changed: asyncio.Queue[tuple[Json, datetime]] = field(
        default_factory=lambda: asyncio.Queue(maxsize=1000)
    )

    async def watch(self, client: Client, center: str) -> None:
        """Follow a center: its board first, then what its stream tells, without a gap."""
        sequence = await self._read(client, center)
        async for frame in client.stream(f"/v1/centers/{center}/stream", after=sequence):
            if frame.type == RESYNC:
                await self._read(client, center)
            elif "incident" in frame.data:  # else it is a heartbeat, or tells of a desk
                at = datetime.fromisoformat(frame.data["event"]["recorded_at"])
                await self._see(frame.data["incident"], at)

    def pressing(self) -> list[Json]:
        """What is open: nobody took it first, then by severity, then by age."""
        return sorted(
            self.incidents.values(),
            key=lambda each: (
                each["state"] not in {"open", "pushed"},
                _SEVERITIES.index(each["severity"]),
                each["opened_at"],
            ),
        )

    async def _read(self, client: Client, center: str) -> int:
        board = await client.get(f"/v1/centers/{center}/board")
        at = datetime.fromisoformat(board["now"])
        for incident in board["incidents"]:
            await self._see(incident, at)
        sequence: int = board["sequence"]
        return sequence

    async def _see(self, incident: Json, at: datetime) -> None:
        id_ = UUID(incident["id"])
        known = self.incidents.get(id_)
        if known is not None and known["version"] >= incident["version"]:
            return
        self.incidents[id_] = incident
        if incident["state"] in ENDED:
            del self.incidents[id_]
        await self.changed.put((incident, at))


async def watch_boards(client: Client, centers: Sequence[str], manner: Manner) -> None:
    """Show the boards of centers until called off.

    Raises:
        CommandError: There is none, or there are too many.
    """
    if not 1 <= len(centers) <= MOST_CENTERS:
        raise CommandError(f"watch 1 to {MOST_CENTERS} centers, not {len(centers)}", code=USAGE)
    boards = Boards(manner=manner)
    async with asyncio.TaskGroup() as group:
        for center in centers:
            group.create_task(boards.watch(client, center))
        group.create_task(_show(boards, manner))


async def _show(boards: Boards, manner: Manner) -> None:
    console = data_console()
    with drawing_on(console, manner) as draw:
        if draw is not None:
            draw(Text(manner.say("quiet")))
        while True:
            incident, at = await boards.changed.get()
            if draw is not None:
                draw(_table(boards, at))
            elif manner.as_json:
                put({"as_of": at, "incident": incident})
            else:
                console.print("  ".join(head(incident, at, manner)), soft_wrap=True)


def _table(boards: Boards, at: datetime) -> RenderableType:
    rows = [Text("  ".join(head(each, at, boards.manner))) for each in boards.pressing()]
    return Group(*rows) if rows else Text(boards.manner.say("quiet"))
