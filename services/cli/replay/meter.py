"""Shows how far a replay is, on stderr: a bar on a terminal, else a line now and then."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from services.cli.replay.calls import ZONE
from services.cli.replay.playing import Player
from services.runtime.clock import SystemClock

_BAR_SECONDS, _LINE_SECONDS = 0.25, 10.0


@asynccontextmanager
async def metered(player: Player) -> AsyncIterator[None]:
    """Show how far a player is while the block runs, and once more at its end."""
    console = Console(stderr=True, highlight=False)
    show = _bar if console.is_terminal else _lines
    task = asyncio.create_task(show(player, console))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        console.print(told(player))


def told(player: Player) -> str:
    """How far it is, in a line."""
    at = "" if player.reached is None else f"{player.reached.astimezone(ZONE):%Y-%m-%d %H:%M}, "
    behind = f", {player.behind:.1f} s behind" if player.behind >= 1 else ""
    return f"{at}{player.answered} of {len(player.acts)} acts{behind}"


async def _bar(player: Player, console: Console) -> None:
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(player.acts))
        while True:
            progress.update(task, completed=player.answered, description=told(player))
            await SystemClock().sleep(_BAR_SECONDS)


async def _lines(player: Player, console: Console) -> None:
    while True:
        await SystemClock().sleep(_LINE_SECONDS)
        console.print(told(player))
