"""A file of records: what is read of it, and what is told about the rest."""

from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.replay.records import (
    Column,
    Row,
    Skipped,
    UnreadableFileError,
    parse_stamp,
    read,
    read_file,
)
from tests.services.cli.replay.files import at, local, row, text

SLICE = Path(__file__).parents[3] / "data" / "sf-fire-calls-slice.csv"


def read_text(content: str) -> list[Row | Skipped]:
    return list(read(StringIO(content, newline="")))


def test_every_row_of_the_real_slice_is_read() -> None:
    found = list(read_file(SLICE))
    assert len(found) == 171
    assert all(isinstance(each, Row) for each in found)
    first = found[0]
    assert isinstance(first, Row)
    assert (first.line, first.call, first.unit) == (2, "163663955", "KM12")
    assert first.received == local("2016-12-31T23:36:59")


def test_columns_may_stand_in_any_order_and_further_ones_are_ignored() -> None:
    shuffled = [*reversed(Column), "Neighborhood  District", "Call Type"]
    (found,) = read_text(
        text([row(entry=at("10:01:00 AM")) | {"Call Type": "Alarms"}], columns=shuffled)
    )
    assert isinstance(found, Row)
    assert (found.call, found.station_area, found.call_type) == ("1", "41", "Alarms")
    assert found.entry == local("2016-12-31T10:01")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_ends_and_a_byte_order_mark_are_taken(end: str, tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_bytes(b"\xef\xbb\xbf" + text([row("1"), row("2")], end=end).encode())
    assert [each.call for each in read_file(file) if isinstance(each, Row)] == ["1", "2"]


def test_bytes_that_are_no_utf_8_cost_nothing(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    content = text([row(disposition="Fire")], columns=[*Column, "Address"])
    file.write_bytes(content.replace("Fire,", "F\udcffre,").encode(errors="surrogateescape"))
    (found,) = read_file(file)
    assert isinstance(found, Row)
    assert found.disposition == "F�re"


def test_missing_columns_are_all_named_in_one_error() -> None:
    columns = [name for name in Column if name not in {Column.ENTRY, Column.STATION_AREA}]
    with pytest.raises(UnreadableFileError, match=r"'Entry DtTm', 'Station Area'"):
        read_text(text([row()], columns=columns))


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_an_error_that_names_what_is_needed(content: str) -> None:
    with pytest.raises(UnreadableFileError, match="'Call Number', 'Unit ID'"):
        read_text(content)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="No such file"):
        list(read_file(tmp_path / "none.csv"))


def test_a_header_alone_holds_no_rows() -> None:
    assert read_text(text([])) == []


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"call": ""}, "no Call Number"),
        ({"unit": "  "}, "no Unit ID"),
        ({"received": "yesterday"}, "Received DtTm 'yesterday' is no time"),
        ({"received": "02/30/2017 01:00:00 AM"}, "is no time"),
        ({"on_scene": "2017-01-01T00:00:00+00:00"}, "On Scene DtTm '2017-01-01T00:00:00+00:00'"),
        ({"available": "x" * 200}, "is no time"),
    ],
)
def test_a_malformed_row_is_told_with_its_line_and_why(
    columns: dict[str, str], reason: str
) -> None:
    before, found, after = read_text(text([row("7"), row(**columns), row("8")]))
    assert isinstance(found, Skipped)
    assert found.line == 3
    assert reason in found.reason
    assert len(found.reason) < 120
    assert isinstance(before, Row)
    assert isinstance(after, Row)


def test_a_row_of_another_width_is_malformed() -> None:
    content = text([row()])
    short, long = content.splitlines()[1].rpartition(",")[0], content.splitlines()[1] + ",x"
    _, first, second = read_text(f"{content}{short}\n{long}\n")
    assert isinstance(first, Skipped)
    assert isinstance(second, Skipped)
    assert first.reason == "9 fields where the header has 10"
    assert second.reason == "11 fields where the header has 10"


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    lines = text([row("1"), row("2"), row("3")]).splitlines()
    lines[2] = lines[2].replace("E01", '"E01')
    first, broken, last = read_text("\n".join(lines) + "\n")
    assert isinstance(broken, Skipped)
    assert (broken.line, broken.reason) == (3, "no row of a table: a quote is not closed")
    assert isinstance(first, Row)
    assert isinstance(last, Row)
    assert (first.call, last.call) == ("1", "3")


def test_a_line_end_within_quotes_belongs_to_its_row() -> None:
    first, second = read_text(text([row("1", disposition="Fire\nand more"), row("2")]))
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert first.disposition == "Fire\nand more"
    assert second.line == 4


def test_empty_lines_are_no_rows() -> None:
    lines = text([row("1"), row("2")]).splitlines()
    content = "\n\n".join(lines) + "\n,,,,,,,,,\n"
    assert [each.line for each in read_text(content)] == [3, 5]


def test_a_malformed_row_still_says_when_its_call_was_received() -> None:
    (found,) = read_text(text([row(entry="soon")]))
    assert isinstance(found, Skipped)
    assert found.received == local("2016-12-31T10:00")


@pytest.mark.parametrize(
    "stamp",
    ["01/02/2017 03:04:05 PM", "01/02/2017 15:04:05", "2017/01/02 03:04:05 PM",
     "2017-01-02T15:04:05.000", "2017-01-02 15:04:05"],
)  # fmt: skip
def test_the_ways_local_times_are_written_are_all_read(stamp: str) -> None:
    assert parse_stamp(stamp) == local("2017-01-02T15:04:05")


@given(st.text(max_size=300))
def test_whatever_follows_a_good_row_never_stops_the_reading(garbage: str) -> None:
    found = read_text(text([row("1")]) + garbage + "\n" + text([row("2")]).splitlines()[1] + "\n")
    assert isinstance(found[0], Row)
    assert {each.call for each in found if isinstance(each, Row)} <= {"1", "2"}
    assert all(each.reason for each in found if isinstance(each, Skipped))


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["\n", "\r\n"])), max_size=30))
def test_each_line_is_either_a_row_or_told(lines: list[tuple[int, str]]) -> None:
    header, good = text([row("1")]).splitlines()
    content = header + "\n" + "".join(good[: len(good) - cut] + end for cut, end in lines)
    filled = [cut for cut, _ in lines if good[: len(good) - cut].strip(", ")]
    assert len(read_text(content)) == len(filled)
