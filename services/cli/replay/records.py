"""Reads a file of fire-department dispatch records, one row for each unit of a call.

The columns are those of San Francisco's "Fire Department Calls for Service"; their order is free
and further ones are ignored. A row that cannot be read is told with its line and left out.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from io import StringIO
from itertools import islice
from pathlib import Path

from typing_extensions import override

MOST_LINES = 20
"""Lines that one row may go over, by line ends within quotes; beyond that a quote is stray."""

LONGEST_SHOWN = 40


class Column(StrEnum):
    """The columns that are read."""

    CALL = "Call Number"
    UNIT = "Unit ID"
    RECEIVED = "Received DtTm"
    ENTRY = "Entry DtTm"
    DISPATCH = "Dispatch DtTm"
    RESPONSE = "Response DtTm"
    ON_SCENE = "On Scene DtTm"
    AVAILABLE = "Available DtTm"
    DISPOSITION = "Call Final Disposition"
    STATION_AREA = "Station Area"


CALL_TYPE, PRIORITY = "Call Type", "Final Priority"
"""Read where they are there."""

STAMPS = (
    Column.RECEIVED, Column.ENTRY, Column.DISPATCH, Column.RESPONSE, Column.ON_SCENE,
    Column.AVAILABLE,
)  # fmt: skip
FORMATS = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%Y/%m/%d %I:%M:%S %p")
"""How stamps are written, beside ISO 8601; the first is the usual one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One unit's part in one call; stamps are local times without zone, None where empty.

    Attributes:
        line: Where it begins in the file, from 1.
    """

    line: int
    call: str
    unit: str
    received: datetime | None
    entry: datetime | None
    dispatch: datetime | None
    response: datetime | None
    on_scene: datetime | None
    available: datetime | None
    disposition: str
    station_area: str
    call_type: str
    priority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A row that was left out.

    Attributes:
        reason: Why, in a sentence without its first word: `row 17: <reason>`.
        received: When its call was received, where that much could be read.
    """

    line: int
    reason: str
    received: datetime | None = None


class UnreadableFileError(Exception):
    """The file cannot be read, or is no file of dispatch records; the message says why."""


class _MalformedError(Exception):
    """A row cannot be read."""


def read_file(path: Path) -> Iterator[Row | Skipped]:
    """Read a file row by row.

    Raises:
        UnreadableFileError: It cannot be opened, or lacks columns; all of them are named.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            yield from read(lines)
    except OSError as error:
        raise UnreadableFileError(f"{path}: {error.strerror or error}") from error


def read(lines: Iterable[str]) -> Iterator[Row | Skipped]:
    """Read the lines of a file; raises as `read_file`."""
    records = _records(lines)
    header = next((entry for entry in records), None)
    if header is None:
        raise UnreadableFileError(f"the file is empty; needed are the columns {_listed(Column)}")
    names = [name.strip() for name in header[1]]
    missing = [column for column in Column if column not in names]
    if missing:
        raise UnreadableFileError(f"the file lacks the columns {_listed(missing)}")
    places = {name: place for place, name in reversed(list(enumerate(names)))}
    for line, values in records:
        yield _row(line, values, places=places, width=len(names))


def parse_stamp(text: str) -> datetime:
    """Read a local time.

    Raises:
        ValueError: It is none.
    """
    for form in FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  # local times, placed by `calls`
        except ValueError:
            continue
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError("a local time carries no zone")
    return moment


class _Lines(Iterator[tuple[int, str]]):
    """Lines with their numbers; some may be put back to be read again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._rest = enumerate(lines, start=1)
        self._waiting: list[tuple[int, str]] = []

    @override
    def __next__(self) -> tuple[int, str]:
        return self._waiting.pop(0) if self._waiting else next(self._rest)

    def put_back(self, lines: list[tuple[int, str]]) -> None:
        self._waiting = lines + self._waiting


def _records(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Split lines into records, each with the number of its first line; empty ones are left out.

    A quote that is never closed costs its own line only, which then has no fields: what follows
    is read anew.
    """
    source = _Lines(lines)
    width = 0
    for number, text in source:
        values = _split(text)
        if values is None:
            values = _joined(text, source, width=width)
        elif not any(value.strip() for value in values):
            continue
        width = width or len(values)
        yield number, values


def _joined(text: str, source: _Lines, *, width: int) -> list[str]:
    """The fields of a record that goes on over several lines; none if its quotes never close."""
    taken: list[tuple[int, str]] = []
    for number, further in islice(source, MOST_LINES - 1):
        taken.append((number, further))
        values = _split(text + "".join(part for _, part in taken))
        if values is not None:
            if len(values) == width:
                return values
            break
    source.put_back(taken)
    return []


def _split(text: str) -> list[str] | None:
    """The fields of a record; None where it ends within quotes."""
    try:
        return next(csv.reader(StringIO(text, newline=""), strict=True), [])
    except csv.Error as error:
        if "unexpected end" in str(error):
            return None
    try:
        return next(csv.reader(StringIO(text, newline="")), [])
    except csv.Error:  # a field too long to be one
        return []


def _row(line: int, values: list[str], *, places: dict[str, int], width: int) -> Row | Skipped:
    received: datetime | None = None
    try:
        fields = _fields(values, places=places, width=width)
        received = _stamp(fields, Column.RECEIVED)
        stamps = {column: _stamp(fields, column) for column in STAMPS}
    except _MalformedError as error:
        return Skipped(line=line, reason=str(error), received=received)
    return Row(
        line=line,
        call=fields[Column.CALL],
        unit=fields[Column.UNIT],
        received=stamps[Column.RECEIVED],
        entry=stamps[Column.ENTRY],
        dispatch=stamps[Column.DISPATCH],
        response=stamps[Column.RESPONSE],
        on_scene=stamps[Column.ON_SCENE],
        available=stamps[Column.AVAILABLE],
        disposition=fields[Column.DISPOSITION],
        station_area=fields[Column.STATION_AREA],
        call_type=fields.get(CALL_TYPE, ""),
        priority=fields.get(PRIORITY, ""),
    )


def _fields(values: list[str], *, places: dict[str, int], width: int) -> dict[str, str]:
    """The fields by the names of their columns."""
    if not values:
        raise _MalformedError("no row of a table: a quote is not closed")
    if len(values) != width:
        raise _MalformedError(f"{len(values)} fields where the header has {width}")
    fields = {name: values[place].strip() for name, place in places.items()}
    for column in (Column.CALL, Column.UNIT):
        if not fields[column]:
            raise _MalformedError(f"no {column}")
    return fields


def _stamp(fields: dict[str, str], column: Column) -> datetime | None:
    text = fields[column]
    if not text:
        return None
    try:
        return parse_stamp(text)
    except ValueError:
        short = text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
        raise _MalformedError(f"{column} {short!r} is no time") from None


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f"'{column}'" for column in columns)
