"""A bulletin as headed tables in Chinese, which its page and its workbook both show."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from incident.moments import ActorKind
from services.notifier.payloads.bulletins import (
    BulletinFigures,
    OtherWeek,
    ShareFigure,
    TimesFigure,
    WeeklyBulletin,
)

Cell = str | int | float | None
MOST_OPEN = 200
"""So many unfinished cases are listed; the count above them is of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A headed table; its first row names the columns."""

    title: str
    rows: Sequence[Sequence[Cell]]


@cache
def words() -> Mapping[str, Any]:
    """The words of bulletins."""
    text = files("services.notifier").joinpath("texts/bulletin.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def heading_of(bulletin: WeeklyBulletin, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """What stands above the tables: each with its label."""
    word, zone = words(), ZoneInfo(bulletin.time_zone)
    scope = bulletin.center or bulletin.station
    return [
        (word["scope"], bulletin.name + (f" {names.get(scope, scope)}" if scope else "")),
        (word["week"], bulletin.week),
        (word["period"], f"{bulletin.from_:%Y-%m-%d} – {bulletin.to:%Y-%m-%d}"),
        (word["as_of"], f"{bulletin.as_of.astimezone(zone):%Y-%m-%d %H:%M:%S}"),
        (word["issued_at"], f"{bulletin.issued_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"),
    ]


def standing_of(bulletin: WeeklyBulletin) -> str:
    """What the bulletin is, with the number of its correction."""
    word = words()
    said = str(word["standing"][bulletin.standing])
    if not bulletin.correction:
        return said
    return f"{said}（{word['correction'].format(number=bulletin.correction)}）"


def definition_of(bulletin: WeeklyBulletin) -> str:
    """The published definition of the closure rate."""
    hours = bulletin.figures.totals.closure.hours
    return str(words()["definition"]).format(hours=hours)


def tables_of(bulletin: WeeklyBulletin, names: Mapping[str, str]) -> list[Table]:
    """Give all tables.

    Args:
        bulletin: The document.
        names: What kinds, centers and teams are called, by code.
    """
    word, figures = words(), bulletin.figures
    tables = [
        Table(title=word["total"], rows=_totals(figures)),
        Table(title=word["closure"], rows=_closure(figures)),
        *(table for one in figures.totals.times for table in _times(one, names)),
        _counts(word["kinds"], figures.kinds, names),
        _counts(word["centers"], figures.centers, names),
        Table(title=word["hours"], rows=_hours(figures.hours)),
        Table(title=word["unfinished"], rows=_unfinished(bulletin, names)),
        Table(title=word["other"], rows=_beside(figures)),
        Table(title=word["supervisions"], rows=_supervisions(figures)),
        Table(title=word["follow_ups"], rows=_follow_ups(figures)),
    ]
    if bulletin.correction:
        tables.insert(0, Table(title=word["changed"], rows=_changes(bulletin)))
    return tables


def share_text(share: ShareFigure) -> str:
    """A share with what it was counted from and its interval; never a share alone."""
    if share.share is None or share.interval is None:
        return f"{words()['none']}（{share.k}/{share.n}）"
    few = f"，{words()['few']}" if share.few else ""
    low, high = (f"{100 * end:.1f}%" for end in (share.interval.low, share.interval.high))
    return (
        f"{share.k}/{share.n}＝{100 * share.share:.1f}%（{words()['interval']} {low}–{high}{few}）"
    )


def _totals(figures: BulletinFigures) -> list[list[Cell]]:
    word, own = words(), figures.totals
    others = (figures.last_week, figures.last_year)
    medians = [
        [
            f"{word['timed'][one.timed]} {word['median']}",
            _seconds(one.median),
            *(_seconds(other.medians[one.timed]) for other in others),
        ]
        for one in own.times
    ]
    return [
        [word["figure"], word["count"], word["last_week"], word["last_year"]],
        [word["received"], own.received, *(_beside_other(o, "received") for o in others)],
        [word["valid"], own.valid, *(_beside_other(o, "valid") for o in others)],
        [word["daily"], round(own.daily, 2), *(round(other.daily, 2) for other in others)],
        [
            word["closure"],
            share_text(own.closure.rate),
            *(share_text(other.closure) for other in others),
        ],
        *medians,
    ]


def _beside_other(other: OtherWeek, name: str) -> str:
    change = getattr(other, f"{name}_change")
    count = getattr(other, name)
    return f"{count}" if change is None else f"{count}（{change:+.1f}%）"


def _closure(figures: BulletinFigures) -> list[list[Cell]]:
    word, closure = words(), figures.totals.closure
    return [
        [word["figure"], word["count"]],
        [word["closure"], share_text(closure.rate)],
        *([word["counted"][code], count] for code, count in closure.counts.items()),
    ]


def _times(one: TimesFigure, names: Mapping[str, str]) -> Iterable[Table]:
    word = words()
    title = word["timed"][one.timed]
    between = "" if one.interval is None else f"（{one.interval.low:.1f}–{one.interval.high:.1f}）"
    yield Table(
        title=title,
        rows=[
            [
                "",
                word["all"],
                *word["buckets"][one.timed],
                f"{word['median']}（{word['interval']}）",
            ],
            [word["all"], one.n, *one.counts, f"{_seconds(one.median)}{between}"],
            *([word[kind], sum(one.by[kind]), *one.by[kind], ""] for kind in ActorKind),
        ],
    )
    if one.proofs:
        rows = [[word["proof"].get(code, code), count] for code, count in one.proofs.items()]
        yield Table(title=word["proofs"], rows=[[word["proofs"], word["count"]], *rows])
    slowest: list[list[Cell]] = [
        [slow.number, _name(slow.organisation, names), _name(slow.team, names), slow.seconds]
        for slow in one.slowest
    ]
    columns = [word["number"], word["organisation"], word["team"], word["seconds"]]
    yield Table(title=f"{title}：{word['slowest']}", rows=[columns, *slowest])


def _counts(title: str, counts: Mapping[str, int], names: Mapping[str, str]) -> Table:
    rows: list[list[Cell]] = [[_name(code, names), count] for code, count in counts.items()]
    return Table(title=title, rows=[[title, words()["count"]], *rows])


def _hours(hours: Sequence[int]) -> list[list[Cell]]:
    word = words()
    return [
        row
        for half in (0, 12)
        for row in (
            [word["hour"], *range(half, half + 12)],
            [word["count"], *hours[half : half + 12]],
        )
    ]


def _unfinished(bulletin: WeeklyBulletin, names: Mapping[str, str]) -> list[list[Cell]]:
    word, zone = words(), ZoneInfo(bulletin.time_zone)
    cases = bulletin.figures.unfinished
    return [
        [word["number"], word["organisation"], word["state"], word["received_at"]],
        *(
            [
                case.number,
                _name(case.center, names),
                word["states"][case.state],
                f"{case.received_at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            ]
            for case in cases[:MOST_OPEN]
        ),
        [word["all"], len(cases), "", ""],
    ]


def _beside(figures: BulletinFigures) -> list[list[Cell]]:
    word = words()
    false_alarms = figures.totals.closure.counts
    return [
        [word["figure"], word["count"]],
        *(
            [word[name], getattr(figures, name)]
            for name in ("refused", "handed_over", "reopened", "repeats")
        ),
        [
            word["false_alarms"],
            next(n for code, n in false_alarms.items() if code == "false_alarm"),
        ],
        [word["late_entries"], figures.late_entries],
        [word["not_actual"], figures.not_actual],
    ]


def _supervisions(figures: BulletinFigures) -> list[list[Cell]]:
    word, found = words(), figures.supervisions
    return [
        [word["supervisions"], word["count"]],
        *([said, getattr(found, code)] for code, said in word["supervision"].items()),
    ]


def _follow_ups(figures: BulletinFigures) -> list[list[Cell]]:
    word, found = words(), figures.follow_ups
    return [
        [word["follow_ups"], word["count"]],
        [word["coverage"], share_text(found.coverage)],
        [word["satisfied"], share_text(found.satisfied)],
    ]


def _changes(bulletin: WeeklyBulletin) -> list[list[Cell]]:
    word = words()
    return [
        [word["figure"], word["before"], word["after"]],
        *([one.figure, _plain(one.issued), _plain(one.now)] for one in bulletin.changes),
    ]


def _plain(value: Cell) -> Cell:
    return round(value, 4) if isinstance(value, float) else value


def _name(code: str | None, names: Mapping[str, str]) -> str:
    return "" if code is None else names.get(code, code)


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
