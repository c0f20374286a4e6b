"""A station follows its alerts: what its stream tells, and what the stream of one incident does."""

import pytest

from incident.alert import Source
from services.dispatcher.payloads.views import STATION_FIELDS
from services.runtime import codec
from tests.fakes.http import Client
from tests.services.dispatcher.park import (
    KEYS,
    OTHER_STATION,
    STATION,
    WEST,
    Dispatcher,
    incident_id,
    told,
)

ONE = f"/v1/incidents/{incident_id(1)}/stream"


async def test_a_station_is_told_of_its_own_alerts_and_of_no_others(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open(1)
    await dispatcher.open(2, station=OTHER_STATION)
    await dispatcher.done("operator", "acknowledge")
    heard = [(frame["incident"]["id"], frame["event"]["type"]) for frame in _heard(dispatcher)]
    own = str(incident_id(1))
    assert heard == [
        (own, "incident.opened.v1"),
        (own, "incident.pushed.v1"),
        (own, "incident.acknowledged.v1"),
    ]


async def test_it_is_told_where_its_alert_stands_and_no_more(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    (frame,) = _heard(dispatcher)
    assert set(frame["incident"]) == {*STATION_FIELDS, "reference"}


async def test_an_act_tells_a_station_one_frame(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    before = {name: len(frames) for name, frames in dispatcher.store.tables.told.items()}
    await dispatcher.done("operator", "receipt")
    after = {name: len(frames) for name, frames in dispatcher.store.tables.told.items()}
    more = {name: after[name] - before.get(name, 0) for name in after}
    assert more == {f"center:{WEST}": 1, f"station:{STATION}": 1}


async def test_what_a_center_raised_itself_is_followed_by_no_station(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open(station=WEST, source=Source.CENTER)
    assert not [name for name in dispatcher.store.tables.told if name.startswith("station:")]


async def test_the_station_it_is_offered_to_hears_of_it_from_then_on(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open()
    await dispatcher.done("operator", "hand-over", {"to": OTHER_STATION, "reason": "crime"})
    await dispatcher.done("other-station", "accept-hand-over", {"officer": "o-1"})
    heard = [frame["event"]["type"] for frame in _heard(dispatcher, OTHER_STATION)]
    assert heard == ["incident.handover_offered.v1", "incident.handover_accepted.v1"]


@pytest.mark.parametrize("holder", ["station", "operator", "supervisor"])
async def test_one_incident_is_told_from_any_version_on(
    dispatcher: Dispatcher, holder: str
) -> None:
    await dispatcher.open(1)
    await dispatcher.open(2)
    await dispatcher.done("operator", "acknowledge")
    async with _client(dispatcher, holder).stream("GET", f"{ONE}?after=1") as stream:
        text = await stream.text_until("incident.acknowledged.v1")
    assert "id: 2\nevent: incident.pushed.v1\n" in text
    assert "id: 3\nevent: incident.acknowledged.v1" in text
    assert str(incident_id(2)) not in text


async def test_its_stream_shows_no_profile(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    async with _client(dispatcher, "station").stream("GET", f"{ONE}?after=0") as stream:
        text = await stream.text_until('"allowed"')
    assert "incident.opened.v1" in text
    assert '"ladder"' not in text


async def test_whoever_has_it_now_follows_it_once_the_offer_was_taken(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open()
    await dispatcher.done("operator", "hand-over", {"to": OTHER_STATION, "reason": "crime"})
    async with _client(dispatcher, "other-station").stream("GET", ONE) as stream:
        assert stream.status == 403
    await dispatcher.done("other-station", "accept-hand-over", {"officer": "o-1"})
    async with _client(dispatcher, "other-station").stream("GET", ONE) as stream:
        assert stream.status == 200


async def test_an_incident_that_is_not_there_has_no_stream(dispatcher: Dispatcher) -> None:
    async with _client(dispatcher, "station").stream("GET", ONE) as stream:
        assert stream.status == 404


@pytest.mark.parametrize("station", [WEST, "nowhere", "park"])
async def test_what_is_no_station_has_no_stream(dispatcher: Dispatcher, station: str) -> None:
    path = f"/v1/stations/{station}/stream"
    async with _client(dispatcher, "admin").stream("GET", path) as stream:
        assert stream.status == 404


def _client(dispatcher: Dispatcher, holder: str) -> Client:
    return Client(dispatcher.app, headers={"authorization": f"Bearer {KEYS[holder]}"})


def _heard(dispatcher: Dispatcher, station: str = STATION) -> list[dict[str, dict[str, object]]]:
    frames = told(dispatcher, f"station:{station}")
    return [codec.decode(codec.text(frame), dict) for frame in frames]
