"""What will be invented for a demo."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from incident.directory import Lookup, read_directory
from services.cli.demo.board import place_name
from services.cli.demo.script import QUIET_TAIL, Scene, manner_of, write_script
from services.cli.park import DEMO_PARK, read_document
from services.cli.texts import is_known
from services.runtime.kinds import load_kinds

EVENING = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)  # 19:30 in Beijing
MIDNIGHT = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def park() -> Lookup:
    return Lookup(read_directory(read_document(DEMO_PARK), version=1, now=EVENING))


@pytest.fixture(scope="module")
def day(park: Lookup) -> list[Scene]:
    return write_script(park, start=MIDNIGHT, length=DAY)


def test_the_same_seed_gives_the_same_alerts(park: Lookup) -> None:
    first, second = (write_script(park, start=EVENING, length=HOUR, seed=7) for _ in range(2))

    assert first == second


def test_another_seed_gives_other_alerts_and_the_same_story(park: Lookup) -> None:
    first, second = (
        {scene.name: scene for scene in write_script(park, start=EVENING, length=HOUR, seed=seed)}
        for seed in (1, 2)
    )

    story = {name for name in first if not name.isdigit()}
    assert all(first[name] == second[name] for name in story)
    assert first != second


def test_the_evening_is_busier_than_the_night(day: list[Scene]) -> None:
    hours = Counter(int(scene.at // 3600) for scene in day if scene.name.isdigit())

    assert sum(hours[hour] for hour in range(18, 22)) > 5 * sum(hours[hour] for hour in range(1, 5))


def test_an_hour_shows_all_that_can_happen(park: Lookup) -> None:
    script = write_script(park, start=EVENING, length=HOUR)
    manners = [scene.manner for scene in script]
    follow_ups = {told.what for scene in script for told in scene.then}

    assert follow_ups == {"conflict", "update", "cancel"}
    assert {scene.status.value for scene in script} == {"actual", "exercise"}
    assert any(scene.center for scene in script)
    assert len([scene for scene in script if scene.batch]) == 2
    for shown in (
        [not manner.assigns for manner in manners],
        [not manner.receipts for manner in manners],
        [manner.declines for manner in manners],
        [manner.diverts for manner in manners],
        [manner.asks_help for manner in manners],
        [manner.asks_police for manner in manners],
        [manner.by_phone for manner in manners],
        [manner.returns for manner in manners],
        [bool(manner.transfer_to) for manner in manners],
        [bool(manner.merge_into) for manner in manners],
        [bool(manner.hand_over_to) for manner in manners],
    ):
        assert any(shown)


def test_scenes_come_in_the_order_of_time_and_leave_a_quiet_end(park: Lookup) -> None:
    times = [scene.at for scene in write_script(park, start=EVENING, length=HOUR)]

    assert times == sorted(times)
    assert times[-1] <= (HOUR - QUIET_TAIL).total_seconds()


def test_a_short_demo_has_the_beginning_of_the_story(park: Lookup) -> None:
    script = write_script(park, start=EVENING, length=timedelta(minutes=5))

    assert [scene.name for scene in script[:2]] == ["by telephone", "as it should be"]
    assert max(scene.at for scene in script) <= 225


def test_everything_named_in_a_script_exists(park: Lookup, day: list[Scene]) -> None:
    kinds, _ = load_kinds()
    known = {entry.code for entry in kinds["police-alert"].dispositions}
    stations = {station.code for station in park.directory.stations}

    for scene in day:
        assert park.center_of(scene.place) is not None
        assert is_known(scene.category)
        assert scene.manner.disposition in known
        assert scene.reporter[1] in {*stations, *park.centers}
        assert scene.manner.transfer_to in {None, *park.centers}
        assert scene.manner.hand_over_to in {None, *stations}
        assert scene.manner.merge_into in {None, *(other.name for other in day)}


def test_later_teams_are_like_the_first_one_and_never_decline(day: list[Scene]) -> None:
    scene = next(scene for scene in day if scene.manner.declines)

    assert manner_of(scene, "heling-duty-1", 1) == scene.manner
    assert not manner_of(scene, "heling-duty-2", 2).declines
    assert manner_of(scene, "heling-duty-2", 2) == manner_of(scene, "heling-duty-2", 2)


def test_a_place_is_named_with_what_is_around_it(park: Lookup) -> None:
    assert place_name(park, "heling-b1-f2") == "禾岭家居 1号楼 办公 2层"
    assert place_name(park, "qinghe-gate-1") == "园区南大门"
    assert place_name(park, "unknown") == "unknown"
