"""Draws the demo's live table, its plain lines and its summary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from services.cli.demo.board import LEGS, Mark, Reading, Row
from services.cli.texts import Language, text

_LEVELS = {"red": "bold red", "orange": "dark_orange", "yellow": "yellow", "blue": "cyan"}
_SIGNS = {
    Mark.WAITING: "",
    Mark.RUNNING: "…",
    Mark.AT_RISK: "!",
    Mark.LATE: "✘",
    Mark.MET: "✔",
    Mark.BREACHED: "✘",
    Mark.VOID: "–",
    Mark.UNTIMED: "",
}
_STYLES = {
    Mark.RUNNING: "default",
    Mark.AT_RISK: "yellow",
    Mark.LATE: "bold red",
    Mark.MET: "green",
    Mark.BREACHED: "red",
    Mark.VOID: "dim",
}
_SHOWN_LEGS = ("push", "assign", "on_scene")
_FRAME_LINES = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What stands around the rows.

    Attributes:
        now: The park's time.
        speed: Domain seconds in a real one.
        figures: The legs of the last answer of `/v1/compliance`, by code.
        difference: That of the last answer of `/v1/conservation`; None before the first.
    """

    now: datetime
    speed: float
    sent: int
    live: int
    ended: int
    figures: Mapping[str, Mapping[str, Any]]
    difference: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How to show it: the language, the zone of its times, the lines of the terminal."""

    language: Language
    zone: ZoneInfo
    lines: int = 40

    def text(self, code: str) -> str:
        """A text in the language."""
        return text(code, self.language)

    def time(self, moment: datetime) -> str:
        """A moment's time of day in the park."""
        return moment.astimezone(self.zone).strftime("%H:%M:%S")


def live_table(rows: Sequence[Row], totals: Totals, style: Style) -> RenderableType:
    """Draw the table as it stands."""
    table = Table(box=box.SIMPLE_HEAD, title=style.text("title"), expand=True, pad_edge=False)
    for code in ("time", "number", "severity", "category"):
        table.add_column(style.text(code), no_wrap=True)
    table.add_column(style.text("place"), no_wrap=True, overflow="ellipsis", ratio=2)
    table.add_column(style.text("state"), no_wrap=True)
    for leg in LEGS:
        table.add_column(style.text(leg.code), justify="right", no_wrap=True)
    table.add_column(style.text("notes"), no_wrap=True, overflow="ellipsis", ratio=1)
    room = max(style.lines - _FRAME_LINES, 3)
    for row in rows[:room]:
        table.add_row(*_cells(row, totals.now, style), style="dim" if row.case.ended else "")
    hidden = len(rows) - room
    rest = [Text(style.text("hidden").format(count=hidden), style="dim")] if hidden > 0 else []
    return Group(table, *rest, _footer(totals, style))


def plain_line(row: Row, now: datetime, style: Style) -> str:
    """Say in one line where an incident stands."""
    legs = [
        f"{style.text(leg.code)} {clock_text(reading)}"
        for leg, reading in zip(LEGS, row.readings(now), strict=True)
        if reading.mark in {Mark.MET, Mark.BREACHED, Mark.LATE}
    ]
    parts = [
        style.time(now),
        row.number,
        style.text(row.case.state["severity"]),
        style.text(row.case.state["alert"]["category"]),
        row.place,
        style.text(row.case.name),
        *legs,
        *map(style.text, row.marks),
    ]
    return "  ".join(parts)


def clock_text(reading: Reading) -> str:
    """Write a clock: its sign, minutes and seconds."""
    if reading.length is None:
        return _SIGNS[reading.mark]
    return f"{_SIGNS[reading.mark]} {minutes(reading.length)}".strip()


def minutes(length: timedelta) -> str:
    """Write a length as `4:05`, or `1:04:05` from an hour on."""
    seconds = int(length.total_seconds())
    if seconds >= 3600:
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{seconds // 60}:{seconds % 60:02}"


def summary_table(legs: Sequence[Mapping[str, Any]], style: Style, *, plain: bool) -> Table:
    """Draw the compliance figures of all legs."""
    table = Table(
        box=None if plain else box.SIMPLE_HEAD, title=style.text("summary"), title_justify="left"
    )
    table.add_column(style.text("leg"), no_wrap=True)
    names = ("target", "n", "met", "breached", "void", "compliance", "P50", "P90", "by_machine")
    for name in names:
        table.add_column(style.text(name), justify="right", no_wrap=True)
    for leg in legs:
        target = leg["target_seconds"]
        code = "arrive" if leg["leg"] == "on_scene" else leg["leg"]
        table.add_row(
            style.text(code),
            "–" if target is None else minutes(timedelta(seconds=target)),
            *(str(leg[name]) for name in ("n", "met", "breached", "void")),
            _share(leg),
            *(_seconds(leg[name]) for name in ("p50_seconds", "p90_seconds")),
            str(leg["by"].get("machine", {"n": 0})["n"]),
        )
    return table


def _cells(row: Row, now: datetime, style: Style) -> list[Text | str]:
    state = row.case.state
    severity = state["severity"]
    level = Text(style.text(severity), style=_LEVELS.get(severity, ""))
    clocks = [
        Text(clock_text(reading), style=_STYLES.get(reading.mark, ""))
        for reading in row.readings(now)
    ]
    on_it = len(row.case.live_teams)
    marks = [style.text(code) for code in row.marks]
    if on_it > 1:
        marks.append(f"{on_it} {style.text('teams')}")
    return [
        style.time(row.received_at),
        row.number,
        level,
        style.text(state["alert"]["category"]),
        row.place,
        style.text(row.case.name),
        *clocks,
        " ".join(marks),
    ]


def _footer(totals: Totals, style: Style) -> Text:
    line = Text(f" {style.time(totals.now)}  {totals.speed:g}{style.text('speed')}   ")
    for code, count in (("sent", totals.sent), ("live", totals.live), ("ended", totals.ended)):
        line.append(f"{style.text(code)} ").append(f"{count}  ", style="bold")
    for code in _SHOWN_LEGS:
        leg = totals.figures.get(code)
        if leg is not None:
            line.append(f"{style.text('arrive' if code == 'on_scene' else code)} ")
            line.append(f"{_share(leg)}  ", style="bold")
    difference = "…" if totals.difference is None else str(totals.difference)
    line.append(f"{style.text('conservation')} ")
    line.append(difference, style="bold red" if totals.difference else "bold green")
    return line


def _share(leg: Mapping[str, Any]) -> str:
    """Write met of judged, never a bare percentage."""
    judged = leg["met"] + leg["breached"]
    if leg["target_seconds"] is None or not judged:
        return "–"
    return f"{leg['met'] / judged:.0%} ({leg['met']}/{judged})"


def _seconds(value: float | None) -> str:
    return "–" if value is None else minutes(timedelta(seconds=value))
