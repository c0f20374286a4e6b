"""Files of records as text, made of the few columns a test is about."""

import csv
from collections.abc import Iterable, Mapping
from datetime import datetime
from io import StringIO

from services.cli.replay.calls import Call, Selection, Span, select
from services.cli.replay.records import Column, read

DAY = "12/31/2016"


def at(clock: str) -> str:
    """A stamp of the day of the tests: `at("10:00:00 AM")`."""
    return f"{DAY} {clock}"


def local(text: str) -> datetime:
    """A local time, without zone."""
    return datetime.fromisoformat(text)


def row(call: str = "1", unit: str = "E01", **columns: str) -> dict[str, str]:
    """A row of a call received at ten, with other columns by name, such as `on_scene`."""
    given: dict[str, str] = {
        Column.CALL: call,
        Column.UNIT: unit,
        Column.RECEIVED: at("10:00:00 AM"),
        Column.STATION_AREA: "41",
        Column.DISPOSITION: "Other",
    }
    named = {Column[name.upper()].value: value for name, value in columns.items()}
    return {**dict.fromkeys(Column, ""), **given, **named}


def text(
    rows: Iterable[Mapping[str, str]], *, columns: Iterable[str] = tuple(Column), end: str = "\n"
) -> str:
    """A file with these rows."""
    written = StringIO(newline="")
    table = csv.DictWriter(written, list(columns), extrasaction="ignore", lineterminator=end)
    table.writeheader()
    table.writerows(rows)
    return written.getvalue()


def selection(*rows: Mapping[str, str], span: Span | None = None) -> Selection:
    """What is read from a file with these rows."""
    return select(read(StringIO(text(rows), newline="")), span or Span())


def calls(*rows: Mapping[str, str]) -> tuple[Call, ...]:
    """The calls of a file with these rows."""
    return selection(*rows).calls
