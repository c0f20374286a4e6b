"""A drill against a fake service: sent in its time, paused for a real alert, ended in any case."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from typing_extensions import override

from services.cli.answers import Accepted, Acted, AwayError, RefusedError
from services.cli.client import Client
from services.cli.drills import kept
from services.cli.drills.ending import Players
from services.cli.drills.kept import Drill, DrillState, SentAlert
from services.cli.drills.playing import Play, conclude
from services.cli.drills.telling import lines, verdict
from services.cli.errors import CommandError
from services.cli.stopping import Stop
from services.cli.texts import Language
from tests.fakes.clock import FakeClock

REAL = {"id": "real-1", "state": "acknowledged", "alert": {"status": "actual"}}


class AdvancingClock(FakeClock):
    """Time passes as somebody sleeps, at once."""

    @override
    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self.advance(seconds)


@dataclass
class Service(Client):
    """Keeps incidents of a drill, and says what was asked of it."""

    clock: AdvancingClock = field(default_factory=AdvancingClock)
    incidents: dict[str, str] = field(default_factory=dict)
    sent: list[tuple[float, str]] = field(default_factory=list)
    acts: list[tuple[str, str]] = field(default_factory=list)
    real: bool = False
    away: bool = False
    too_late: bool = False
    ends_after: float | None = None

    @override
    async def send_alert(self, alert: Mapping[str, object]) -> Accepted:
        reference = alert["reference"]
        id_ = uuid5(UUID(int=1), str(reference))
        if str(id_) not in self.incidents:
            self.sent.append((self.clock.monotonic() - 1000, str(id_)))
        self.incidents.setdefault(str(id_), "open")
        return Accepted(id=id_, received_at=self.clock.real())

    @override
    async def change_alert(self, alert: UUID, what: str, body: Mapping[str, object]) -> Accepted:
        self.acts.append((str(alert), what))
        if not self.too_late:
            self.incidents[str(alert)] = "cancelled"
        return Accepted(id=alert, received_at=self.clock.real())

    @override
    async def act(
        self,
        incident: UUID,
        verb: str,
        body: Mapping[str, object] | None = None,
        *,
        key: str | None = None,
        await_opening: bool = False,
    ) -> Acted:
        self.acts.append((str(incident), verb))
        if verb == "close":
            self.incidents[str(incident)] = "closed"
        return Acted(id=incident, version=1, state="open")

    @override
    async def get(self, path: str, **query: str) -> dict[str, Any]:
        if self.away:
            raise AwayError(path)
        if path.endswith("/board"):
            return {"incidents": [REAL] if self.real else []}
        id_ = path.split("/")[3]
        if id_ not in self.incidents:
            raise RefusedError(404, {}, asked=path)
        if path.endswith("/events"):
            return {"events": []}
        if path.startswith("/v1/timing"):
            return {"legs": []}
        return {"state": self.incidents[id_], "cancellation_refused": self.too_late}


@dataclass
class Table:
    """A drill with two alerts, and who plays it."""

    data: Path
    service: Service = field(default_factory=Service)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        now = self.service.clock.real()
        self.drill = Drill(
            id="20260302-120000-abcd",
            name="n",
            center="c",
            began_at=now,
            ends_at=now + timedelta(minutes=1),
            alerts=[an_alert(0), an_alert(10)],
        )
        self.players = Players(station=self.service, center=self.service, clock=self.service.clock)
        self.stop = Stop()

    async def play(self) -> Drill:
        play = Play(drill=self.drill, players=self.players, data=self.data, say=self.hear)
        await play.run(self.stop)
        return kept.load(self.data, self.drill.id)

    def hear(self, code: str, _told: dict[str, object]) -> None:
        self.said.append(code)
        if code == "drill_paused":
            self.service.clock.advance(20)
            self.service.real = False

    @property
    def open(self) -> list[str]:
        return [id_ for id_, state in self.service.incidents.items() if state == "open"]


def an_alert(after: int) -> SentAlert:
    reference = {"number": "drill-x", "order": str(after)}
    body = {"reference": reference, "place": {"center": "c"}, "severity": "red"}
    return SentAlert(after=after, body=body)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(data=tmp_path)


async def test_its_alerts_go_out_in_their_time_and_it_ends_when_its_time_is_up(
    table: Table,
) -> None:
    drill = await table.play()

    assert [round(at) for at, _ in table.service.sent] == [0, 10]
    assert (drill.state, drill.why_ended, drill.left_open) == (DrillState.ENDED, "time", [])
    assert table.open == []


async def test_it_ends_by_itself_when_everything_is_done(table: Table) -> None:
    class Quick(Service):
        @override
        async def send_alert(self, alert: Mapping[str, object]) -> Accepted:
            accepted = await super().send_alert(alert)
            self.incidents[str(accepted.id)] = "closed"
            return accepted

    table.service = Quick()
    table.__post_init__()
    drill = await table.play()

    assert drill.why_ended == "over"
    assert table.service.acts == []
    assert drill.ended_at is not None
    assert (drill.ended_at - drill.began_at).total_seconds() < 15


async def test_a_real_alert_in_the_center_pauses_it_and_everybody_on_it_is_told(
    table: Table,
) -> None:
    class Busy(Service):
        @override
        async def send_alert(self, alert: Mapping[str, object]) -> Accepted:
            self.real = not self.sent
            return await super().send_alert(alert)

    table.service = Busy()
    table.__post_init__()
    drill = await table.play()
    (pause,) = drill.pauses

    assert table.said[:3] == ["drill_sent", "drill_paused", "drill_goes_on"]
    assert [round(at) for at, _ in table.service.sent][1] >= 29  # 10 s of its own, 20 s of pause
    assert pause.because == "real-1"
    assert [verb for _, verb in table.service.acts][:2] == ["note", "note"]
    assert "real-1" in "\n".join(lines(drill.report or {}, Language.ZH))


async def test_stopped_it_takes_back_what_it_sent_and_sends_no_more(table: Table) -> None:
    table.service.clock = AdvancingClock()

    class Stopping(Service):
        @override
        async def send_alert(self, alert: Mapping[str, object]) -> Accepted:
            table.stop.tell()
            return await super().send_alert(alert)

    table.service = Stopping()
    table.__post_init__()
    drill = await asyncio.wait_for(table.play(), 10)

    assert (drill.why_ended, len(table.service.sent)) == ("stopped", 1)
    assert table.open == []


async def test_what_is_too_late_to_take_back_is_closed_by_the_center(table: Table) -> None:
    table.service.too_late = True
    drill = await table.play()

    assert {verb for _, verb in table.service.acts} == {"cancellation", "close"}
    assert drill.left_open == []


async def test_killed_before_the_answer_came_it_is_ended_by_a_later_command(
    table: Table,
) -> None:
    table.drill.alerts[0].sending = True  # sent, and its answer never kept
    await table.service.send_alert(table.drill.alerts[0].body)
    kept.save(table.data, table.drill)
    found = kept.load(table.data, table.drill.id)
    await conclude(found, table.players, data=table.data, why="ended")

    assert found.state is DrillState.ENDED
    assert len(table.service.sent) == 1
    assert list(table.service.incidents.values()) == ["cancelled"]


async def test_what_cannot_be_ended_is_named_and_the_drill_goes_on_to_be_kept_as_running(
    table: Table,
) -> None:
    table.drill.alerts[0].sending = True
    table.drill.alerts[0].id = str(uuid5(UUID(int=1), "x"))
    table.service.away = True
    await conclude(table.drill, table.players, data=table.data, why="ended")
    (left,) = table.drill.left_open

    assert table.drill.state is DrillState.RUNNING
    assert table.drill.alerts[0].id in left
    assert table.drill.report is not None
    assert verdict(table.drill.report) == "left_open"


async def test_while_the_center_cannot_be_seen_nothing_is_sent(table: Table) -> None:
    table.service.away = True
    drill = await table.play()

    assert table.service.sent == []
    assert drill.left_open == []
    assert set(table.said) == {"drill_blind"}


def test_kept_drills_are_found_again_and_others_are_not(table: Table) -> None:
    kept.save(table.data, table.drill)

    assert kept.newest(table.data).id == table.drill.id
    assert [drill.id for drill in kept.load_all(table.data)] == [table.drill.id]
    for wrong in ("../x", "20260302-120000-ffff", ""):
        with pytest.raises(CommandError, match="no drill"):
            kept.load(table.data, wrong)
