"""What the doctor says of topics, keys and clocks, each with what to do."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.cli.doctor.command import line
from services.cli.doctor.findings import Level, fail, fine
from services.cli.doctor.interfaces import _skew
from services.cli.doctor.kafka import faults_of
from services.cli.doctor.machine import keys_finding, look_at_machine
from services.cli.secrets import new_data_key
from services.cli.texts import Language
from services.runtime.topics import Topic

NOW = datetime(2026, 3, 2, 12, 0, 0, 500_000, tzinfo=UTC)


def parts(count: int, **told: object) -> dict[str, Any]:
    part = {"leader": 1, "replicas": [1, 2], "isr": [1, 2], **told}
    return {"partitions": [part] * count}


@pytest.mark.parametrize(
    ("described", "settings", "said"),
    [
        (parts(6), {"cleanup.policy": "delete"}, []),
        (parts(5), {}, ["t has 5 partitions, not 6"]),
        (parts(6, leader=-1), {}, ["t has 6 partitions without a leader"]),
        (parts(6, isr=[1]), {}, ["t has 6 partitions with copies that lag behind"]),
        (parts(6), {"cleanup.policy": "compact"}, ["t: cleanup.policy is compact, not delete"]),
        (parts(6), {"retention.ms": "5"}, ["t: retention.ms is 5, not -1"]),
    ],
)
def test_a_topic_is_compared_with_what_the_services_would_make(
    described: dict[str, Any], settings: dict[str, str], said: list[str]
) -> None:
    topic = Topic(name="t", partitions=6, settings={"retention.ms": "-1"})

    assert faults_of(topic, described, settings) == said


@pytest.mark.parametrize(("ahead", "expected"), [(0, 0.0), (-0.4, 0.0), (10, 9.4), (-10, -9.5)])
def test_a_clock_that_tells_whole_seconds_is_judged_by_what_it_may_mean(
    ahead: float, expected: float
) -> None:
    theirs = (NOW + timedelta(seconds=ahead)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    skew = _skew(theirs, before=NOW, after=NOW + timedelta(seconds=0.1))

    assert skew == pytest.approx(expected, abs=0.11)
    assert _skew("", before=NOW, after=NOW) is None


def test_keys_are_judged_and_never_shown() -> None:
    key = new_data_key("k1")
    found = [keys_finding("KEYS", setting) for setting in (key, f"{key},x", None)]

    assert [each.level for each in found] == [Level.OK, Level.FAIL, Level.UNSEEN]
    assert all(key[3:] not in f"{each.said}{each.do}" for each in found)


def test_this_machine_is_looked_at_without_any_instance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("D115_DATA_KEYS", raising=False)

    assert [each.check for each in look_at_machine(tmp_path)] == ["disk", "keys.D115_DATA_KEYS"]


def test_a_finding_says_what_to_do_where_something_is_to_be_done() -> None:
    assert line(fine("x", "well"), Language.EN) == "✔ x: well"
    assert line(fail("x", "ill", do="mend it"), Language.EN) == "✘ x: ill\n    → to do: mend it"
