"""Whom a command calls as, when only the data of `d115 up` says who there is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.cli import duty
from services.cli.__main__ import app
from services.cli.instance import kept
from services.cli.instance.instance import HOST
from services.cli.instance.opening import FOLDER
from services.cli.reach import UP, Reached
from services.cli.stack.home import Home

KEYS = {"operator:heling-center": "of an operator", "supervisor:qinghe": "of the supervisor"}
COMMANDS = (
    ("roster", "show", "heling-center"),
    ("roster", "duty", "heling-center"),
    ("roster", "gaps", "heling-center"),
    ("roster", "apply", "{file}"),
)


@pytest.fixture
def callers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys that were called with; each call ends the command."""
    seen: list[str] = []

    def noted(reached: Reached, _: Callable[..., Any]) -> None:
        seen.append(reached.key)
        raise SystemExit(0)

    monkeypatch.setattr(duty, "call", noted)
    return seen


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_rosters_are_asked_as_the_supervisor(
    command: tuple[str, ...], tmp_path: Path, callers: list[str]
) -> None:
    """The admin's key opens the dispatcher's directory alone: the notifier does not know it."""
    home = Home(path=tmp_path / FOLDER / UP, lock=-1)
    home.path.mkdir(parents=True)
    present = kept.fresh(clock="system")
    kept.save(home, replace(present, keys=KEYS, ports={HOST: 8115}))
    file = tmp_path / "given.yaml"
    file.write_text("{organisation: heling-center}")

    CliRunner().invoke(
        app, [*(part.format(file=file) for part in command), "--data", str(tmp_path)]
    )

    assert callers == ["of the supervisor"]
