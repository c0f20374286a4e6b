"""A station that pulls, or has files carried over a boundary; registration and log over HTTP."""

import hashlib
import json
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from services.runtime.auth import Role
from tests.integration.dispatcher.desk.endpoint import System
from tests.integration.notifier.callbacks.exchange import Exchange
from tests.integration.notifier.callbacks.test_carrying import live

SUBSCRIPTION = "/v1/callbacks/subscription"


async def test_a_feed_is_read_in_order_and_asking_on_confirms(exchange: Exchange) -> None:
    await exchange.register(None)
    await live(exchange)
    first = (await exchange.ask("GET", "/v1/callbacks/feed?limit=2")).json()
    assert [one["sequence"] for one in first["callbacks"]] == [1, 2]
    assert first["confirmed"] == 0
    again = (await exchange.ask("GET", "/v1/callbacks/feed?limit=2")).json()
    assert again["callbacks"] == first["callbacks"]
    rest = (await exchange.ask("GET", f"/v1/callbacks/feed?after={first['next']}")).json()
    assert [one["sequence"] for one in rest["callbacks"]] == [3]
    assert rest["confirmed"] == 2
    assert await exchange.rows() == ["confirmed", "confirmed", "waiting"]


async def test_a_number_that_was_not_given_confirms_nothing(exchange: Exchange) -> None:
    await exchange.register(None)
    answer = await exchange.ask("GET", "/v1/callbacks/feed?after=1")
    assert (answer.status, answer.json()["field"]) == (422, "after")


async def test_a_wait_without_news_ends_by_itself(exchange: Exchange) -> None:
    await exchange.register(None)
    answer = await exchange.ask("GET", "/v1/callbacks/feed?wait=1")
    assert (answer.status, answer.json()["callbacks"]) == (200, [])


async def test_a_file_is_signed_and_receipts_show_the_delay_of_the_boundary(
    exchange: Exchange,
) -> None:
    secret = await exchange.register(None)
    await live(exchange)
    answer = await exchange.ask("GET", "/v1/callbacks/feed/export")
    head, _, lines = answer.body.partition(b"\n")
    header = json.loads(head)
    assert header["count"] == len(lines.splitlines()) == 3
    assert header["sha256"] == hashlib.sha256(lines).hexdigest()
    signed = {
        "webhook-id": header["id"],
        "webhook-timestamp": str(header["timestamp"]),
        "webhook-signature": header["signature"],
    }
    body = f"{header['format']}.{header['count']}.{header['sha256']}"
    Webhook(secret).verify(body, signed, json_parse=False)
    ids = [json.loads(line)["callback"]["id"] for line in lines.splitlines()]

    exchange.clock.ahead += timedelta(minutes=10)
    imported = exchange.clock.real().isoformat()
    stranger = "00000000-0000-0000-0000-000000000009"
    receipts = [{"id": id_, "imported_at": imported} for id_ in (*ids, stranger)]
    batch = {"batch": "b-1", "receipts": receipts}
    path = "/v1/callbacks/feed/receipts"
    first = (await exchange.ask("POST", path, batch)).json()
    assert (first["new"], first["repeated"], len(first["unknown"])) == (3, 0, 1)
    assert 590 < first["longest_seconds"] < 620
    second = (await exchange.ask("POST", path, batch)).json()
    assert (second["new"], second["repeated"]) == (0, 3)
    assert await exchange.rows() == ["confirmed"] * 3
    shown = (await exchange.ask("GET", "/v1/callbacks/deliveries")).json()["deliveries"]
    assert all(590 < one["boundary_seconds"] < 620 for one in shown)
    assert (await exchange.ask("GET", "/v1/callbacks/feed")).json()["confirmed"] == 3


async def test_a_receipt_of_the_future_is_refused_whole(exchange: Exchange) -> None:
    await exchange.register(None)
    await live(exchange)
    (first, *_) = await exchange.rows("id")
    late = (exchange.clock.real() + timedelta(hours=1)).isoformat()
    batch = {"batch": "b-1", "receipts": [{"id": str(first), "imported_at": late}]}
    answer = await exchange.ask("POST", "/v1/callbacks/feed/receipts", batch)
    assert (answer.status, answer.json()["field"]) == (422, "receipts[0].imported_at")
    assert set(await exchange.rows("imported_at")) == {None}


