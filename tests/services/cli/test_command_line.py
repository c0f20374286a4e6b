"""The command line itself: help at once, one line for what goes wrong, data apart from progress."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.__main__ import app
from services.cli.errors import CommandError
from services.cli.instance import kept
from services.cli.reach import UP, reach
from services.cli.stack.home import Home
from services.runtime.auth import hash_key
from services.runtime.vault import Vault

HEAVY = "aiohttp aiokafka asyncpg fastapi rich services.cli.stack.stack"


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr("services.cli.output.quiet_logs", lambda: None)  # the process's, not ours
    return CliRunner()


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['d115', '--help']\n"
        "from services.cli.__main__ import app\n"
        "try: app()\n"
        f"except SystemExit: print('loaded', *set('{HEAVY}'.split()) & set(sys.modules))"
    )
    said = subprocess.run(  # noqa: S603  # our own code
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    ).stdout

    assert {"demo", "up", "migrate", "keys", "directory"} <= set(said.split())
    assert said.splitlines()[-1].split() == ["loaded"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["migrate"], "D115_POSTGRES is not set"),
        (["directory", "show"], "say --url and --key-file"),
        (["directory", "show", "--url", "http://elsewhere"], "say --key-file"),
        (["directory", "show", "--key-file", "nothing"], "cannot read a key"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    *,
    line: CliRunner,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("D115_POSTGRES", raising=False)
    result = line.invoke(app, arguments)

    assert result.exit_code in {1, 2}
    assert result.stdout == ""
    assert result.stderr.startswith("d115: ")
    assert expected in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_no_directory_is_told_from_one_that_is_no_yaml(
    line: CliRunner, tmp_path: Path
) -> None:
    (tmp_path / "list.yaml").write_text("[1]")
    (tmp_path / "broken.yaml").write_text("a: [")
    (tmp_path / "key").write_text("d115_k_s\n")
    to = ["--url", "http://x", "--key-file", str(tmp_path / "key")]
    said = [
        line.invoke(app, ["directory", "apply", str(tmp_path / name), *to]).stderr
        for name in ("list.yaml", "broken.yaml")
    ]

    assert "holds no directory" in said[0]
    assert "is not YAML" in said[1]


def test_keys_made_beforehand_fit_the_settings(line: CliRunner) -> None:
    key, sha256 = line.invoke(app, ["keys", "admin"]).stdout.split()
    data = line.invoke(app, ["keys", "data", "k2"]).stdout.strip()

    assert hash_key(key) == sha256
    assert data.startswith("k2:")
    assert Vault.from_setting(data).digest(b"x")


def test_a_command_finds_the_instance_that_up_keeps_and_keeps_its_key_to_it(tmp_path: Path) -> None:
    home = Home(path=tmp_path / "instances" / UP, lock=-1)
    home.path.mkdir(parents=True)
    present = kept.fresh(clock="system")
    kept.save(home, replace(present, ports={"services": 8115}))

    found = reach(tmp_path, url=None, key=None)
    assert (found.origins.dispatcher, found.key) == ("http://127.0.0.1:8115", present.admin_key)
    assert reach(tmp_path, url="http://localhost:8115", key=None).key == present.admin_key
    with pytest.raises(CommandError):
        reach(tmp_path, url="http://elsewhere:8115", key=None)
