"""Shows an incident live: in one place on a terminal, else a line for each change."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from services.cli.answers import Json
from services.cli.client import Client
from services.cli.errors import DONE, LATE, NOT_WHOLE
from services.cli.incidents.following import Seen, follow
from services.cli.incidents.rings import is_late, ring, shown
from services.cli.output import data_console
from services.cli.texts import Language, text
from services.runtime import codec

PARK_ZONE = ZoneInfo("Asia/Shanghai")
_CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to show it."""

    language: Language
    as_json: bool
    zone: ZoneInfo = PARK_ZONE

    def say(self, code: str) -> str:
        """A text in the language."""
        return text(code, self.language)

    def time(self, moment: datetime) -> str:
        """A moment's time of day in the park."""
        return moment.astimezone(self.zone).strftime("%H:%M:%S")


async def watch_incident(client: Client, id_: UUID, manner: Manner) -> int:
    """Show an incident until it is over; returns the exit code.

    0 if it ended in time, 3 if a target was breached, 4 if it was closed and nobody had
    acknowledged it.
    """
    console = data_console()
    last: Seen | None = None
    with drawing_on(console, manner) as draw:
        async for seen in follow(client, id_):
            if draw is not None:
                draw(_drawing(seen, manner))
            elif last is None or last.incident["version"] != seen.incident["version"]:
                _tell(seen, manner, console)
            last = seen
    if last is None:
        return NOT_WHOLE
    if draw is not None:
        console.print(_drawing(last, manner))
    return verdict(last)


def verdict(seen: Seen) -> int:
    """Say by an exit code how it went."""
    if is_late(seen.legs):
        return LATE
    unsigned = seen.incident["state"] == _CLOSED and not seen.has("acknowledged")
    return NOT_WHOLE if unsigned else DONE


def line(seen: Seen, manner: Manner) -> str:
    """Say in one line where an incident stands."""
    clocks = [ring(leg, seen.as_of, manner.language) for leg in shown(seen.legs)]
    return "  ".join([*head(seen.incident, seen.as_of, manner), *clocks])


def head(incident: Mapping[str, Any], at: datetime, manner: Manner) -> list[str]:
    """Say what and where it is, and how far it has come, in parts."""
    alert = incident.get("alert") or {}
    status = alert.get("status", "actual")
    marks = [] if status == "actual" else [f"【{manner.say(status)}】"]
    teams = [entry["team"] for entry in incident["assignments"] if entry["ended_at"] is None]
    return [
        manner.time(at),
        str(incident["id"])[:8],
        *marks,
        manner.say(incident["severity"]),
        str(alert.get("category") or alert.get("kind") or ""),
        str(incident["place"] or incident["center"]),
        manner.say(incident["state"]),
        *([",".join(teams)] if teams else []),
    ]


def _drawing(seen: Seen, manner: Manner) -> RenderableType:
    first = Text("  ".join(head(seen.incident, seen.as_of, manner)), style="bold")
    clocks = [Text(f"  {ring(leg, seen.as_of, manner.language)}") for leg in shown(seen.legs)]
    return Group(first, *clocks)


def _tell(seen: Seen, manner: Manner, console: Console) -> None:
    if manner.as_json:
        put({"as_of": seen.as_of, "incident": seen.incident, "legs": seen.legs})
    else:
        console.print(line(seen, manner), soft_wrap=True)


def put(document: Json) -> None:
    """Write a document as one line of JSON."""
    sys.stdout.write(codec.encode(document).decode() + "\n")
    sys.stdout.flush()


@contextmanager
def drawing_on(
    console: Console, manner: Manner
) -> Iterator[Callable[[RenderableType], None] | None]:
    """Give what draws on a terminal in one place; None where lines are wanted."""
    if manner.as_json or not console.is_terminal:
        yield None
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield lambda drawing: live.update(drawing, refresh=True)
