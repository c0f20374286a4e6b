"""Every act becomes a request that the public interfaces take, by the one who may send it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from services.cli.answers import Accepted, Acted, AwayError, RefusedError
from services.cli.client import Client
from services.cli.replay import park as parks
from services.cli.replay.calls import Call, Span, select
from services.cli.replay.dispositions import MEANINGS, UNKNOWN, meaning
from services.cli.replay.plan import build
from services.cli.replay.records import read_file
from services.cli.replay.sending import Sender
from services.dispatcher.access import MAY, Relation
from services.dispatcher.payloads.requests import VERBS
from services.intake.payloads.alert import AlertBody
from services.intake.payloads.fields import read
from services.runtime.auth import Role
from tests.builders import KINDS
from tests.fakes.clock import FakeClock
from tests.services.cli.replay.files import at, calls, row

SLICE = Path(__file__).parents[3] / "data" / "sf-fire-calls-slice.csv"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KIND = KINDS["police-alert"]


class Desk:
    """Takes what a caller sends, as the services would check its form."""

    def __init__(self, role: Role, *, not_yet_open: int = 0) -> None:
        self.alerts: list[Mapping[str, Any]] = []
        self.acts: list[tuple[str, Mapping[str, Any], str]] = []
        self._role = role
        self._not_yet_open = not_yet_open

    async def send_alert(self, alert: Mapping[str, Any]) -> Accepted:
        read(AlertBody, dict(alert))
        self.alerts.append(alert)
        return Accepted(id=UUID(int=len(self.alerts)), received_at=NOON)

    async def act(self, incident: UUID, verb: str, body: Mapping[str, Any], *, key: str) -> Acted:
        if self._not_yet_open:
            self._not_yet_open -= 1
            raise RefusedError(404, {"type": "/problems/not-yet-open"}, asked=verb)
        VERBS[verb][0].model_validate({**body})
        assert verb in MAY[self._role, Relation.OWN]
        self.acts.append((verb, body, key))
        return Acted(id=incident, version=2, state="open")


def a_sender(
    found: tuple[Call, ...], *, not_yet_open: int = 0, shift: timedelta = timedelta()
) -> tuple[Sender, Desk, Desk, FakeClock]:
    station, operator = Desk(Role.STATION), Desk(Role.OPERATOR, not_yet_open=not_yet_open)
    park, clock = parks.build(found), FakeClock()
    sender = Sender(
        calls=found,
        park=park,
        station=cast("Client", station),
        operators={code: cast("Client", operator) for code in park.all_centers},
        clock=clock,
        run="r1",
        shift=shift,
    )
    return sender, station, operator, clock


async def test_every_act_of_the_real_slice_has_the_form_the_services_take() -> None:
    found = select(read_file(SLICE), Span()).calls
    sender, station, operator, _ = a_sender(found)
    for act in build(found).acts:
        await sender.send(act)
    assert len(station.alerts) == 81
    assert len({key for *_, key in operator.acts}) == len(operator.acts) > 1000
    assert station.alerts[0]["reported_at"] == "2017-01-01T07:36:30+00:00"


async def test_acts_say_what_the_record_says() -> None:
    found = calls(
        row(entry=at("10:01:00 AM"), dispatch=at("10:02:00 AM"), on_scene=at("10:07:00 AM"),
            available=at("10:30:00 AM"), disposition="Medical Examiner") | {"Final Priority": "3"}
    )  # fmt: skip
    sender, station, operator, _ = a_sender(found, shift=timedelta(days=1))
    for act in build(found).acts:
        await sender.send(act)
    assert station.alerts[0]["severity"] == "yellow"  # the column is not in this file
    told = {verb: dict(body) for verb, body, _ in operator.acts}
    assert told["assign"] == {
        "occurred_at": "2017-01-01T18:02:00+00:00", "teams": ["unit-E01"], "divert": False,
    }  # fmt: skip
    assert told["arrive"]["via"] == told["arrive"]["proof"] == "radio"
    assert told["resolve"]["result"] == {"department": "medical-examiner"}
    assert told["close"]["disposition"] == "handed_to_department"
    assert told["close"]["original"] == "Medical Examiner"


async def test_a_call_that_nobody_took_is_withdrawn_by_its_station() -> None:
    found = calls(row(disposition=""))
    sender, station, operator, _ = a_sender(found)
    for act in build(found).acts:
        await sender.send(act)
    assert [verb for verb, *_ in station.acts] == ["cancel"]
    assert operator.acts == []


async def test_text_that_no_line_may_hold_is_made_plain() -> None:
    found = calls(row(disposition="Fire\u2028and\x07 " + "so on " * 50))
    sender, station, _, _ = a_sender(found)
    for act in build(found).acts:
        await sender.send(act)
    assert station.acts[0][1]["text"].startswith("Fire and so on so on")


async def test_an_act_waits_for_its_incident_to_open() -> None:
    found = calls(row(entry=at("10:01:00 AM")))
    sender, _, operator, clock = a_sender(found, not_yet_open=3)
    for act in build(found).acts:
        await sender.send(act)
    assert [verb for verb, *_ in operator.acts] == ["receipt", "acknowledge", "resolve", "close"]
    assert len(clock.sleeps) == 3


async def test_an_incident_that_never_opens_is_not_waited_for_without_end() -> None:
    found = calls(row(entry=at("10:01:00 AM")))
    sender, _, _, clock = a_sender(found, not_yet_open=10_000)
    alert, receipt, *_ = build(found).acts
    await sender.send(alert)

    async def late(seconds: float) -> None:
        del seconds
        clock.advance(30)

    clock.sleep = late  # type: ignore[method-assign]  # time passes while it waits
    with pytest.raises(AwayError, match="not open after 60 s"):
        await sender.send(receipt)


def test_every_disposition_is_one_of_the_kind_s_with_what_it_requires() -> None:
    known = {entry.code: entry for entry in KIND.dispositions}
    fields = {field.name for field in KIND.details if field.at == "result"}
    for each in (*MEANINGS.values(), UNKNOWN):
        assert set(known[each.code].required) == set(each.result)
        assert set(each.result) <= fields


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Code 3 Transport", "medical"),
        ("  code 2  transport ", "medical"),
        ("No Merit", "false_alarm"),
        ("CHP", "handed_to_station"),
        ("Gone on Arrival", "nothing_found"),
        ("Against Medical Advice", "declined_by_party"),
        ("Multi-agency", "handled_on_site"),
        ("", "handled_on_site"),
    ],
)
def test_the_records_words_have_their_meaning(words: str, code: str) -> None:
    assert meaning(words).code == code
