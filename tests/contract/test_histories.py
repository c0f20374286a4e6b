"""Recorded histories fold to the states recorded with them, in this version and every later one."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from incident.events import BODIES, Event, type_name
from incident.profile import Leg, SendingRung
from incident.replay import replay
from services.runtime.codec import to_builtins
from services.runtime.eventlog import from_text
from tests.contract.lives import HISTORIES, LIVES
from tests.contract.schema_files import faults

LOGS = sorted(HISTORIES.glob("*.jsonl"))
LEFT_OUT: dict[str, Any] = {
    field.name: json.loads(json.dumps(field.default))
    for cls in (Leg, SendingRung)
    for field in fields(cls)
    if field.default is not MISSING
}
"""What a frozen profile leaves out today where it says nothing else, by its schema's defaults."""


def histories(path: Path) -> dict[str, list[Event]]:
    """The events of each incident of a recording."""
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for line in path.read_text().splitlines():
        event = from_text(line)
        found[str(event.incident)].append(event)
    return found


def differences(kept: Any, now: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Where something kept is not the same now; what is new beside it is no difference."""
    if isinstance(kept, dict) and isinstance(now, dict):
        left_out = LEFT_OUT if "profile" in path else {}
        for key, value in kept.items():
            found = now.get(key, left_out.get(key, "missing"))
            yield from differences(value, found, f"{path}.{key}".lstrip("."))
    elif isinstance(kept, list) and isinstance(now, list) and len(kept) == len(now):
        for index, (value, other) in enumerate(zip(kept, now, strict=True)):
            yield from differences(value, other, f"{path}[{index}]")
    elif kept != now:
        yield f"{path}: was {kept!r}, is {now!r}"


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_a_recorded_history_folds_to_the_state_recorded_with_it(path: Path) -> None:
    states = json.loads(path.with_suffix(".state.json").read_text())
    found = histories(path)
    assert found.keys() == states.keys()
    for id_, events in found.items():
        now = to_builtins(replay(events))
        assert list(differences(states[id_], now)) == []
        assert faults("incident.json", now) == []


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_a_recorded_event_is_as_todays_schema_says(path: Path) -> None:
    for line in path.read_text().splitlines():
        assert faults("event.json", json.loads(line)) == []


def test_every_life_was_recorded_and_every_event_stands_in_one() -> None:
    assert {path.stem for path in LOGS} >= set(LIVES)
    recorded = {
        type_name(event.body)
        for path in LOGS
        for events in histories(path).values()
        for event in events
    }
    assert recorded == set(BODIES)


def test_a_state_that_would_differ_is_named() -> None:
    kept = {"state": "open", "rounds": [{"number": 1}], "moments": [1, 2]}
    now = {"state": "open", "rounds": [{"number": 2, "new": True}], "moments": [1]}
    assert list(differences(kept, now)) == [
        "rounds[0].number: was 1, is 2",
        "moments: was [1, 2], is [1]",
    ]
