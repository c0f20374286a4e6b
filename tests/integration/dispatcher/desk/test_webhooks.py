"""Deliveries from the database to a real system and back: each promise on Postgres and HTTP."""

import json
from datetime import timedelta

import pytest

from incident import events as e
from services.dispatcher.handlers.deliveries import LEASE
from services.dispatcher.ports import Delivery
from services.runtime.envelope import parse
from tests.integration.dispatcher.desk.child import start
from tests.integration.dispatcher.desk.endpoint import System, serving
from tests.integration.dispatcher.desk.site import Site, open_site, running, until
from tests.services.dispatcher.sending import TRANSFER, happen


async def settled(site: Site, *states: tuple[str, str | None]) -> None:
    """Wait until the deliveries stand like this."""

    async def holds() -> bool:
        return await site.states() == list(states)

    await until(holds)


async def test_a_receipt_of_the_system_pushes_the_incident_in_one_transaction(
    site: Site, system: System
) -> None:
    await site.connect(east=system.url("/alerts"))
    incident = await site.queue()

    async with running(site.deliveries().run):
        await settled(site, ("delivered", "200"))

    (got,) = system.got
    got.verify()
    assert site.woken == ["directory", "delivery"]
    assert json.loads(got.body)["data"]["id"] == str(incident.id)
    (event,) = await site.fetch(
        "select type, actor, canonical from dispatcher.event where incident = $1 and version = 2",
        incident.id,
    )
    told = json.loads(event["canonical"])
    assert (event["type"], told["via"]) == ("incident.pushed.v1", "webhook")
    assert (told["actor"]["kind"], told["actor"]["organisation"]) == ("machine", "east-center")
    sent = await site.fetch(
        "select headers from dispatcher.outbox where key = $1", str(incident.id)
    )
    types = [parse(json.loads(row["headers"])).type for row in sent]
    assert types == ["incident.opened.v1", "incident.pushed.v1"]
    frames = await site.fetch(
        "select type from dispatcher.frame where channel = 'center:east-center' order by sequence"
    )
    assert [row["type"] for row in frames] == ["incident.opened.v1", "incident.pushed.v1"]


async def test_what_fails_is_tried_again_when_its_time_has_come(site: Site, system: System) -> None:
    system.answers["/"] = 500
    await site.connect(east=system.url())
    incident = await site.queue()

    async with running(site.deliveries().run):
        for attempt, wait in enumerate([1, 3, 8, 20, 66], start=1):
            await system.wait_for(attempt)
            await settled(site, ("queued", "500"))
            assert len(system.got) == attempt
            system.answers["/"] = 200 if attempt == 5 else 500
            site.clock.ahead += timedelta(seconds=wait)
        await settled(site, ("delivered", "200"))

    assert len({(got.id, got.body) for got in system.got}) == 1
    assert await site.find(incident.id) == "pushed"


async def test_a_process_that_is_killed_while_it_sends_is_followed_by_one_that_sends_again(
    site: Site, system: System
) -> None:
    system.hangs.add("/")
    await site.connect(east=system.url())
    incident = await site.queue()
    child = await start(site.dsn)
    try:
        await system.wait_for(1)
    finally:
        child.kill()
        await child.wait()
    (row,) = await site.rows()
    assert (row["state"], row["attempts"], row["outcome"]) == ("queued", 1, None)
    system.hangs.clear()

    async with running(site.deliveries().run):
        assert len(system.got) == 1, "its time has not come yet"
        site.clock.ahead = LEASE
        await settled(site, ("delivered", "200"))

    first, second = system.got
    assert (first.id, first.body) == (second.id, second.body)
    assert await site.find(incident.id) == "pushed"


async def test_two_processes_send_each_delivery_once(site: Site, system: System) -> None:
    await site.connect(east=system.url("/e"), west=system.url("/w"), park=system.url("/p"))
    centers = ("east-center", "west-center", "park-center")
    for number in range(30):
        await site.queue(number=number + 1, center=centers[number % 3])

    async with (
        open_site(site.dsn) as other,
        running(site.deliveries().run, other.deliveries().run),
    ):
        await settled(site, *[("delivered", "200")] * 30)

    assert len(system.got) == 30
    assert len({got.id for got in system.got}) == 30


