"""A baseline from a CSV file: read whole, or refused with all that is wrong with it.

One line an alert, with a header: `reported_at`, `on_scene_at`, `outcome`. Moments are ISO 8601 with
an offset. `on_scene_at` stays empty where nobody came. `outcome` is what the alert counts as in the
closure rate: `on_site`, `not_on_site`, or `excluded` (duplicates, withdrawn ones, false alarms).
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from incident.figures.effect import Sample

COLUMNS = ("reported_at", "on_scene_at", "outcome")
OUTCOMES = ("on_site", "not_on_site", "excluded")
MOST_LINES = 50_000
MOST_FAULTS = 20
LONGEST = timedelta(days=7)
"""An arrival later than this after the call is a slip of the pen."""

MOST_DAYS = 366

Fault = tuple[str, str]
"""Where it is, as `line 7: outcome`, and what is wrong with it."""


class BadBaselineError(ValueError):
    """A file is no baseline; `faults` lists what is wrong, the first 20 at most."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{where} {what}" for where, what in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A baseline as a file gave it."""

    first_day: date
    last_day: date
    sample: Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    day: date
    seconds: float | None
    outcome: str


def read_baseline(text: str, zone: ZoneInfo) -> Imported:
    """Read a file.

    Raises:
        BadBaselineError: Anything is wrong with it.
    """
    faults: list[Fault] = []
    lines: list[_Line] = []
    for found in _lines(text.removeprefix("\ufeff"), zone):
        if isinstance(found, _Line):
            lines.append(found)
        else:
            faults += found
        if len(faults) >= MOST_FAULTS:
            break
    if not faults and not lines:
        faults.append(("file", "holds no alert"))
    if faults:
        raise BadBaselineError(faults[:MOST_FAULTS])
    return _imported(lines)


def _lines(text: str, zone: ZoneInfo) -> Iterator[_Line | list[Fault]]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if tuple(next(rows, ())) != COLUMNS:
            yield [("line 1", f"must be the header {','.join(COLUMNS)}")]
            return
        for count, row in enumerate(rows, 1):
            if count > MOST_LINES:
                yield [("file", f"has more than {MOST_LINES} alerts")]
                return
            yield _read(f"line {rows.line_num}", row, zone)
    except csv.Error as error:
        yield [(f"line {rows.line_num}", f"is no CSV: {error}")]


def _read(where: str, row: Sequence[str], zone: ZoneInfo) -> _Line | list[Fault]:
    """A line, or what is wrong with it."""
    if len(row) != len(COLUMNS):
        return [(where, f"has {len(row)} fields, not {len(COLUMNS)}")]
    reported, arrived, outcome = (field.strip() for field in row)
    began, came = _moment(reported), _moment(arrived)
    found: list[Fault] = []
    if began is None:
        found.append((f"{where}: reported_at", _NO_MOMENT))
    if arrived and came is None:
        found.append((f"{where}: on_scene_at", _NO_MOMENT))
    if outcome not in OUTCOMES:
        found.append((f"{where}: outcome", f"must be one of {', '.join(OUTCOMES)}"))
    if began and came and not timedelta(0) <= came - began <= LONGEST:
        found.append((f"{where}: on_scene_at", "must come within 7 days after reported_at"))
    if began is None or found:
        return found
    seconds = None if came is None else (came - began).total_seconds()
    return _Line(day=began.astimezone(zone).date(), seconds=seconds, outcome=outcome)


_NO_MOMENT = "must be ISO 8601 with an offset, such as 2025-03-03T08:15:00+08:00"


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None and 2000 <= found.year < 3000 else None


def _imported(lines: Sequence[_Line]) -> Imported:
    first, last = min(line.day for line in lines), max(line.day for line in lines)
    if (last - first).days >= MOST_DAYS:
        raise BadBaselineError([("file", f"covers {first} to {last}, more than {MOST_DAYS} days")])
    on_site = sum(line.outcome == "on_site" for line in lines)
    sample = Sample(
        days=(last - first).days + 1,
        alerts=len(lines),
        response=tuple(sorted(line.seconds for line in lines if line.seconds is not None)),
        on_site=on_site,
        closable=sum(line.outcome != "excluded" for line in lines),
    )
    return Imported(first_day=first, last_day=last, sample=sample)
