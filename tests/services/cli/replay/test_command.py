"""What cannot be done is said in one line, before anything is started."""

import json
from pathlib import Path

import pytest

from services.cli.errors import CommandError
from services.cli.replay.command import Wanted, replay
from tests.services.cli.replay.files import at, row, text

ONE_CALL = text([row()])


def wanted(folder: Path, **values: object) -> Wanted:
    """What is asked for about a file with this `content`, by default of one call."""
    file = folder / "calls.csv"
    file.write_text(str(values.pop("content", ONE_CALL)))
    asked = {"file": file, "data": folder / "data", **values}
    return Wanted(**asked)  # type: ignore[arg-type]  # each test names a field and its value


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"since": "2017-01-02T00:00", "until": "2017-01-01T00:00"}, "--from must lie before"),
        ({"since": "2017-01-01", "until": "2017-01-01"}, "--from must lie before --to"),
        ({"since": "newyear"}, "--from 'newyear' is no local time"),
        ({"until": "2017-01-01T00:00Z"}, "--to '2017-01-01T00:00Z' is no local time"),
        ({"speed": 0.0}, "--speed must lie between 0.1 and 100000"),
        ({"speed": float("nan")}, "--speed must lie between"),
        ({"key_file": Path("key")}, "--key-file goes with --url"),
        ({"report": Path("nowhere/at/all.json")}, "--json: there is no directory"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    values: dict[str, object], said: str, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=said) as refused:
        replay(wanted(tmp_path, **values))
    assert refused.value.code == 2


def test_a_file_that_lacks_columns_is_refused_naming_them(tmp_path: Path) -> None:
    content = text([row()], columns=["Call Number", "Unit ID"])
    with pytest.raises(CommandError, match="lacks the columns 'Received DtTm', 'Entry") as refused:
        replay(wanted(tmp_path, content=content))
    assert refused.value.code == 2


def test_a_running_instance_without_a_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="d115 up"):
        replay(wanted(tmp_path, url="http://127.0.0.1:1"))


def test_a_span_without_calls_starts_nothing_and_counts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "outcome.json"
    content = text([row(), row("", unit="E02"), row("2", entry=at("soon"))])
    code = replay(wanted(tmp_path, content=content, since="2017-01-01T00:00", report=report))
    assert code == 0
    told = json.loads(report.read_text())
    assert (told["calls"], told["rows"], told["rows_skipped"]) == (0, 0, 1)
    assert told["legs"]["response"] == {
        "n": 0, "met": None, "no_end": 0, "p50_seconds": None, "p90_seconds": None,
    }  # fmt: skip
    assert "line 3 skipped: no Call Number\n" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
