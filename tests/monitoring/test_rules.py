"""The alarms: each has a runbook, fires when it should and is silent when it should."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.monitoring.asked import PROMETHEUS, RULES, RUNBOOKS, expressions, rules

ALARMS = [rule for rule in rules() if "alert" in rule]
CASES = sorted((PROMETHEUS / "tests").glob("*.yaml"))
HEADINGS = ["What it means", "Who suffers", "Look at", "Do", "Afterwards"]
ALWAYS_FIRES = "D115Watchdog"


@pytest.fixture(scope="module")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("promtool is missing: .ci/run installs Debian's package prometheus")
        pytest.skip("promtool is missing: install Debian's package prometheus to run this")
    return found


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)  # noqa: S603  # promtool, and files of ours
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_alarm_has_a_runbook_and_every_runbook_an_alarm() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {rule["alert"] for rule in ALARMS}
    for rule in ALARMS:
        text = (RUNBOOKS / f"{rule['alert']}.md").read_text(encoding="utf-8")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS, rule["alert"]


def test_every_alarm_says_how_grave_it_is_and_what_it_is_in_both_languages() -> None:
    names = [rule["alert"] for rule in ALARMS]
    assert len(set(names)) == len(names) > 20
    for rule in ALARMS:
        assert rule["labels"]["severity"] in {"critical", "warning", "none"}, rule["alert"]
        assert rule["annotations"].keys() == {"summary_zh", "summary_en", "runbook"}
        assert rule["annotations"]["runbook"] == f"docs/runbooks/{rule['alert']}.md"
        assert rule["annotations"]["summary_en"].isascii()
        assert not rule["annotations"]["summary_zh"].isascii()


def test_every_alarm_is_tested_to_fire_and_to_be_silent() -> None:
    tested = {
        case["name"]
        for path in CASES
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
    }
    wanted = {f"{rule['alert']} fires" for rule in ALARMS}
    wanted |= {f"{rule['alert']} is silent" for rule in ALARMS if rule["alert"] != ALWAYS_FIRES}
    assert tested == wanted


@pytest.mark.parametrize("cases", CASES, ids=lambda path: path.stem)
def test_the_alarms_fire_when_they_should_and_are_silent_when_they_should(
    promtool: str, cases: Path
) -> None:
    assert "SUCCESS" in run(promtool, "test", "rules", str(cases))


def test_the_rules_and_the_settings_are_sound(promtool: str) -> None:
    run(promtool, "check", "rules", *map(str, RULES))
    run(promtool, "check", "config", "--syntax-only", str(PROMETHEUS / "prometheus.yaml"))


def test_every_expression_of_the_dashboards_can_be_parsed(promtool: str, tmp_path: Path) -> None:
    recorded = [
        {"record": f"panel:number_{number}", "expr": asked.text}
        for number, asked in enumerate(expressions())
    ]
    file = tmp_path / "rules.yaml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": recorded}]}))
    assert f"{len(recorded)} rules found" in run(promtool, "check", "rules", str(file))
