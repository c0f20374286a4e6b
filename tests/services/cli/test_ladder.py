"""`d115 ladder`: what happens if nobody acts, and what an edited profile would have changed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from incident import commands as c
from services.cli.errors import CommandError
from services.cli.ladder import app
from services.cli.rehearsal.profiles import read
from services.cli.rehearsal.rerun import Wanted, compare, counts, plain, stretch_of
from tests.builders import PROFILE_115, at
from tests.incident.world import World

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
TEXT = (files("incident.kinds") / "115.toml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command turns logs to its own stderr, which is gone after it."""
    yield
    structlog.reset_defaults()


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.stdout, result.stderr


def edited(tmp_path: Path, old: str, new: str) -> Path:
    file = tmp_path / "edited.toml"
    assert old in TEXT
    file.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    return file


def test_it_is_said_second_by_second_in_english_and_in_chinese() -> None:
    code, english, _ = run("explain", "--severity", "red", "--after", "nothing", "--lang", "en")
    assert code == 0
    assert english.splitlines()[0] == "Nobody acts (115, red)"
    assert "  +00:00:15  undelivered-chief          tell center chief (by voice)" in english
    assert "direct-assign              assign a team (undelivered) -> team-1" in english
    chinese = run("explain", "--severity", "red", "--after", "nothing")[1]
    assert "+00:00:15  undelivered-chief          告知 中心负责人 (语音)" in chinese


def test_as_json_each_step_is_a_line() -> None:
    code, out, _ = run("explain", "--json", "--after", "pushed", "--about", "weapons")
    steps = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [step["seconds"] for step in steps] == sorted(step["seconds"] for step in steps)
    (park,) = (step for step in steps if step["rung"] == "unacknowledged-park")
    assert (park["post"], park["of"], park["callback"], park["seconds"]) == (
        "supervisor",
        "park",
        "not_acknowledged",
        60.0,
    )


def test_every_situation_is_shown_where_none_is_named() -> None:
    out = run("explain", "--lang", "en", "--profile", "observe")[1]
    assert out.count("nothing is done") == out.count("(observe, yellow)") == 11


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--severity", "pink"), "--severity: no pink; one of red, orange, yellow, blue"),
        (("--profile", "116"), "no profile 116; there are: 115, observe, or a .toml file"),
        (("--kind", "moon"), "no kind moon; there are: police-alert"),
        (("--after", "dawn"), "--after: no dawn; one of nothing, pushed"),
        (("--profile", "nowhere.toml"), "cannot read nowhere.toml"),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(words: tuple[str, ...], said: str) -> None:
    code, out, error = run("explain", *words)
    assert (code, out) == (2, "")
    assert said in error


def test_a_faulty_profile_is_refused_with_the_place_of_its_fault(tmp_path: Path) -> None:
    file = edited(tmp_path, 'action = "louder"', 'action = "sing"')
    with pytest.raises(CommandError) as refused:
        read(file)
    assert "action: is 'sing'; allowed:" in str(refused.value)
    assert refused.value.code == 2


def test_an_edited_profile_is_held_against_what_has_happened(tmp_path: Path) -> None:
    world = World()
    id_ = world.open(profile=PROFILE_115)
    world.do(id_, c.Receipt())
    profile = read(edited(tmp_path, "wait = { amount = 15,", "wait = { amount = 25,"))
    (found,) = compare([world.log[id_]], profile, now=at(100))
    told = plain(found)
    assert counts([found]) == {"added": 0, "removed": 0, "moved": 1, "altered": 0}
    assert told["incident"] == id_
    assert "unacknowledged-louder" in str(told["moved"])
    with pytest.raises(CommandError):
        compare([[world.log[id_][0], world.log[id_][0]]], profile, now=at(100))


def test_the_last_seven_days_are_meant_where_nothing_is_said() -> None:
    stretch = stretch_of(Wanted(profile=Path("p")), now=NOW)
    assert (stretch.since, stretch.until) == (NOW - timedelta(days=7), NOW)


def test_a_week_is_one_of_beijing_time() -> None:
    stretch = stretch_of(Wanted(profile=Path("p"), week="2026-W47"), now=NOW)
    assert stretch.since == datetime(2026, 11, 15, 16, tzinfo=UTC)
    assert stretch.until - stretch.since == timedelta(days=7)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"week": "soon"}, "--week: no week soon"),
        ({"week": "2026-W47", "since": "2026-11-01T00:00:00Z"}, "say --week, or --from and --to"),
        ({"since": "2026-11-01T00:00:00"}, "has no zone"),
        ({"until": "dawn"}, "--to: no moment dawn"),
        ({"since": "2027-01-01T00:00:00Z"}, "--from is not before --to"),
    ],
)
def test_a_stretch_that_cannot_be_is_refused(asked: dict[str, str], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        stretch_of(Wanted(profile=Path("p"), **asked), now=NOW)
    assert said in str(refused.value)
