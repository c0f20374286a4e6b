"""Who is told what: one message for each person and step, gathered in a flood, and taken back."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from incident.alert import Severity
from incident.roster import Why
from services.notifier.ports.messages import MessageState, Purpose, Reason
from tests.builders import CENTER, at
from tests.services.notifier.messages.office import (
    CHIEF,
    STEP,
    FakePeople,
    Room,
    due,
    heard,
    incident_of,
)

WAITING, BUNDLED, SKIPPED, FAILED = (
    MessageState.WAITING,
    MessageState.BUNDLED,
    MessageState.SKIPPED,
    MessageState.FAILED,
)


@pytest.fixture
def room() -> Room:
    return Room()


async def test_whoever_holds_the_post_is_told_at_once(room: Room) -> None:
    (message,) = await room.tells(due(incident_of(), STEP, now=60), now=60)

    assert message.person == CHIEF
    assert (message.purpose, message.state, message.first) == (Purpose.STEP, WAITING, True)
    assert message.next_at == at(60)
    assert message.why == Why.SHIFT
    assert message.voice


async def test_all_who_hold_the_post_are_told_once_each(room: Room) -> None:
    room.people.holds("chief", "zhao", "qian", "zhao")

    made = await room.tells(due(incident_of(), STEP, now=60), now=60)

    assert [one.person.code for one in made] == ["zhao", "qian"]


async def test_what_is_told_again_makes_no_second_message(room: Room) -> None:
    await room.tells(due(incident_of(), STEP, now=60), now=60)
    await room.tells(due(incident_of(), STEP, now=61), now=61)

    assert len(room.store.of()) == 1


async def test_what_says_nothing_to_people_asks_the_store_nothing(room: Room) -> None:
    callback = due(incident_of(), "1/undelivered-station/1", "1/auto-assign/1", now=60)
    silent = heard(incident_of(pushed=5), "1/auto-assign/1")

    assert await room.tells(callback, silent, now=60) == []
    assert room.store.asked == 0


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda people: people.posts.clear(), Reason.NOBODY),
        (lambda people: people.contacts.clear(), Reason.NO_CONTACT),
        (lambda people: people.reached("zhao"), Reason.NO_WAY),
    ],
)
async def test_who_cannot_be_told_is_kept_as_a_failure(
    room: Room, prepare: Callable[[FakePeople], None], reason: Reason
) -> None:
    prepare(room.people)

    (message,) = await room.tells(due(incident_of(), STEP, now=60), now=60)

    assert (message.state, message.reason) == (FAILED, reason)


async def test_in_a_flood_the_first_goes_and_the_others_go_together(room: Room) -> None:
    for second, number in enumerate(range(1, 6)):
        await room.tells(due(incident_of(number), STEP, now=60 + second), now=60 + second)

    alone, bundle = room.store.of(WAITING)
    assert alone.purpose is Purpose.STEP
    assert (bundle.purpose, bundle.next_at) == (Purpose.BUNDLE, at(90))
    assert [one.bundle for one in room.store.of(BUNDLED)] == [bundle.id] * 4


async def test_a_whole_batch_at_once_is_a_flood_as_well(room: Room) -> None:
    judged = [due(incident_of(number), STEP, now=60) for number in range(1, 101)]

    await room.tells(*judged, now=60)

    assert len(room.store.of(WAITING)) == 2
    assert len(room.store.of(BUNDLED)) == 99


async def test_red_is_never_bundled(room: Room) -> None:
    judged = [due(incident_of(n, severity=Severity.RED), STEP, now=60) for n in range(1, 21)]

    await room.tells(*judged, now=60)

    assert len(room.store.of(WAITING)) == 20


async def test_the_flood_is_over_when_its_window_is(room: Room) -> None:
    await room.tells(due(incident_of(1), STEP, now=60), now=60)
    await room.tells(due(incident_of(2), STEP, now=90), now=90)

    assert [one.purpose for one in room.store.of(WAITING)] == [Purpose.STEP, Purpose.STEP]


async def test_what_comes_too_late_for_its_bundle_goes_alone(room: Room) -> None:
    await room.tells(*(due(incident_of(n), STEP, now=60) for n in (1, 2)), now=60)
    room.store.begun = {one.id for one in room.store.of() if one.purpose is Purpose.BUNDLE}

    (_, late) = await room.tells(due(incident_of(3), STEP, now=61), now=61)

    assert (late.state, late.bundle) == (WAITING, None)


async def test_the_park_is_told_in_a_digest_and_of_red_at_once(room: Room) -> None:
    room.people.holds("supervisor", "sun", organisation="park")
    step = "1/undelivered-park/1"

    await room.tells(*(due(incident_of(n), step, now=60) for n in (1, 2, 3)), now=60)
    await room.tells(due(incident_of(4, severity=Severity.RED), step, now=61), now=61)

    digest, red = room.store.of(WAITING)
    assert (digest.purpose, digest.next_at) == (Purpose.DIGEST, at(660))
    assert red.about is not None
    assert red.about.severity == "red"
    assert len(room.store.of(BUNDLED)) == 3


async def test_who_acknowledged_a_rung_hears_no_more_of_it_but_of_others(room: Room) -> None:
    room.people.holds("team", "zhao")
    (first,) = await room.tells(due(incident_of(), STEP, now=60), now=60)
    room.store.acknowledged = {first.id}

    again, other = await room.tells(
        due(incident_of(), "1/undelivered-chief/2", "1/responsibility-center/1", now=99), now=99
    )

    assert (again.state, again.reason) == (SKIPPED, Reason.ACKNOWLEDGED)
    assert other.state is WAITING


async def test_after_an_outage_only_the_newest_step_is_still_told(room: Room) -> None:
    steps = [f"1/undelivered-chief/{count}" for count in range(1, 5)]

    made = await room.tells(due(incident_of(), *steps, now=4000, late=600), now=4000)

    assert [one.state for one in made] == [SKIPPED, SKIPPED, SKIPPED, WAITING]
    assert {one.reason for one in made[:3]} == {Reason.SUPERSEDED}


async def test_after_an_outage_nobody_gets_a_storm(room: Room) -> None:
    judged = [due(incident_of(n), STEP, now=4000, late=900) for n in range(1, 301)]

    await room.tells(*judged, now=4000)

    assert len(room.store.of(WAITING)) == 2


async def test_whoever_was_told_stands_down_when_the_cause_is_gone(room: Room) -> None:
    await room.tells(due(incident_of(), STEP, now=60), now=60)
    room.store.deliver()

    (down,) = await room.tells(heard(incident_of(pushed=70), STEP), now=100)

    assert (down.purpose, down.person, down.state) == (Purpose.STAND_DOWN, CHIEF, WAITING)


async def test_several_steps_of_an_incident_are_taken_back_by_one_stand_down(room: Room) -> None:
    steps = ["1/undelivered-chief/1", "1/undelivered-chief/2"]
    await room.tells(due(incident_of(severity=Severity.RED), *steps, now=60), now=60)
    room.store.deliver()

    made = await room.tells(heard(incident_of(severity=Severity.RED, pushed=70), *steps), now=100)

    assert [one.purpose for one in made] == [Purpose.STAND_DOWN]


async def test_what_was_not_sent_yet_is_skipped_and_needs_no_stand_down(room: Room) -> None:
    await room.tells(due(incident_of(), STEP, now=60), now=60)

    assert await room.tells(heard(incident_of(pushed=61), STEP), now=61) == []
    assert [(one.state, one.reason) for one in room.store.of()] == [(SKIPPED, Reason.OVER)]


async def test_nobody_stands_down_while_the_cause_stands(room: Room) -> None:
    await room.tells(due(incident_of(), STEP, now=60), now=60)
    room.store.deliver()

    assert await room.tells(heard(incident_of(), STEP), now=61) == []


async def test_the_members_of_the_team_a_step_names_are_told(room: Room) -> None:
    room.people.reached("p1", ("sms", "13800000001"), organisation="east-center")
    incident = replace(incident_of(), center=CENTER)

    made = await room.tells(due(incident, "1/update-unnoted.east-a.1/1", now=60), now=60)

    assert [(one.person.organisation, one.person.code) for one in made] == [("east-center", "p1")]


async def test_a_team_without_members_is_nobody(room: Room) -> None:
    (message,) = await room.tells(due(incident_of(), "1/update-unnoted.west-a.1/1", now=60), now=60)

    assert (message.state, message.reason) == (FAILED, Reason.NOBODY)
