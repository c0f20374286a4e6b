"""Messages reach people: once, by a way that works, whoever else hangs or fails."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

from incident.alert import Severity
from services.notifier.ports.messages import MessageState, Purpose
from services.runtime.postgres import Database
from tests.integration.notifier.messages.site import (
    KEY,
    REAL,
    RULES,
    Desk,
    Post115,
    open_desk,
    open_post,
    until,
)
from tests.services.notifier.messages.office import STEP, due, heard, incident_of

RED = Severity.RED


async def test_a_message_arrives_signed_with_codes_and_a_link(desk: Desk, post: Post115) -> None:
    incident = incident_of(severity=RED)
    await desk.tells(due(incident, STEP, now=60))
    async with desk.sending():
        (message,) = await desk.settled()

    ((_, headers, body),) = post.got
    assert message.state is MessageState.DELIVERED
    assert [one.outcome for one in message.attempts] == ["delivered"]
    assert headers["webhook-id"] == str(message.id) == body["id"]
    assert (body["number"], body["level"]) == (message.number, "red")
    assert body["link"].startswith("https://115.example/r/")
    assert Webhook(KEY) is not None
    assert datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC).year >= 2024


async def test_a_passing_fault_is_tried_again_under_the_same_id(desk: Desk, post: Post115) -> None:
    post.answers["/zhao"] = [(503, {}, {}), (429, {"Retry-After": "0"}, {})]
    await desk.tells(due(incident_of(), STEP, now=60))
    async with desk.sending():
        (message,) = await desk.settled()

    assert [one.outcome for one in message.attempts] == ["temporary", "temporary", "delivered"]
    assert [one.detail for one in message.attempts] == ["503", "429", "200"]
    assert len({headers["webhook-id"] for _, headers, _ in post.got}) == 1


async def test_after_a_refusal_for_good_the_next_way_is_taken(desk: Desk, post: Post115) -> None:
    desk.people.reached("zhao", ("webhook", f"{post.url}/gone"), ("webhook", f"{post.url}/second"))
    post.answers["/gone"] = [(404, {}, {})]
    await desk.tells(due(incident_of(), STEP, now=60))
    async with desk.sending():
        (message,) = await desk.settled()

    assert [one.detail for one in message.attempts] == ["404", "200"]
    assert len(post.at("/second")) == 1


async def test_who_can_be_reached_by_no_way_is_kept_as_failed(desk: Desk, post: Post115) -> None:
    post.answers["/zhao"] = [(500, {}, {})] * 10
    await desk.tells(due(incident_of(), STEP, now=60))
    async with desk.sending():
        (message,) = await desk.settled()

    assert (message.state, message.reason) == ("failed", "exhausted")
    assert len(message.attempts) == len(post.got) == 4


async def test_asked_to_wait_long_the_next_way_is_taken_at_once(desk: Desk, post: Post115) -> None:
    desk.people.reached("zhao", ("webhook", f"{post.url}/busy"), ("webhook", f"{post.url}/free"))
    post.answers["/busy"] = [(429, {"Retry-After": "600"}, {})]
    await desk.tells(due(incident_of(), STEP, now=60))
    async with desk.sending():
        await desk.settled()

    assert (len(post.at("/busy")), len(post.at("/free"))) == (1, 1)


async def test_a_gateway_that_hangs_delays_nobody_else(database: Database, post: Post115) -> None:
    desk = open_desk(database)
    async with open_post() as slow:
        for number in range(200):
            code = f"slow-{number}"
            desk.people.reached(code, ("webhook", f"{slow.url}/hang"))
        desk.people.holds("chief", *(f"slow-{number}" for number in range(200)), "zhao")
        desk.people.reached("zhao", ("webhook", f"{post.url}/zhao"))
        await desk.tells(due(incident_of(severity=RED), STEP, now=60))
        began = REAL.monotonic()
        async with desk.sending():

            async def arrived() -> bool:
                return bool(post.got)

            await until(arrived, within=3)
            assert REAL.monotonic() - began < 1.5
            assert len(slow.got) <= 24


async def test_two_senders_send_each_message_once(
    desk: Desk, database: Database, post: Post115
) -> None:
    other = open_desk(database)
    other.people.contacts = desk.people.contacts
    desk.people.holds("chief", *(f"p{n}" for n in range(300)))
    for number in range(300):
        desk.people.reached(f"p{number}", ("webhook", f"{post.url}/p{number}"))
    await desk.tells(due(incident_of(severity=RED), STEP, now=60))
    async with desk.sending(desk.sender, other.sender):
        await desk.settled()

    assert len(post.got) == 300
    assert len({headers["webhook-id"] for _, headers, _ in post.got}) == 300


async def test_a_flood_is_one_message_and_one_bundle(database: Database, post: Post115) -> None:
    desk = open_desk(database, rules=replace(RULES, flood=timedelta(seconds=0.3)))
    desk.people.holds("chief", "zhao")
    desk.people.reached("zhao", ("webhook", f"{post.url}/zhao"))
    await desk.tells(*(due(incident_of(number), STEP, now=60) for number in range(1, 31)))
    async with desk.sending():
        messages = await desk.settled()

    assert [body["purpose"] for _, _, body in post.got] == ["step", "bundle"]
    assert len(post.got[1][2]["incidents"]) == 29
    assert {one.state for one in messages} == {MessageState.DELIVERED}


async def test_whoever_was_told_hears_that_it_is_over(desk: Desk, post: Post115) -> None:
    incident = incident_of(severity=RED)
    await desk.tells(due(incident, STEP, now=60))
    async with desk.sending():
        await desk.settled()
        await desk.tells(heard(incident_of(severity=RED, pushed=70), STEP))
        messages = await desk.settled()

    assert [one.purpose for one in messages] == [Purpose.STEP, Purpose.STAND_DOWN]
    assert "解除" in post.got[1][2]["text"]
    assert post.got[1][2]["link"] is None


async def test_what_was_told_while_its_cause_went_is_followed_by_a_stand_down(
    desk: Desk, post: Post115
) -> None:
    desk.people.reached("zhao", ("webhook", f"{post.url}/hang"))
    await desk.tells(due(incident_of(severity=RED), STEP, now=60))
    async with desk.sending():

        async def taken() -> bool:
            return bool(post.got)

        await until(taken)
        await desk.tells(heard(incident_of(severity=RED, pushed=61), STEP))
        post.released.set()

        async def both() -> bool:
            return [one.state for one in await desk.all()] == ["delivered", "delivered"]

        await until(both)

    assert [body["purpose"] for _, _, body in post.got] == ["step", "stand_down"]


async def test_what_a_dead_process_had_begun_is_sent_again_under_the_same_id(
    desk: Desk, post: Post115
) -> None:
    desk.people.reached("zhao", ("webhook", f"{post.url}/hang"))
    await desk.tells(due(incident_of(severity=RED), STEP, now=60))

    async def taken() -> bool:
        return bool(post.got)

    async with desk.sending():
        await until(taken)
    post.released.set()
    async with desk.database.transaction() as connection:
        await connection.execute("update notifier.message set next_at = queued_at")  # lease over
    other = open_desk(desk.database)
    other.people.contacts = desk.people.contacts
    async with desk.sending(other.sender):
        (message,) = await desk.settled()

    assert [one.outcome for one in message.attempts] == [None, "delivered"]
    assert {headers["webhook-id"] for _, headers, _ in post.got} == {str(message.id)}
