"""Late entry: what was handled by telephone during an outage is entered whole, and rings nobody."""

from typing import Any

import pytest

from incident.ladder import plan
from incident.timing import judge
from services.runtime import codec
from tests.asgi import Answer
from tests.services.dispatcher.park import EAST, WEST, Dispatcher, field_at_fault, told

MOMENTS = {
    "received": "2026-03-02T11:00:00+08:00",
    "acknowledged": "2026-03-02T11:01:00+08:00",
    "assigned": "2026-03-02T11:02:00+08:00",
    "accepted": "2026-03-02T11:02:30+08:00",
    "en_route": "2026-03-02T11:03:00+08:00",
    "on_scene": "2026-03-02T11:06:00+08:00",
    "resolved": "2026-03-02T11:30:00+08:00",
    "closed": "2026-03-02T11:40:00+08:00",
}
ENTRY: dict[str, Any] = {
    "reference": {"number": "paper-17"},
    "place": "west-1",
    "moments": MOMENTS,
    "team": "west-a",
    "disposition": "handled_on_site",
    "outage": "power",
    "text": "停电期间电话处置",
}


async def enter(
    dispatcher: Dispatcher,
    holder: str = "operator",
    key: str = "k-1",
    **changes: Any,  # noqa: ANN401  # parts of any type
) -> Answer:
    """Enter it, with some of it otherwise; None leaves a part out."""
    body = {name: value for name, value in {**ENTRY, **changes}.items() if value is not None}
    return await dispatcher.client(holder).post(
        "/v1/incidents/late-entries", body, {"idempotency-key": key}
    )


def moments(**changes: str | None) -> dict[str, str]:
    """The moments, with some otherwise; None leaves one out."""
    return {name: at for name, at in {**MOMENTS, **changes}.items() if at is not None}


async def entered(dispatcher: Dispatcher, **changes: Any) -> Any:  # noqa: ANN401  # an incident
    """Enter it, and give the incident."""
    answer = await enter(dispatcher, **changes)
    assert answer.status == 201, answer.body
    found = dispatcher.store.tables.incidents
    return next(each for each in found.values() if str(each.id) == answer.json()["id"])


async def test_it_is_a_closed_incident_with_its_moments_as_they_happened(
    dispatcher: Dispatcher,
) -> None:
    incident = await entered(dispatcher)
    assert (incident.state, incident.center, incident.disposition) == (
        "closed",
        WEST,
        "handled_on_site",
    )
    assert (incident.late_entry, incident.outage) == (True, "power")
    at = {entry.name: entry.judged_at.isoformat() for entry in incident.moments}
    assert at["on_scene"] == "2026-03-02T03:06:00+00:00"
    assert at["ended"] == "2026-03-02T03:40:00+00:00"
    assert not any(entry.disbelieved for entry in incident.moments)
    assert {entry.actor.id for entry in incident.moments} == {"operator"}
    assert not incident.live_assignments


async def test_no_clock_runs_for_it_and_no_step_is_ever_due(dispatcher: Dispatcher) -> None:
    incident = await entered(dispatcher)
    now = dispatcher.clock.now()
    for state in dispatcher.store.tables.said:
        assert judge(state, now=now) == ()
        assert plan(state, now=now).due == ()
    assert incident.profile.ladder == ()


async def test_consoles_are_told_once_and_its_team_never(dispatcher: Dispatcher) -> None:
    await entered(dispatcher)
    (frame,) = told(dispatcher, f"center:{WEST}")
    assert frame["event"]["type"] == "incident.closed.v1"
    assert frame["incident"]["late_entry"] is True
    assert told(dispatcher, "team:west-a") == []


