"""At least once, in order for each alert, and no station holds up another."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from incident import events as e
from incident.alert import OrganisationId
from incident.lifecycle import Incident
from services.notifier.callbacks.keeping import CallbackKeeper
from services.notifier.handlers.callbacks.delivering import (
    DISABLED_AFTER,
    LEASE,
    RETENTION,
    WAITS,
    Wanted,
)
from services.runtime.outgoing import post as posting
from tests.builders import an_alert, an_incident
from tests.integration.dispatcher.desk.endpoint import System
from tests.integration.notifier.callbacks.exchange import Exchange
from tests.services.notifier.callbacks.telling import changed, judged


def incident(number: int = 1, station: str = "station-1") -> Incident:
    alert = replace(an_alert(number=number), station=OrganisationId(station))
    return an_incident(alert=alert)


LIFE = ["delivered", "acknowledged", "closed"]


async def live(exchange: Exchange, number: int = 1, station: str = "station-1") -> None:
    """Let an incident be pushed, taken and closed."""
    one = incident(number, station)
    acts: tuple[e.Body, ...] = (
        e.IncidentPushed(),
        e.IncidentAcknowledged(),
        e.IncidentClosed(disposition="x"),
    )
    await exchange.judge(
        judged(*(changed(act, incident=one, version=v) for v, act in enumerate(acts, start=2)))
    )


def kinds(system: System) -> list[str]:
    return [json.loads(got.body)["type"].split(".")[1] for got in system.got]


async def test_callbacks_arrive_signed_in_order_and_say_their_ids(
    exchange: Exchange, system: System
) -> None:
    secret = await exchange.register(system.url("/in"))
    await live(exchange)
    async with exchange.carrying():
        await exchange.until("delivered")
    assert kinds(system) == LIFE
    for got in system.got:
        got.verify(secret)
        assert json.loads(got.body)["id"] == got.id


async def test_a_station_that_did_not_register_is_told_nothing(exchange: Exchange) -> None:
    await live(exchange)
    assert await exchange.bench.count("callback") == 0


async def test_what_is_told_again_is_in_line_once_and_numbers_have_no_gap(
    exchange: Exchange,
) -> None:
    await exchange.register("http://127.0.0.1:9/")
    await live(exchange)
    await live(exchange)
    await live(exchange, 2)
    assert await exchange.rows("sequence") == [1, 2, 3, 4, 5, 6]


async def test_two_notifiers_writing_at_once_leave_no_gap(exchange: Exchange) -> None:
    await exchange.register("http://127.0.0.1:9/")
    await asyncio.gather(*(live(exchange, number) for number in range(1, 13)))
    assert await exchange.rows("sequence") == list(range(1, 37))


async def test_the_next_of_an_alert_waits_for_the_one_before_and_other_alerts_do_not(
    exchange: Exchange, system: System
) -> None:
    system.answers["/in"] = 500
    await exchange.register(system.url("/in"))
    await live(exchange)
    async with exchange.carrying():
        await system.wait_for(2)
        await live(exchange, 2)
        await system.wait_for(4)
        assert set(kinds(system)) == {"delivered"}
        system.answers.clear()
        exchange.clock.ahead += timedelta(seconds=90)
        await exchange.until("delivered")
    by_alert: dict[str, list[str]] = {}
    for got, kind in zip(system.got, kinds(system), strict=True):
        by_alert.setdefault(json.loads(got.body)["data"]["alert"], []).append(kind)
    for told in by_alert.values():
        assert list(dict.fromkeys(told)) == LIFE


async def test_two_thousand_waiting_on_a_hung_station_delay_no_other(
    exchange: Exchange, system: System
) -> None:
    system.hangs.add("/hung")
    await exchange.register(system.url("/hung"), station="station-hung")
    await exchange.register(system.url("/in"), types=["delivered"])
    hung = [
        judged(changed(e.IncidentPushed(), incident=incident(n, "station-hung"), version=2))
        for n in range(1, 2001)
    ]
    await exchange.judge(*hung)
    async with exchange.carrying():
        await system.wait_for(4)
        for number in range(3001, 3021):
            began = exchange.clock.monotonic()
            await exchange.judge(
                judged(changed(e.IncidentPushed(), incident=incident(number), version=2))
            )
            await exchange.until("delivered")
            assert exchange.clock.monotonic() - began < 2.0
    stuck = [got for got in system.got if got.path == "/hung"]
    assert 4 <= len(stuck) <= 12
    waiting = await exchange.rows(station="station-hung")
    assert waiting.count("waiting") == 2000


async def test_a_sender_that_dies_in_the_middle_loses_nothing_and_the_id_stays(
    exchange: Exchange, system: System
) -> None:
    system.hangs.add("/in")
    await exchange.register(system.url("/in"), types=["delivered"])
    await live(exchange)
    async with exchange.carrying():
        await system.wait_for(1)  # it has it, and whoever sent it dies before it knows
    system.hangs.clear()
    system.over.set()
    assert await exchange.rows() == ["waiting"]
    exchange.clock.ahead += LEASE
    async with exchange.carrying():
        await exchange.until("delivered")
    first, second = system.got
    assert first.id == second.id
    assert first.body == second.body


async def test_while_one_sender_has_it_no_other_sends_it(
    exchange: Exchange, system: System
) -> None:
    await exchange.register(system.url("/in"))
    for number in range(1, 31):
        await live(exchange, number)
    async with exchange.carrying(3):
        await exchange.until("delivered")
    ids = [got.id for got in system.got]
    assert len(ids) == len(set(ids)) == 90


async def test_attempts_are_bounded_then_it_is_failed_and_the_next_goes(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, system: System
) -> None:
    monkeypatch.setattr(posting, "SEND_SECONDS", 1.0)
    system.answers["/in"] = 500
    await exchange.register(system.url("/in"), types=["delivered", "acknowledged"])
    await live(exchange)
    async with exchange.carrying():
        for _ in WAITS:
            count = len(system.got)
            await system.wait_for(count + 1)
            await _settled(exchange)
            if "failed" in await exchange.rows():
                break
            exchange.clock.ahead += timedelta(hours=30)
        assert (await exchange.rows())[0] == "failed"
    (failed,) = [row for row in await exchange.rows("tries::text") if row.count("500") >= 13]
    assert len(json.loads(failed)) == len(WAITS)
    system.answers.clear()
    exchange.clock.ahead += timedelta(hours=30)
    async with exchange.carrying():
        await exchange.until("failed", "delivered")
    assert await exchange.rows() == ["failed", "delivered"]


async def _settled(exchange: Exchange) -> None:
    async with asyncio.timeout(10):
        while (await exchange.rows("outcome"))[0] is None:
            await exchange.clock.sleep(0.02)


async def test_a_station_that_says_it_is_gone_is_disabled_with_a_reason(
    exchange: Exchange, system: System
) -> None:
    system.answers["/in"] = 410
    await exchange.register(system.url("/in"))
    await live(exchange)
    async with exchange.carrying():
        await system.wait_for(1)
        await _settled(exchange)
    shown = (await exchange.ask("GET", "/v1/callbacks/subscription")).json()
    assert (shown["state"], shown["reason"]) == (
        "disabled",
        "its system answered 410: it is gone",
    )
    system.answers.clear()
    await exchange.register(system.url("/in"))
    async with exchange.carrying():
        await exchange.until("delivered")


async def test_a_station_that_fails_for_days_is_disabled(
    exchange: Exchange, system: System
) -> None:
    system.answers["/in"] = 500
    await exchange.register(system.url("/in"))
    await live(exchange)
    async with exchange.carrying():
        await system.wait_for(1)
        await _settled(exchange)
    keeper = CallbackKeeper(line=exchange.line, clock=exchange.clock)
    await keeper.keep()
    assert (await exchange.ask("GET", "/v1/callbacks/subscription")).json()["state"] == "active"
    exchange.clock.ahead += DISABLED_AFTER + timedelta(minutes=1)
    await keeper.keep()
    assert (await exchange.ask("GET", "/v1/callbacks/subscription")).json()["state"] == "disabled"


async def test_a_station_that_answers_again_gets_at_once_what_waits(
    exchange: Exchange, system: System
) -> None:
    system.answers["/in"] = 500
    await exchange.register(system.url("/in"), types=["delivered"])
    for number in range(1, 4):
        await live(exchange, number)
    async with exchange.carrying():
        await system.wait_for(6)
        await exchange.clock.sleep(0.3)
    await exchange.bench.fetch(
        "update notifier.callback set next_at = next_at + interval '1 hour', attempts = 8"
    )
    exchange.clock.ahead += timedelta(minutes=2)
    system.answers.clear()
    await live(exchange, 9)
    async with exchange.carrying():
        await exchange.until("delivered", within=10)


async def test_what_is_old_is_given_up_and_removed(exchange: Exchange) -> None:
    await exchange.register(None)
    await live(exchange)
    exchange.clock.ahead += RETENTION + timedelta(minutes=1)
    line = exchange.line
    assert (await line.keep(exchange.clock.real())).expired == 3
    exchange.clock.ahead += RETENTION + timedelta(minutes=1)
    assert (await line.keep(exchange.clock.real())).purged == 3
    page = (await exchange.ask("GET", "/v1/callbacks/feed")).json()
    assert (page["callbacks"], page["last"], page["purged"]) == ([], 3, 3)


async def test_what_waits_is_measured_by_the_way_it_waits(
    exchange: Exchange, system: System
) -> None:
    await exchange.register(None, station="station-2")
    await exchange.register(system.url("/in"))
    await live(exchange)
    await live(exchange, 2, "station-2")
    found = {one.what: one.count for one in await exchange.line.measure()}
    assert found == {"first": 3, "pull": 3}


async def test_nothing_is_begun_without_a_free_slot(exchange: Exchange, system: System) -> None:
    await exchange.register(system.url("/in"))
    await live(exchange)
    wanted = Wanted(now=exchange.clock.real(), rooms={}, limit=0)
    assert await exchange.line.turn([], wanted) == []
    full = Wanted(now=exchange.clock.real(), rooms={"station-1": 0}, limit=9)
    assert await exchange.line.turn([], full) == []