async def test_a_secret_is_shown_once_and_after_a_rotation_both_sign(
    exchange: Exchange, system: System
) -> None:
    old = await exchange.register(system.url("/in"), types=["delivered"])
    again = await exchange.ask("PUT", SUBSCRIPTION, {"url": system.url("/in")})
    assert again.json()["secret"] is None
    assert old not in again.body.decode() + str(
        await exchange.bench.fetch("select * from notifier.callback_subscription")
    )
    new = await exchange.register(system.url("/in"), types=["delivered"], rotate=True)
    await live(exchange)
    async with exchange.carrying():
        await exchange.until("delivered")
    system.got[0].verify(old)
    system.got[0].verify(new)
    exchange.clock.ahead += timedelta(hours=25)
    await live(exchange, 2)
    async with exchange.carrying():
        await exchange.until("delivered")
    assert len(system.got[1].headers["webhook-signature"].split()) == 1


async def test_a_fourth_secret_within_a_day_is_refused(exchange: Exchange) -> None:
    await exchange.register(None)
    for _ in range(2):
        await exchange.register(None, rotate=True)
    answer = await exchange.ask("PUT", SUBSCRIPTION, {"url": None, "rotate": True})
    assert (answer.status, answer.json()["type"]) == (409, "/problems/too-many-secrets")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://station.example/", "must be an address"),
        ("https://u:p@station.example/", "must not hold a user"),
        ("https://station.example/#x", "must not hold a fragment"),
        ("https://station.example/ x", "must not hold blanks"),
        ("http://169.254.169.254/latest", "leads to where nothing is sent"),
        ("https://10.0.0.8/", "leads to where nothing is sent"),
    ],
)
async def test_an_address_that_leads_elsewhere_is_refused(
    exchange: Exchange, url: str, why: str
) -> None:
    answer = await exchange.ask("PUT", SUBSCRIPTION, {"url": url})
    assert (answer.status, answer.json()["field"]) == (422, "url")
    assert why in answer.json()["detail"]
    assert await exchange.bench.count("callback_subscription") == 0


async def test_without_a_key_to_seal_with_nobody_is_registered(exchange: Exchange) -> None:
    exchange.vault = None
    answer = await exchange.ask("PUT", SUBSCRIPTION, {"url": None})
    assert (answer.status, answer.json()["type"]) == (503, "/problems/no-contact-keys")


async def test_nobody_sees_or_changes_anothers(exchange: Exchange) -> None:
    await exchange.register(None)
    await live(exchange)
    (first, *_) = await exchange.rows("id")
    other = exchange.acting(Role.STATION, "station-2")
    own = f"{SUBSCRIPTION}?station=station-1"
    assert (await other.ask("GET", own)).status == 403
    assert (await other.ask("GET", f"/v1/callbacks/deliveries/{first}")).status == 404
    assert (await other.ask("POST", f"/v1/callbacks/deliveries/{first}/retry", {})).status == 404
    assert (await other.ask("GET", "/v1/callbacks/feed")).status == 404
    for role in (Role.OPERATOR, Role.TEAM, Role.CHIEF):
        assert (await exchange.acting(role, "heling").ask("GET", own)).status == 403
    auditor = exchange.acting(Role.AUDITOR, "park")
    assert (await auditor.ask("GET", "/v1/callbacks/deliveries")).status == 200
    assert (await auditor.ask("DELETE", own)).status == 403


async def test_a_test_arrives_and_a_failed_delivery_is_sent_again_on_request(
    exchange: Exchange, system: System
) -> None:
    await exchange.register(system.url("/in"))
    made = await exchange.ask("POST", "/v1/callbacks/test", {})
    assert made.status == 202
    id_ = made.json()["id"]
    assert (await exchange.ask("POST", f"/v1/callbacks/deliveries/{id_}/retry", {})).status == 409
    await exchange.bench.fetch(
        "update notifier.callback set state = 'failed', settled_at = produced_at"
    )
    assert (await exchange.ask("POST", f"/v1/callbacks/deliveries/{id_}/retry", {})).status == 202
    async with exchange.carrying():
        await exchange.until("delivered")
    assert system.got[0].id == id_
    shown = (await exchange.ask("GET", f"/v1/callbacks/deliveries/{id_}")).json()
    assert [one["outcome"] for one in shown["tries"]] == ["200"]


async def test_who_ends_its_registration_is_told_nothing_more(exchange: Exchange) -> None:
    await exchange.register(None)
    await live(exchange)
    assert (await exchange.ask("DELETE", SUBSCRIPTION)).status == 204
    assert (await exchange.ask("GET", SUBSCRIPTION)).status == 404
    await live(exchange, 2)
    assert await exchange.rows() == ["failed"] * 3