async def test_its_team_may_be_somewhere_else_by_now(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    await dispatcher.done("operator", "assign", {"teams": ["west-a"]})
    await entered(dispatcher)


async def test_a_call_without_anybody_sent_is_enough(dispatcher: Dispatcher) -> None:
    few = {"received": MOMENTS["received"], "closed": MOMENTS["closed"]}
    incident = await entered(dispatcher, moments=few, team=None, disposition="by_telephone")
    assert [event["type"].split(".")[1] for event in _events(dispatcher, incident.id)] == [
        "opened",
        "closed",
    ]


async def test_a_station_enters_its_own_for_a_center(dispatcher: Dispatcher) -> None:
    reported = moments(reported="2026-03-02T10:59:00+08:00")
    incident = await entered(dispatcher, holder="station", moments=reported, place="east-site")
    assert (incident.center, incident.alert.station) == (EAST, "station")
    (frame,) = told(dispatcher, "station:station")
    assert frame["incident"]["state"] == "closed"


async def test_no_follow_up_call_and_no_reopening_come_of_it(dispatcher: Dispatcher) -> None:
    incident = await entered(dispatcher)
    assert incident.follow_up_due is None
    refused = await dispatcher.act("operator", "reopen", {"reason": "again"}, number=incident.id)
    assert refused.json()["type"] == "/problems/bad-target"


async def test_a_retry_is_the_same_entry(dispatcher: Dispatcher) -> None:
    first = await enter(dispatcher)
    by_key = await enter(dispatcher)
    by_reference = await enter(dispatcher, key="k-2")
    assert first.json() == by_key.json() == by_reference.json()
    assert len(dispatcher.store.tables.incidents) == 1


async def test_a_reference_names_one_entry_for_good(dispatcher: Dispatcher) -> None:
    incident = await entered(dispatcher)
    refused = await enter(dispatcher, key="k-2", outage="network")
    assert (refused.status, refused.json()["type"]) == (409, "/problems/reference-taken")
    assert refused.json()["incident"] == str(incident.id)


async def test_a_key_names_one_entry_for_good(dispatcher: Dispatcher) -> None:
    await entered(dispatcher)
    for changes in ({"reference": {"number": "paper-18"}}, {"outage": "network"}):
        refused = await enter(dispatcher, **changes)
        assert (refused.status, refused.json()["type"]) == (
            422,
            "/problems/idempotency-key-reused",
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"moments": moments(closed="2026-03-02T12:00:00.001+08:00")}, "moments.closed"),
        ({"moments": moments(accepted="2026-03-02T11:01:59+08:00")}, "moments.accepted"),
        ({"moments": moments(reported="2026-03-02T11:00:01+08:00")}, "moments.received"),
        ({"moments": moments(assigned=None)}, "moments.assigned"),
        ({"moments": moments(received=None)}, "moments.received"),
        ({"team": None}, "team"),
        ({"team": "nobody"}, "team"),
        ({"place": "moon"}, "place"),
        ({"kind": "party"}, "kind"),
        ({"center": EAST}, "center"),
        ({"outage": None}, "outage"),
        ({"holder": "station", "center": "moon"}, "center"),
    ],
)
async def test_what_cannot_have_been_is_refused_whole(
    dispatcher: Dispatcher, changes: dict[str, Any], field: str
) -> None:
    assert field_at_fault(await enter(dispatcher, **changes)) == field
    assert dispatcher.store.tables.incidents == {}


@pytest.mark.parametrize(
    "changes",
    [{"disposition": "magic"}, {"disposition": "handed_to_department"}, {"result": {"floor": 3}}],
)
async def test_its_outcome_must_fit_its_kind(
    dispatcher: Dispatcher, changes: dict[str, Any]
) -> None:
    refused = await enter(dispatcher, **changes)
    assert (refused.status, refused.json()["type"]) == (422, "/problems/bad-disposition")


@pytest.mark.parametrize("holder", ["west-a", "supervisor", "auditor", "admin"])
async def test_others_enter_nothing(dispatcher: Dispatcher, holder: str) -> None:
    assert (await enter(dispatcher, holder)).status == 403


def _events(dispatcher: Dispatcher, id_: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # an id
    return [codec.decode(entry.text, dict) for entry in dispatcher.store.tables.events[id_]]
