"""What is due is looked at again, and done once, if nobody did anything meanwhile."""

from datetime import timedelta

import pytest

from incident.alert import Circumstances, Severity, TeamId
from incident.messages import StepDue
from services.dispatcher.consumer import NotReadyError
from tests.builders import at
from tests.services.dispatcher.park import (
    EAST,
    WEST,
    Dispatcher,
    document,
    incident_id,
    lookup_of,
)

AUTO, DIRECT, WEBHOOK = "1/auto-assign/1", "1/direct-assign/1", "1/enterprise-webhook/1"
ADD_1, ADD_2, ADD_3 = (f"1/add-team/{count}" for count in (1, 2, 3))


def due(number: int, step: str, due_at: float) -> StepDue:
    """A step of a numbered incident, due some seconds after its receipt."""
    return StepDue(incident=incident_id(number), step=step, due_at=at(due_at), fired_at=at(due_at))


async def pushed(dispatcher: Dispatcher, *numbers: int) -> None:
    """Open incidents and confirm their receipt at once; then 45 seconds pass."""
    await dispatcher.open(*numbers or (1,))
    for number in numbers or (1,):
        await dispatcher.done("operator", "receipt", number=number)
    dispatcher.clock.advance(45)


async def test_a_center_that_sent_nobody_has_its_nearest_team_sent(dispatcher: Dispatcher) -> None:
    await pushed(dispatcher)
    await dispatcher.due(AUTO)
    (sent,) = dispatcher[1].assignments
    assert (sent.team, sent.step, dispatcher[1].state) == ("west-a", AUTO, "assigned")
    event = dispatcher.events()[-1]
    assert (event["via"], event["actor"]["kind"], event["actor"]["id"]) == (
        "automatic",
        "machine",
        "dispatcher",
    )
    assert event["body"]["reasons"]
    assert event["recorded_at"] == "2026-03-02T04:00:45Z"


