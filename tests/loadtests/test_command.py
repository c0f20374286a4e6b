"""The command: what it lists, what it refuses, and what becomes of a scenario that fails."""

from pathlib import Path

import pytest

from loadtests import __main__ as command
from loadtests import scenarios
from loadtests.arrivals import LaggedError
from loadtests.bench import Bench
from loadtests.results import Result
from services.cli.stack.postgres import ExternalPostgres
from services.cli.stack.server import External
from services.cli.stack.stack import Stack


def bench(tmp_path: Path) -> Bench:
    kafka = External(address="127.0.0.1:1")
    postgres = ExternalPostgres.at("postgresql://127.0.0.1:1/none")
    stack = Stack(kafka=kafka, postgres=postgres)
    return Bench(stack=stack, scratch=tmp_path, progress=lambda _: None)


def test_every_scenario_says_what_it_measures(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list"]) == command.ALL_RAN

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [*scenarios.NAMES, *scenarios.BY_NAME]
    assert all(len(line.split()) > 3 for line in lines)


def test_a_scenario_that_there_is_not_is_wrong_use() -> None:
    assert command.main(["nothing"]) == command.WRONG_USE


async def test_a_generator_that_lagged_gives_no_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lags(_: Bench) -> list[Result]:
        raise LaggedError("the generator lagged 80.0 ms at its p99, 25 ms are allowed")

    monkeypatch.setattr(scenarios, "load", lambda _: lags)

    written = tmp_path / "latest.json"
    code = await command.run(bench(tmp_path), ["push"], written)

    assert code == command.NOT_ALL_MEASURED
    assert "the generator lagged 80.0 ms" in written.read_text()
    assert '"measured": null' in written.read_text()


async def test_a_figure_that_misses_its_goal_is_a_run_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def measures(_: Bench) -> list[Result]:
        return [Result(scenario="push", what="p99", unit="ms", measured=1e6)]

    monkeypatch.setattr(scenarios, "load", lambda _: measures)

    assert await command.run(bench(tmp_path), ["push"], tmp_path / "r.json") == command.ALL_RAN
