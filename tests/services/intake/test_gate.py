"""Who comes in: the role, the key, the room there is; before a body is read."""

import asyncio

import pytest

from services.intake.overload import Limits
from tests.fakes.http import Client
from tests.services.intake.park import KEYS, Intake, alert, document, published, until

PATHS = ["/v1/alerts", "/v1/alerts/batch", "/v1/alerts/1/updates", "/v1/alerts/1/cancellation"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("holder", ["team", "supervisor", "auditor", "admin"])
async def test_only_stations_and_centers_report(intake: Intake, path: str, holder: str) -> None:
    answer = await intake.post(path, holder)
    assert (answer.status, answer.json()["type"]) == (403, "/problems/forbidden")
    assert answer.json()["allowed"] == ["station", "operator", "chief"]


STRANGERS = {
    "nothing": ("", "no-key"),
    "a key in no scheme": (KEYS["station"], "no-key"),
    "a key in another scheme": (f"Basic {KEYS['station']}", "no-key"),
    "no secret": ("Bearer d115_station", "unknown-key"),
    "another's secret": (f"Bearer d115_station_{KEYS['operator'][-43:]}", "unknown-key"),
    "an unknown id": (f"Bearer d115_nobody_{KEYS['station'][-43:]}", "unknown-key"),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("authorization", "kind"), STRANGERS.values(), ids=list(STRANGERS))
async def test_strangers_stay_outside(
    intake: Intake, path: str, authorization: str, kind: str
) -> None:
    client = Client(intake.app, headers={"authorization": authorization})
    answer = await client.post(path, json=alert())
    assert (answer.status, answer.json()["type"]) == (401, f"/problems/{kind}")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert not intake.log.messages


async def test_a_key_ends_at_its_end(intake: Intake) -> None:
    ending = document()
    ending["keys"][0]["expires_at"] = "2026-03-02T12:00:10Z"
    intake.copy.take(published(2, **ending))
    intake.clock.advance(9.999)
    assert (await intake.post()).status == 202
    intake.clock.advance(0.001)
    answer = await intake.post()
    assert (answer.status, answer.json()["type"]) == (401, "/problems/expired-key")


async def test_a_key_taken_out_of_the_directory_opens_nothing(intake: Intake) -> None:
    fewer = document()
    fewer["keys"] = fewer["keys"][1:]
    intake.copy.take(published(2, **fewer))
    assert (await intake.post()).status == 401


@pytest.mark.parametrize("holder", ["nobody", "team"])
async def test_the_body_of_whoever_may_not_report_is_never_read(
    intake: Intake, holder: str
) -> None:
    read = 0

    async def receive() -> dict[str, object]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"", "more_body": True}

    answered = list[object]()

    async def send(message: object) -> None:
        answered.append(message)

    key = KEYS.get(holder, "")
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/alerts",
        "headers": [(b"authorization", f"Bearer {key}".encode())],
    }
    await intake.app(scope, receive, send)
    assert answered
    assert read == 0


async def test_one_organisation_cannot_take_all_the_room() -> None:
    intake = Intake(limits=Limits(inside=3, share=2))
    intake.log.open.clear()
    open_ones = [asyncio.ensure_future(intake.post()) for _ in range(2)]
    await until(lambda: intake.log.waiting == 2)
    shed = await intake.post()
    assert (shed.status, shed.json()["type"]) == (429, "/problems/rate-limited")
    open_ones.append(asyncio.ensure_future(intake.post(holder="other-station")))
    await until(lambda: intake.log.waiting == 3)
    full = await intake.post(holder="operator")
    assert (full.status, full.json()["type"]) == (429, "/problems/overloaded")
    intake.log.open.set()
    assert [(await each).status for each in open_ones] == [202, 202, 202]
    assert (await intake.post()).status == 202


async def test_bodies_that_trickle_in_hold_places_and_give_them_back() -> None:
    intake = Intake(limits=Limits(share=1))
    parts: asyncio.Queue[bytes] = asyncio.Queue()

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": await parts.get(), "more_body": True}

    async def send(message: object) -> None:
        raise AssertionError(f"nothing is to be answered yet, but {message}")

    headers = [
        (b"authorization", f"Bearer {KEYS['station']}".encode()),
        (b"content-type", b"application/json"),
    ]
    scope = {"type": "http", "method": "POST", "path": "/v1/alerts", "headers": headers}
    trickle = asyncio.ensure_future(intake.app(scope, receive, send))
    parts.put_nowait(b"{")
    await until(parts.empty)
    assert (await intake.post()).status == 429
    trickle.cancel()
    await asyncio.wait({trickle})
    assert (await intake.post()).status == 202


async def test_one_batch_of_an_organisation_at_a_time() -> None:
    intake = Intake(limits=Limits(batches=2))
    body = {"sent_at": "2026-03-02T12:00:00Z", "alerts": [alert()]}
    intake.log.open.clear()
    first = asyncio.ensure_future(intake.post("/v1/alerts/batch", json=body))
    await until(lambda: intake.log.waiting == 1)
    again = await intake.post("/v1/alerts/batch", json=body)
    assert (again.status, again.json()["type"]) == (429, "/problems/rate-limited")
    second = asyncio.ensure_future(intake.post("/v1/alerts/batch", "other-station", json=body))
    await until(lambda: intake.log.waiting == 2)
    assert (await intake.post("/v1/alerts/batch", "operator", json=body)).status == 429
    intake.log.open.set()
    assert [(await each).status for each in (first, second)] == [207, 207]


async def test_an_instance_that_stops_finishes_what_it_has_and_takes_nothing_new(
    intake: Intake,
) -> None:
    intake.log.open.clear()
    inside = asyncio.ensure_future(intake.post())
    await until(lambda: intake.log.waiting == 1)
    intake.admission.close()
    late = await intake.post()
    assert (late.status, late.json()["type"]) == (503, "/problems/stopping")
    assert "retry-after" in late.headers
    intake.log.open.set()
    assert (await inside).status == 202
