"""What any released version sent is still read, and means what it meant."""

import json
from pathlib import Path

import pytest

from incident.chain import link
from incident.events import Event
from incident.messages import IncidentChanged
from incident.replay import replay
from schemas.generate import EVENT, INCIDENT, released
from services.runtime.codec import to_builtins
from services.runtime.eventlog import from_text, to_text
from tests.contract.lives import HISTORIES
from tests.contract.samples import CHANGED, SAMPLES, read, samples
from tests.contract.schema_files import faults
from tests.contract.test_histories import differences, histories

KEPT = sorted(SAMPLES.glob("*/*.json"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_message_once_sent_is_read_with_nothing_lost(path: Path) -> None:
    kept = json.loads(path.read_text())
    message = read(path.stem, path.read_text())
    now = json.loads(to_text(message)) if isinstance(message, Event) else to_builtins(message)
    assert list(differences(kept, now)) == []


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_message_once_sent_is_as_todays_schema_says(path: Path) -> None:
    kept = json.loads(path.read_text())
    is_event = isinstance(read(path.stem, path.read_text()), Event)
    assert faults(EVENT if is_event else path.name, kept) == []


@pytest.mark.parametrize("version", released())
def test_a_release_keeps_a_sample_of_each_of_its_types(version: str) -> None:
    kept = {path.name for path in KEPT if path.parent.name == version}
    assert kept == released()[version].keys() - {EVENT, INCIDENT}


def test_there_is_a_sample_of_each_of_todays_types() -> None:
    assert {path.stem for path in KEPT} >= samples().keys()


def test_the_sample_of_a_change_is_the_end_of_a_chain() -> None:
    changed = read(CHANGED, (SAMPLES / "0.1.0" / f"{CHANGED}.json").read_text())
    assert isinstance(changed, IncidentChanged)
    assert changed.hash == link(changed.previous, changed.event)
    kept = json.loads((SAMPLES / "0.1.0" / f"{CHANGED}.json").read_text())["incident"]
    ((_, log),) = histories(HISTORIES / "usual_life.jsonl").items()
    now = to_builtins(replay([*log[:-1], from_text(changed.event)]))
    assert list(differences(kept, now)) == []
