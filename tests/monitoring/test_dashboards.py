"""The dashboards are what their description says, and what Grafana can read."""

from collections import Counter

import yaml

from deploy.grafana.generate import FOLDER, texts
from tests.monitoring.asked import GRAFANA, RUNBOOKS, dashboards, panels

CHINESE = range(0x4E00, 0x9FFF)
SOURCES = ("${prometheus}", "${postgres}")
COLUMNS = 24


def test_the_committed_files_are_what_make_dashboards_writes() -> None:
    committed = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert committed == texts()


def test_there_are_four_each_under_a_uid_of_its_own() -> None:
    uids = [dashboard["uid"] for dashboard in dashboards().values()]
    assert sorted(uids) == ["d115-compliance", "d115-delivery", "d115-machinery", "d115-now"]
    assert all(dashboard["id"] is None for dashboard in dashboards().values())


def test_every_title_is_chinese_and_english_and_every_panel_says_what_it_means() -> None:
    titles = [dashboard["title"] for dashboard in dashboards().values()]
    titles += [panel["title"] for _, panel in panels()]
    for title in titles:
        zh, _, en = title.rpartition(" / ")
        assert any(ord(sign) in CHINESE for sign in zh), title
        assert en, title
        assert en.isascii(), title
    assert [name for name, panel in panels() if not panel["description"]] == []


def test_panels_have_ids_of_their_own_and_lie_side_by_side() -> None:
    for name, dashboard in dashboards().items():
        ids = Counter(panel["id"] for panel in dashboard["panels"])
        assert max(ids.values()) == 1, name
        taken: set[tuple[int, int]] = set()
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            cells = {
                (column, row)
                for column in range(place["x"], place["x"] + place["w"])
                for row in range(place["y"], place["y"] + place["h"])
            }
            assert place["x"] + place["w"] <= COLUMNS, panel["title"]
            assert not cells & taken, panel["title"]
            taken |= cells


def test_every_question_goes_to_a_source_that_is_a_variable_and_has_a_letter_of_its_own() -> None:
    for name, panel in panels():
        letters = [target["refId"] for target in panel["targets"]]
        assert letters, name
        assert len(set(letters)) == len(letters), name
        sources = {target["datasource"]["uid"] for target in panel["targets"]}
        assert sources == {panel["datasource"]["uid"]}, name
        assert sources <= set(SOURCES), name


def test_every_panel_has_a_unit_and_its_runbook_exists() -> None:
    for name, panel in panels():
        assert panel["fieldConfig"]["defaults"]["unit"], name
        _, _, link = panel["description"].partition("docs/runbooks/")
        if link:
            assert (RUNBOOKS / link.rstrip(")")).is_file(), name


def test_nothing_changed_in_the_browser_is_kept_and_both_sources_are_provisioned() -> None:
    folder = GRAFANA / "provisioning"
    provided = yaml.safe_load((folder / "dashboards" / "d115.yaml").read_text())["providers"]
    assert [provider["allowUiUpdates"] for provider in provided] == [False]
    sources = yaml.safe_load((folder / "datasources" / "d115.yaml").read_text())["datasources"]
    kinds = {source["type"] for source in sources}
    asked = {
        variable["query"]
        for dashboard in dashboards().values()
        for variable in dashboard["templating"]["list"]
    }
    assert kinds == asked
    assert not any(source["editable"] for source in sources)