async def test_a_system_that_hangs_keeps_no_other_center_waiting(
    site: Site, system: System
) -> None:
    system.hangs.add("/east")
    await site.connect(east=system.url("/east"), west=system.url("/west"))
    for number in range(1, 6):
        await site.queue(number=number, center="east-center")
    waiting = await site.queue(number=6, center="west-center")

    async with running(site.deliveries().run):
        await until(lambda: is_pushed(site, waiting.id), within=3)

    assert [got.path for got in system.got].count("/east") <= 2


async def is_pushed(site: Site, id_: object) -> bool:
    rows = await site.fetch("select state from dispatcher.incident where id = $1", id_)
    return [row["state"] for row in rows] == ["pushed"]


async def test_a_system_that_is_gone_gets_nothing_more_until_its_address_is_put_in_again(
    site: Site, system: System
) -> None:
    system.answers["/"] = 410
    await site.connect(east=system.url(), west=system.url("/west"))
    await site.queue(number=1)

    async with running(site.deliveries().run):
        await settled(site, ("ended", "410"))
        await site.queue(number=2)
        await settled(site, ("ended", "410"), ("ended", "disabled"))
        system.answers.clear()
        await site.connect(east=system.url(), west=system.url("/elsewhere"))
        await site.queue(number=3)
        await settled(site, ("ended", "410"), ("ended", "disabled"), ("ended", "disabled"))
        await site.connect(west=system.url("/elsewhere"))
        await site.connect(east=system.url(), west=system.url("/elsewhere"))
        await site.queue(number=4)
        await settled(
            site,
            ("ended", "410"),
            ("ended", "disabled"),
            ("ended", "disabled"),
            ("delivered", "200"),
        )

    assert len(system.got) == 2


async def test_a_system_that_asks_for_time_gets_it(site: Site, system: System) -> None:
    system.answers["/"] = 429
    system.headers["Retry-After"] = "40"
    await site.connect(east=system.url())
    await site.queue()

    async with running(site.deliveries().run):
        await settled(site, ("queued", "429"))
        (row,) = await site.rows()
        wait = (row["next_at"] - site.clock.real()).total_seconds()
        assert 35 < wait <= 40
        system.answers.clear()
        site.clock.ahead += timedelta(seconds=40)
        await settled(site, ("delivered", "200"))


async def test_a_redirect_to_a_private_address_is_a_failure_and_is_not_followed(
    site: Site, system: System
) -> None:
    async with serving() as inside:
        system.answers["/"] = 302
        system.headers["Location"] = inside.url("/secret")
        await site.connect(east=system.url())
        await site.queue()

        async with running(site.deliveries().run):
            await settled(site, ("queued", "302"))

        assert inside.got == []


async def test_an_address_that_may_not_be_reached_is_not_but_the_delivery_waits(
    site: Site, system: System
) -> None:
    await site.connect(east="http://169.254.169.254/latest", west=f"http://[::1]:{system.port}/")
    await site.queue(number=1)
    await site.queue(number=2, center="west-center")

    async with running(site.deliveries().run):
        await settled(site, *[("queued", "address_refused")] * 2)

    assert system.got == []


@pytest.mark.parametrize(
    ("body", "ending"),
    [
        (e.IncidentPushed(), "receipt"),
        (e.IncidentCancelled(reason="withdrawn"), "over"),
        (TRANSFER, "moved"),
    ],
)
async def test_a_delivery_ends_when_there_is_nothing_left_to_ask(
    site: Site, system: System, body: e.Body, ending: str
) -> None:
    await site.connect(east=system.url(), west=system.url())
    incident = await site.queue()
    await happen(site.store, incident, body)

    async with running(site.deliveries().run):
        await settled(site, ("ended", ending))

    assert system.got == []


async def test_a_delivery_queued_twice_is_sent_once(site: Site, system: System) -> None:
    await site.connect(east=system.url())
    incident = await site.queue()
    again = Delivery(incident=incident.id, center="east-center", round=1)
    async with site.store.work() as work:
        await work.queue_deliveries([again])

    async with running(site.deliveries().run):
        await settled(site, ("delivered", "200"))

    assert len(system.got) == 1


async def test_a_clock_that_went_back_holds_no_first_attempt_up(site: Site, system: System) -> None:
    await site.connect(east=system.url())
    await site.queue()
    site.clock.ahead = timedelta(minutes=-5)

    async with running(site.deliveries().run):
        await settled(site, ("delivered", "200"))
