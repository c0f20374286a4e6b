"""A stream as a browser reads it."""

import asyncio
import json

import pytest

from incident.directory import Lookup
from services.dispatcher import stream
from tests.fakes.http import Client
from tests.services.dispatcher.park import KEYS, WEST, Dispatcher, document, lookup_of


class TestOverHttp:
    """A stream as a browser reads it."""

    PATH = f"/v1/centers/{WEST}/stream"

    async def test_it_goes_on_after_the_last_event_id(self, dispatcher: Dispatcher) -> None:
        await dispatcher.open()
        await dispatcher.done("operator", "acknowledge")
        headers = {"last-event-id": "2"}
        async with _client(dispatcher).stream(
            "GET", f"{self.PATH}?after=0", headers=headers
        ) as got:
            text = await got.text_until("acknowledged")
        assert (got.status, got.headers["content-type"]) == (
            200,
            "text/event-stream; charset=utf-8",
        )
        assert (got.headers["cache-control"], got.headers["x-accel-buffering"]) == (
            "no-store",
            "no",
        )
        assert text.startswith("retry: 1000\n\nevent: heartbeat\ndata: {")
        frames = [line for line in text.splitlines() if line.startswith(("id", "event: incident"))]
        assert frames == ["id: 3", "event: incident.acknowledged.v1"]
        data = json.loads(text.rpartition("data: ")[2])
        assert data["incident"]["state"] == "acknowledged"
        assert (data["event"]["version"], data["event"]["via"]) == (3, "console")

    async def test_it_begins_where_the_board_ends(self, dispatcher: Dispatcher) -> None:
        await dispatcher.open()
        board = (await dispatcher.client("operator").get(f"/v1/centers/{WEST}/board")).json()
        await dispatcher.done("operator", "receipt")
        path = f"{self.PATH}?after={board['sequence']}"
        async with _client(dispatcher).stream("GET", path) as got:
            assert "id: 2" in await got.text_until("pushed")

    async def test_who_hangs_up_takes_no_room(self, dispatcher: Dispatcher) -> None:
        async with _client(dispatcher).stream("GET", self.PATH) as got:
            await got.text_until("heartbeat")
            assert dispatcher.hub._count() == 1
        assert dispatcher.hub._count() == 0

    async def test_a_desk_counts_from_its_opening_to_its_end(self, dispatcher: Dispatcher) -> None:
        desk = "5b0f5a52-6f0e-4c5c-9d8a-000000000115"
        client = dispatcher.client("operator")
        await client.post(f"/v1/centers/{WEST}/desks/{desk}/begin", {"sound": "heard"})

        async def connected() -> bool:
            shown = (await client.get(f"/v1/centers/{WEST}/desk")).json()
            found: bool = shown["desks"][0]["connected"]
            return found

        assert not await connected()
        async with _client(dispatcher).stream("GET", f"{self.PATH}?desk={desk}") as got:
            await got.text_until("heartbeat")
            assert await connected()
        dispatcher.clock.advance(3)
        await dispatcher.attendance.look()
        assert not await connected()

    async def test_who_finds_no_room_is_told_when_to_come_back(
        self, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream, "PER_CHANNEL", 0)
        answer = await dispatcher.client("operator").get(self.PATH)
        assert (answer.status, answer.json()["type"]) == (429, "/problems/too-many-streams")
        assert answer.headers["retry-after"] == "5"

    @pytest.mark.parametrize("change", ["gone", "expired", "another holder", "another secret"])
    async def test_it_ends_with_the_right_of_the_key_that_opened_it(
        self, dispatcher: Dispatcher, change: str
    ) -> None:
        async with _client(dispatcher).stream("GET", self.PATH) as got:
            await got.text_until("heartbeat")
            dispatcher.atlas.now = _with_key_changed(change)
            dispatcher.clock.advance(60)
            beating = asyncio.ensure_future(dispatcher.hub.beat())
            while await got.part():
                pass
            beating.cancel()
        assert dispatcher.hub._count() == 0

    async def test_it_goes_on_while_the_key_is_good(self, dispatcher: Dispatcher) -> None:
        async with _client(dispatcher).stream("GET", self.PATH) as got:
            await got.text_until("heartbeat")
            dispatcher.atlas.now = lookup_of(document())
            beating = asyncio.ensure_future(dispatcher.hub.beat())
            await got.text_until("heartbeat")
            beating.cancel()


def _client(dispatcher: Dispatcher) -> Client:
    return Client(dispatcher.app, headers={"authorization": f"Bearer {KEYS['operator']}"})


def _with_key_changed(change: str) -> Lookup:
    """The directory with the operator's key changed."""
    whole = document()
    (key,) = [entry for entry in whole["keys"] if entry["id"] == "operator"]
    match change:
        case "gone":
            whole["keys"].remove(key)
        case "expired":
            key["expires_at"] = "2026-03-02T04:01:00Z"
        case "another holder":
            key["organisation"] = "south-center"
        case _:
            key["sha256"] = "f" * 64
    return lookup_of(whole)
