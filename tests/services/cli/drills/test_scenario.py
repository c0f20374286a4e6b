"""A scenario is taken whole or refused whole, with every fault by its path."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.cli.drills.scenario import place_all, read_scenario
from services.cli.errors import CommandError
from services.cli.park import DEMO_PARK, read_document

EXAMPLE = DEMO_PARK.with_name("drill.example.yaml")
GOOD: dict[str, Any] = {
    "drill": {"name": "n", "center": "heling-center", "max_minutes": 10},
    "alerts": [{"after": 0, "place": "heling-canteen", "severity": "红", "text": "t"}],
}


def written(folder: Path, document: object) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return path


def with_alert(**told: object) -> dict[str, Any]:
    return {**GOOD, "alerts": [{**GOOD["alerts"][0], **told}]}


def test_the_example_that_is_shipped_fits_the_demo_s_park() -> None:
    scenario = read_scenario(EXAMPLE)
    directory = read_document(DEMO_PARK)
    bodies = place_all(scenario, {**directory, "kinds": directory["kinds"]})

    assert {body["status"] for body in bodies} == {"exercise"}
    assert {body["place"]["center"] for body in bodies} == {scenario.center}


def test_alerts_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    second, first = GOOD["alerts"][0] | {"after": 9}, GOOD["alerts"][0]
    scenario = read_scenario(written(tmp_path, {**GOOD, "alerts": [second, first]}))

    assert [alert.after for alert in scenario.alerts] == [0, 9]
    assert scenario.alerts[0].body["severity"] == "red"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "drill is missing; alerts is missing"),
        ({**GOOD, "more": 1}, "more is not a known field"),
        ({**GOOD, "drill": 5}, "drill should be a mapping"),
        ({**GOOD, "alerts": []}, "alerts should be 1 to 50, not 0"),
        ({**GOOD, "alerts": GOOD["alerts"] * 51}, "alerts should be 1 to 50, not 51"),
        ({**GOOD, "alerts": [5]}, r"alerts\[0\] should be a mapping"),
        ({**GOOD, "drill": {**GOOD["drill"], "max_minutes": 241}}, "max_minutes should be 1 to"),
        ({**GOOD, "drill": {**GOOD["drill"], "max_minutes": True}}, "should be a whole number"),
        ({**GOOD, "drill": {**GOOD["drill"], "name": " "}}, "drill.name should have 1 to 100"),
        (with_alert(after=600), r"alerts\[0\].after should be 0 to 599, not 600"),
        (with_alert(after="0"), r"alerts\[0\].after should be a whole number"),
        (with_alert(severity="pink"), r"alerts\[0\].severity should be one of red"),
        (with_alert(text="x" * 2001), r"alerts\[0\].text should have 1 to 2000"),
        (with_alert(status="actual"), r"alerts\[0\].status is not a known field"),
        (with_alert(weapons="no"), r"alerts\[0\].weapons should be true/false"),
        (with_alert(people=-1), r"alerts\[0\].people should be 0 to"),
    ],
)
def test_a_bad_scenario_is_refused_with_path_and_reason(
    tmp_path: Path, document: object, said: str
) -> None:
    with pytest.raises(CommandError, match=said) as refused:
        read_scenario(written(tmp_path, document))

    assert refused.value.code == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"drill": {**GOOD["drill"], "center": "nowhere"}}, "drill.center 'nowhere' is not"),
        ({"alerts": [{**GOOD["alerts"][0], "place": "nowhere"}]}, r"alerts\[0\].place"),
        ({"alerts": [{**GOOD["alerts"][0], "kind": "other"}]}, r"alerts\[0\].kind"),
    ],
)
def test_what_the_park_does_not_have_is_refused(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    scenario = read_scenario(written(tmp_path, {**GOOD, **change}))
    with pytest.raises(CommandError, match=said):
        place_all(scenario, read_document(DEMO_PARK))


@pytest.mark.parametrize("text", ["[1]", "a: [", "- x"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError):
        read_scenario(path)