async def test_an_alert_nobody_received_has_a_team_sent_and_is_marked(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open(severity=Severity.RED)
    dispatcher.clock.advance(30)
    await dispatcher.due(DIRECT)
    assert dispatcher.events()[-1]["body"]["mark"] == "undelivered"
    assert dispatcher.store.tables.engaged == {TeamId("west-a"): incident_id(1)}


async def test_the_next_team_is_added_twice_and_never_again(dispatcher: Dispatcher) -> None:
    await pushed(dispatcher)
    await dispatcher.due(AUTO)
    for step in (ADD_1, ADD_2, ADD_3):
        dispatcher.clock.advance(30)
        await dispatcher.due(step)
    teams = [entry.team for entry in dispatcher[1].live_assignments]
    assert teams == ["west-a", "west-b", "shared-1"]


async def test_no_team_is_added_once_one_has_accepted(dispatcher: Dispatcher) -> None:
    await pushed(dispatcher)
    await dispatcher.due(AUTO)
    await dispatcher.done("west-a", "accept")
    dispatcher.clock.advance(30)
    before = dispatcher.store.tables.events
    await dispatcher.due(ADD_1)
    assert dispatcher.store.tables.events == before


@pytest.mark.parametrize("verb", ["assign", "refuse", "resolve", "transfer"])
async def test_a_step_that_a_person_overtook_does_nothing(
    dispatcher: Dispatcher, verb: str
) -> None:
    await pushed(dispatcher)
    body = {
        "assign": {"teams": ["shared-2"]},
        "refuse": {"reason": "outside-area"},
        "resolve": {},
        "transfer": {"center": EAST, "reason": "their-area"},
    }[verb]
    await dispatcher.done("operator", verb, body)
    before = dispatcher.store.tables
    await dispatcher.due(AUTO)
    assert dispatcher.store.tables.events == before.events
    assert dispatcher.store.tables.engaged == before.engaged


async def test_a_step_delivered_twice_acts_once(dispatcher: Dispatcher) -> None:
    await pushed(dispatcher)
    await dispatcher.due(AUTO, AUTO)
    await dispatcher.due(AUTO)
    assert dispatcher.types() == ["opened", "pushed", "team_assigned"]


async def test_steps_of_one_batch_follow_one_another(dispatcher: Dispatcher) -> None:
    """The second team is added because the first was sent by the same batch, and is due as well."""
    await pushed(dispatcher)
    await dispatcher.due(AUTO, due(1, ADD_1, 75))
    assert dispatcher.types() == ["opened", "pushed", "team_assigned"]
    dispatcher.clock.advance(60)
    await dispatcher.due(ADD_1, ADD_2)
    assert [entry.step for entry in dispatcher[1].assignments] == [AUTO, ADD_1, ADD_2]
    assert [entry.version for entry in dispatcher.store.tables.said] == [1, 2, 3, 4, 5]


async def test_two_steps_of_one_batch_never_send_the_same_team(dispatcher: Dispatcher) -> None:
    numbers = range(1, 7)
    await pushed(dispatcher, *numbers)
    await dispatcher.due(*(due(number, AUTO, 45) for number in numbers))
    engaged = dispatcher.store.tables.engaged
    assert sorted(engaged) == ["shared-1", "shared-2", "west-a", "west-b"]
    assert sorted(engaged.values()) == [incident_id(number) for number in (1, 2, 3, 4)]
    for number in (5, 6):
        body = dispatcher.events(number)[-1]["body"]
        assert body["outcome"] == "no_team"
        assert "west-a:busy" in body["reasons"]


async def test_automation_never_takes_a_team_from_another_incident(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open(2)
    teams = ["west-a", "west-b", "shared-1", "shared-2"]
    await dispatcher.done("operator", "assign", {"teams": teams}, number=2)
    await pushed(dispatcher, 1)
    await dispatcher.due(AUTO)
    assert dispatcher.types(1)[-1] == "step_taken"
    assert len(dispatcher[2].live_assignments) == 4


async def test_a_step_without_a_team_is_taken_once_and_leaves_the_rest_to_people(
    dispatcher: Dispatcher,
) -> None:
    teams = ["west-a", "west-b", "shared-1", "shared-2"]
    await dispatcher.open(2)
    await dispatcher.done("operator", "assign", {"teams": teams}, number=2)
    await pushed(dispatcher, 1)
    await dispatcher.due(AUTO)
    await dispatcher.due(AUTO)
    assert dispatcher.types(1).count("step_taken") == 1


async def test_an_alert_goes_to_the_enterprises_own_system(dispatcher: Dispatcher) -> None:
    await dispatcher.open(center=EAST)
    await dispatcher.due(WEBHOOK)
    (queued,) = dispatcher.store.tables.deliveries.values()
    assert (queued.incident, queued.center, queued.round) == (incident_id(1), EAST, 1)
    assert dispatcher.events()[-1]["body"]["outcome"] == "delivery_queued"
    await dispatcher.due(WEBHOOK)
    assert len(dispatcher.events()) == 2


async def test_a_center_without_an_own_system_is_said_to_have_none(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open(center=WEST)
    dispatcher.clock.advance(5)
    await dispatcher.due(WEBHOOK)
    assert not dispatcher.store.tables.deliveries
    assert dispatcher.events()[-1]["body"]["outcome"] == "no_endpoint"


@pytest.mark.parametrize("seconds", [0.001, 5])
async def test_a_clock_a_little_behind_the_notifiers_loses_no_step(
    dispatcher: Dispatcher, seconds: float
) -> None:
    await pushed(dispatcher)
    dispatcher.clock.advance(-seconds)
    await dispatcher.due(due(1, AUTO, 45))
    assert dispatcher.types()[-1] == "team_assigned"


async def test_a_step_said_to_be_due_long_before_it_is_does_nothing(
    dispatcher: Dispatcher,
) -> None:
    await pushed(dispatcher)
    dispatcher.clock.advance(-timedelta(seconds=5, microseconds=1).total_seconds())
    await dispatcher.due(due(1, AUTO, 45))
    assert dispatcher.types()[-1] == "pushed"


async def test_a_step_of_an_incident_nobody_knows_does_nothing(dispatcher: Dispatcher) -> None:
    await dispatcher.due(AUTO, number=9)
    assert not dispatcher.store.tables.events


async def test_steps_wait_while_there_is_no_directory(dispatcher: Dispatcher) -> None:
    await pushed(dispatcher)
    dispatcher.atlas.now = None
    with pytest.raises(NotReadyError):
        await dispatcher.due(AUTO)


async def test_a_step_that_told_somebody_says_whom_by_what_and_why(dispatcher: Dispatcher) -> None:
    await pushed(dispatcher)
    dispatcher.clock.advance(15)
    await dispatcher.due("1/unacknowledged-park/1")
    body = dispatcher.events()[-1]["body"]
    assert (body["outcome"], body["post"], body["of"], body["callback"]) == (
        "told",
        "supervisor",
        "park",
        "not_acknowledged",
    )
    assert body["why"] == "60 s after pushed without acknowledged"


async def test_where_no_team_was_free_the_next_try_sends_one_that_is(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open(2)
    teams = ["west-a", "west-b", "shared-1", "shared-2"]
    await dispatcher.done("operator", "assign", {"teams": teams}, number=2)
    await pushed(dispatcher)
    await dispatcher.due(AUTO)
    assert dispatcher.events()[-1]["body"]["outcome"] == "no_team"
    await dispatcher.done("operator", "release", {"team": "west-b"}, number=2)
    dispatcher.clock.advance(45)
    await dispatcher.due("1/auto-assign/2")
    assert [entry.team for entry in dispatcher[1].live_assignments] == ["west-b"]


async def test_where_the_center_and_the_park_have_none_a_neighbour_that_agreed_sends_one(
    dispatcher: Dispatcher,
) -> None:
    whole = document()
    west = next(entry for entry in whole["centers"] if entry["code"] == WEST)
    west["neighbours"] = [EAST]
    dispatcher.atlas.renew(lookup_of(whole))
    await dispatcher.open(2)
    teams = ["west-a", "west-b", "shared-1", "shared-2"]
    await dispatcher.done("operator", "assign", {"teams": teams}, number=2)
    await pushed(dispatcher)
    await dispatcher.due(AUTO)
    (sent,) = dispatcher[1].live_assignments
    assert (sent.team, sent.organisation) == ("east-a", EAST)
    reasons = dispatcher.events()[-1]["body"]["reasons"]
    assert {"neighbour", "west-a:busy", "shared-1:busy"} <= set(reasons)


async def test_another_team_is_proposed_and_stays_free(dispatcher: Dispatcher) -> None:
    await pushed(dispatcher)
    await dispatcher.done("operator", "assign", {"teams": ["west-a"]})
    await dispatcher.done("west-a", "accept")
    dispatcher.clock.advance(300)
    await dispatcher.due("1/propose-team/1")
    body = dispatcher.events()[-1]["body"]
    assert (body["outcome"], body["teams"]) == ("proposed", ["west-b", "shared-1", "shared-2"])
    assert list(dispatcher.store.tables.engaged) == ["west-a"]


async def test_police_are_asked_for_in_the_transaction_that_opens_it(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open(circumstances=Circumstances(weapons=True, injured=1))
    assert dispatcher.types() == [
        "opened",
        "police_requested",
        "step_taken",
        "police_requested",
        "step_taken",
    ]
    asked = [event["body"] for event in dispatcher.events()[1::2]]
    assert [(body["reason"], body["service"]) for body in asked] == [
        ("injured", "120"),
        ("weapons", None),
    ]
    await dispatcher.due("1/ask-police/1")
    assert len(dispatcher.events()) == 5


async def test_a_silent_team_has_help_asked_for_by_the_machine(dispatcher: Dispatcher) -> None:
    await pushed(dispatcher)
    await dispatcher.done("operator", "assign", {"teams": ["west-a"]})
    await dispatcher.done("west-a", "arrive")
    dispatcher.clock.advance(1200)
    await dispatcher.due("1/check-in-missed.west-a.0/1")
    helped, taken = dispatcher.events()[-2:]
    assert (helped["type"], helped["body"]["team"]) == ("incident.help_requested.v1", "west-a")
    assert (helped["actor"]["kind"], taken["body"]["outcome"]) == ("machine", "help_requested")


async def test_a_team_notes_a_withdrawal_as_the_number_after_the_last_update(
    dispatcher: Dispatcher,
) -> None:
    await pushed(dispatcher)
    await dispatcher.done("operator", "assign", {"teams": ["west-a"]})
    await dispatcher.done("station", "cancel", {"reason": "mistake"})
    await dispatcher.done("west-a", "noted", {"number": 1})
    assert dispatcher[1].end_noted_by == ("west-a",)
    dispatcher.clock.advance(31)
    await dispatcher.due("1/cancellation-unnoted.west-a.1/1")
    assert dispatcher.types()[-1] == "update_noted"
