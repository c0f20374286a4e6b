"""`d115 demo`: brings stack and instance up, plays a script, tells the figures, cleans up."""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from incident.directory import Lookup, read_directory
from services.cli.demo.cast import Cast
from services.cli.demo.performance import Outcome, Performance
from services.cli.demo.script import write_script
from services.cli.demo.table import Style, summary_table
from services.cli.instance import sign_ins
from services.cli.instance.instance import Blueprint, Instance
from services.cli.instance.opening import open_instance
from services.cli.output import Teller, data_console
from services.cli.park import DEMO_PARK, read_document
from services.cli.stack.stack import Stack, open_stack
from services.cli.stopping import stopping
from services.cli.texts import Language
from services.runtime.clock import Clock, ScaledClock, SystemClock

PLAYED, FAILED = 0, 1
PASSWORD = "demo-demo"  # noqa: S105  # of invented people, told to everybody
_EVENING = timedelta(hours=19, minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to play.

    Attributes:
        data: The data directory.
        length: In the park's time.
        speed: Domain seconds in a real one.
        report: Where to write the outcome as JSON; None for nowhere.
        picture: Where to write the table as SVG, from a third of the way; None for nowhere.
    """

    data: Path
    length: timedelta
    speed: float
    seed: int
    language: Language
    report: Path | None = None
    picture: Path | None = None


def demo(wanted: Wanted) -> int:
    """Play a demo; returns the exit code: 1 where anything was lost, doubled or left over."""
    teller = Teller()
    with open_stack(wanted.data, progress=teller) as stack:
        return asyncio.run(_demo(stack, wanted, teller))


async def _demo(stack: Stack, wanted: Wanted, teller: Teller) -> int:
    document = read_document(DEMO_PARK)
    blueprint = Blueprint(
        name="demo",
        data=wanted.data,
        park=document,
        clock=_clock(wanted, document),
        separate=False,  # the pages need one address
        environment={"DISPATCHER_DEMO": "true"},
    )
    console = data_console()
    with stopping() as stop:
        async with AsyncExitStack() as exits:
            opening = open_instance(stack, blueprint, progress=teller)
            instance = await stop.unless_told(exits.enter_async_context(opening))
            teller.close()
            if instance is None:
                return PLAYED
            style = Style(language=wanted.language, zone=_zone(document))
            await _invite(instance, document)
            cast = _cast(wanted, document, instance.clock)
            begun = style.text("begun").format(
                alerts=len(cast.scenes),
                minutes=wanted.length.total_seconds() / 60,
                speed=wanted.speed,
            )
            sys.stderr.write(f"{begun}\n")
            performance = Performance(
                instance, cast, length=wanted.length, style=style, console=console
            )
            outcome = await performance.play(stop)
            _conclude(outcome, style, console)
            sys.stderr.write(f"{style.text('stopping')}\n")
        _write_report(outcome, wanted.report)
        if wanted.picture is not None:
            wanted.picture.write_text(outcome.picture, encoding="utf-8")
        return _verdict(outcome, stopped=stop.told)


async def _invite(instance: Instance, document: dict[str, Any]) -> None:
    """Make an account of each page and say where it is; they are live while the demo plays."""
    known = sign_ins.few(sign_ins.invent(document, password=PASSWORD))
    await sign_ins.make(instance, known)
    origin = instance.origins.dispatcher
    for entry in known:
        page = f"{origin}{entry['page']}"
        sys.stderr.write(f"{page:<40} {entry['name']} / {entry['password']}\n")


def _clock(wanted: Wanted, document: dict[str, Any]) -> Clock:
    """Return a clock that begins yesterday at the evening's peak, or at midnight for a day."""
    real = SystemClock().real()
    today = real.astimezone(_zone(document)).replace(hour=0, minute=0, second=0, microsecond=0)
    begins = timedelta(0) if wanted.length >= timedelta(days=1) else _EVENING
    origin = today - timedelta(days=1) + begins
    return ScaledClock(origin.astimezone(UTC), real, wanted.speed)


def _cast(wanted: Wanted, document: dict[str, Any], clock: Clock) -> Cast:
    park = Lookup(read_directory(document, version=1, now=clock.real()))
    start: datetime = clock.now()
    return Cast(write_script(park, start=start, length=wanted.length, seed=wanted.seed), park)


def _zone(document: dict[str, Any]) -> ZoneInfo:
    return ZoneInfo(document["park"].get("time_zone", "Asia/Shanghai"))


def _conclude(outcome: Outcome, style: Style, console: Console) -> None:
    """Print the figures."""
    console.print()
    legs = list(outcome.figures.legs.values())
    console.print(summary_table(legs, style, plain=not console.is_terminal))
    console.print(style.text("excluded"))
    states = outcome.figures.conservation.get("incidents", {})
    counts = "  ".join(f"{style.text(state)} {count}" for state, count in states.items() if count)
    console.print(f"{style.text('states')}: {counts}")
    if outcome.board.live:
        left = ", ".join(sorted(case.number for case in outcome.board.live))
        console.print(f"{style.text('unended')}: {left}")
    for line in outcome.surprises:
        sys.stderr.write(f"{style.text('surprise')}: {line}\n")
    console.print(f"{style.text('conservation')}: {outcome.figures.difference}")


def _write_report(outcome: Outcome, path: Path | None) -> None:
    if path is None:
        return
    report = {
        "sent": len(outcome.sent),
        "ended": outcome.board.ended,
        "open": len(outcome.board.live),
        "conservation_difference": outcome.figures.difference,
        "first_ended_seconds": outcome.first_ended_seconds,
        "states": outcome.figures.conservation.get("incidents", {}),
        "legs": outcome.figures.legs,
        "surprises": outcome.surprises,
    }
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _verdict(outcome: Outcome, *, stopped: bool) -> int:
    if outcome.figures.difference != 0:
        return FAILED
    return FAILED if outcome.board.live and not stopped else PLAYED
