"""`d115 verify`: what it says, and with which exit code."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from services.cli.errors import CommandError
from services.cli.verify.archive import write
from services.cli.verify.command import Wanted, verify
from tests.services.cli.verify.exports import AS_OF, an_export


def wanted(folder: Path, *, report: Path | None = None) -> Wanted:
    return Wanted(source=str(folder / "export"), data=folder / "data", report=report)


def export(folder: Path, *, forged: bool = False) -> None:
    content = an_export()
    if forged:
        events = [replace(content.events[0], text="{}"), *content.events[1:]]
        content = replace(content, events=events)
    write(folder / "export", content, origin="http://localhost", made_at=AS_OF, settled=True)


def test_a_whole_export_is_said_to_be_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(tmp_path)
    assert verify(wanted(tmp_path)) == 0
    out = capsys.readouterr().out
    assert out.startswith("checked: 3 incidents, ")
    assert out.splitlines()[-1].startswith("whole (manifest ")


def test_a_broken_export_is_code_four_and_each_finding_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(tmp_path, forged=True)
    report = tmp_path / "found.json"
    assert verify(wanted(tmp_path, report=report)) == 4
    told = json.loads(report.read_text())
    assert told["whole"] is False
    assert told["findings"][0] == {
        "kind": "changed",
        "where": "incidents",
        "incident": "00000000-0000-0000-0000-000000000001",
        "version": 1,
        "detail": "the hash of version 1 does not fit its text",
    }
    out = capsys.readouterr().out
    assert "changed: incidents 00000000-0000-0000-0000-000000000001 version 1: " in out
    assert f"broken: {len(told['findings'])} findings" in out


def test_a_directory_that_holds_no_export_is_code_two(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file") as refused:
        verify(wanted(tmp_path))
    assert refused.value.code == 2


def test_an_instance_without_a_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="d115 up"):
        verify(Wanted(source="http://127.0.0.1:1", data=tmp_path))


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_read(
    tmp_path: Path,
) -> None:
    with pytest.raises(CommandError, match="no directory"):
        verify(wanted(tmp_path, report=tmp_path / "none" / "found.json"))
