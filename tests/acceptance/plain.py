"""What a plain script computes from the records alone: the figures a replay must come to."""

import csv
from collections.abc import Callable, Iterable
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import Any

Rows = list[dict[str, str]]
Moment = Callable[[Rows], datetime | None]


def compute(file: Path) -> dict[str, Any]:
    """Count calls and rows, and compute the legs `assign`, `on_scene` and `response`."""
    calls: dict[str, Rows] = {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            if _is_whole(row):
                calls.setdefault(row["Call Number"], []).append(row)
    entry, dispatch = _head("Entry DtTm"), _first("Dispatch DtTm")
    received, on_scene = _head("Received DtTm"), _first("On Scene DtTm")
    return {
        "calls": len(calls),
        "rows": sum(map(len, calls.values())),
        "legs": {
            "assign": _leg(calls.values(), entry, dispatch, target=60),
            "on_scene": _leg(calls.values(), dispatch, on_scene, target=300),
            "response": _leg(calls.values(), received, on_scene, target=None),
        },
    }


def _is_whole(row: dict[str, str]) -> bool:
    try:
        return bool(row["Call Number"]) and _at(row["Received DtTm"]) is not None
    except (ValueError, KeyError):
        return False


def _at(text: str) -> datetime | None:
    form = "%m/%d/%Y %I:%M:%S %p"
    return datetime.strptime(text, form) if text else None  # noqa: DTZ007  # only differences count


def _head(column: str) -> Moment:
    return lambda rows: _at(rows[0][column])


def _first(column: str) -> Moment:
    return lambda rows: min(filter(None, (_at(row[column]) for row in rows)), default=None)


def _leg(
    calls: Iterable[Rows], start: Moment, end: Moment, *, target: int | None
) -> dict[str, Any]:
    spans = [(start(rows), end(rows)) for rows in calls]
    seconds = sorted((ended - began).total_seconds() for began, ended in spans if began and ended)
    return {
        "n": len(seconds),
        "met": None if target is None else sum(each <= target for each in seconds),
        "no_end": sum(began is not None and ended is None for began, ended in spans),
        "p50_seconds": _rank(seconds, 50),
        "p90_seconds": _rank(seconds, 90),
    }


def _rank(seconds: list[float], percent: int) -> float | None:
    return seconds[ceil(len(seconds) * percent / 100) - 1] if seconds else None
