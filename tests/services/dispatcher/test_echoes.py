"""Who is woken by what: by a commit of ours at once, by Kafka only for what others committed."""

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid5

import asyncpg
import pytest

from services.dispatcher import echoes
from services.dispatcher.adapters.store import PostgresStore
from services.dispatcher.echoes import Following, Waking
from services.dispatcher.payloads.views import channels_of, frames_of
from services.dispatcher.ports import Change
from services.dispatcher.stream import Hub
from services.runtime.records import Received
from services.runtime.relay import Relay
from tests.builders import at
from tests.contract.lives import LIVES

Watched = frozenset[str] | None
EVERYWHERE: Watched = None


class Sleepers:
    """A relay and a hub that note what wakes them."""

    def __init__(self) -> None:
        self.relay: list[str] = []
        self.hub: list[Watched] = []
        relay = SimpleNamespace(wake=lambda: self.relay.append("woken"))
        hub = SimpleNamespace(wake=self._wake_hub)
        self.waking = Waking(cast("Relay", relay), cast("Hub", hub))

    def _wake_hub(self, channels: Iterable[str] | None = None) -> None:
        self.hub.append(EVERYWHERE if channels is None else frozenset(channels))


@pytest.fixture
def sleepers() -> Sleepers:
    return Sleepers()


def changes_of(life: str) -> list[Change]:
    """What a life came to, each incident's events as one change."""
    world = LIVES[life]()
    return [
        Change(before=None, incident=incident, events=tuple(world.log[id_]))
        for id_, incident in world.incidents.items()
    ]


def record_of(change: Change, *, type_: str = "incident.opened.v1") -> Received:
    """What Kafka tells of a change's first event."""
    id_ = uuid5(change.incident.id, str(change.events[0].version))
    return Received(
        topic="incidents.v1",
        partition=0,
        offset=0,
        key=str(change.incident.id),
        value=b"",
        headers={"ce_type": type_, "ce_id": str(id_)},
        timestamp=at(0),
    )


@pytest.mark.parametrize("life", LIVES)
def test_no_frame_goes_to_a_channel_that_is_not_named(life: str) -> None:
    for change in changes_of(life):
        named = channels_of(change.incident)
        for event, state in zip(change.events, change.states, strict=True):
            told = {one.channel for one in frames_of(event, state, is_center=lambda _: True)}
            assert told
            assert told <= named


def test_a_commit_wakes_the_relay_and_the_channels_it_concerns(sleepers: Sleepers) -> None:
    changes = changes_of("usual_life")
    sleepers.waking.wake_for(changes)
    assert sleepers.relay == ["woken"]
    assert sleepers.hub == [frozenset(channels_of(changes[0].incident))]


def test_a_commit_that_changed_nothing_wakes_nobody(sleepers: Sleepers) -> None:
    sleepers.waking.wake_for([])
    assert not sleepers.relay
    assert not sleepers.hub


def test_what_was_committed_here_is_no_news_from_kafka_but_a_repeat_is(sleepers: Sleepers) -> None:
    (change,) = changes_of("usual_life")
    sleepers.waking.wake_for([change])
    sleepers.hub.clear()
    sleepers.waking.hear(record_of(change))
    assert not sleepers.hub
    sleepers.waking.hear(record_of(change))
    assert sleepers.hub == [EVERYWHERE]


def test_what_another_process_committed_wakes_every_stream(sleepers: Sleepers) -> None:
    sleepers.waking.hear(record_of(changes_of("usual_life")[0]))
    assert sleepers.hub == [EVERYWHERE]
    assert not sleepers.relay


def test_a_heartbeat_wakes_nobody(sleepers: Sleepers) -> None:
    beat = record_of(changes_of("usual_life")[0], type_="dispatcher.heartbeat.v1")
    sleepers.waking.hear(beat)
    assert not sleepers.hub


def test_what_kafka_is_long_in_telling_counts_as_anothers(
    sleepers: Sleepers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echoes, "REMEMBERED", 1)
    (change,) = changes_of("usual_life")
    sleepers.waking.wake_for([change])
    sleepers.hub.clear()
    sleepers.waking.hear(record_of(change))
    assert sleepers.hub == [EVERYWHERE]


class _Work:
    def __init__(self) -> None:
        self.changes: list[Change] = []


class _Store:
    def on(self, _: asyncpg.Connection) -> _Work:
        return _Work()


async def test_a_batch_that_failed_leaves_nothing_to_be_told_of_by_the_next() -> None:
    told: list[Sequence[Change]] = []
    following = Following(cast("PostgresStore", _Store()), told.append)
    begun: list[_Work] = []

    async def apply(connection: asyncpg.Connection, records: Sequence[Received]) -> None:
        if records:
            begun.append(cast("Any", following.begin(connection)))
            begun[-1].changes = changes_of("usual_life")

    applying, connection = following.over(apply), cast("asyncpg.Connection", None)
    record = record_of(changes_of("usual_life")[0])
    await applying(connection, [record])  # rolled back
    await applying(connection, [])
    following.committed()
    assert not told
    await applying(connection, [record])
    following.committed()
    assert told == [begun[-1].changes]
