"""Supervision, questions, confirmation and follow-up calls over HTTP."""

from typing import Any

import pytest

from services.runtime import codec
from tests.builders import at
from tests.services.dispatcher.park import (
    EAST,
    STATION,
    VAULT,
    WEST,
    Dispatcher,
    field_at_fault,
    incident_id,
    told,
)

TEXT = "请查明原因"
OWNER = {"organisation": WEST, "post": "chief"}
SUPERVISE = {"text": TEXT, "owner": OWNER, "deadline": "2026-03-02T13:00:00+08:00"}
END = {"number": 1, "text": "已查明"}


@pytest.fixture(autouse=True)
async def opened(dispatcher: Dispatcher) -> None:
    """An incident of West's."""
    await dispatcher.open()


async def listed(dispatcher: Dispatcher, holder: str, query: str = "") -> list[dict[str, Any]]:
    """The supervisions somebody sees."""
    answer = await dispatcher.client(holder).get(f"/v1/supervisions{query}")
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.json()["supervisions"]
    return found


class TestSupervision:
    async def test_its_text_is_sealed_and_stands_nowhere_else(self, dispatcher: Dispatcher) -> None:
        await dispatcher.done("supervisor", "supervise", SUPERVISE)
        (sealed,) = dispatcher.store.tables.sealed[incident_id(1)]
        opened = codec.decode(VAULT.open(sealed.sealed, f"alert:{incident_id(1)}"), dict)
        assert opened["text"] == TEXT
        assert sealed.version == dispatcher[1].supervisions[0].version
        for frame in told(dispatcher, f"center:{WEST}"):
            assert TEXT not in codec.text(frame)

    async def test_an_ended_incident_is_supervised_too(self, dispatcher: Dispatcher) -> None:
        await dispatcher.done("operator", "close", {"disposition": "by_telephone"})
        await dispatcher.done("station", "supervise", SUPERVISE)
        assert dispatcher[1].supervisions[0].owner.organisation == WEST

    @pytest.mark.parametrize(
        ("author", "other"), [("station", "supervisor"), ("supervisor", "station")]
    )
    async def test_only_its_author_ends_it(
        self, dispatcher: Dispatcher, author: str, other: str
    ) -> None:
        await dispatcher.done(author, "supervise", SUPERVISE)
        refused = await dispatcher.act(other, "end-supervision", END)
        assert (refused.status, refused.json()["type"]) == (422, "/problems/bad-target")
        await dispatcher.done(author, "end-supervision", END)
        again = await dispatcher.act(author, "end-supervision", END)
        assert (again.status, again.json()["type"]) == (409, "/problems/already-done")

    async def test_nobody_unknown_answers_for_it(self, dispatcher: Dispatcher) -> None:
        body = {**SUPERVISE, "owner": {"organisation": "moon", "post": "chief"}}
        refused = await dispatcher.act("supervisor", "supervise", body)
        assert refused.json()["type"] == "/problems/unknown"
        assert WEST in refused.json()["allowed"]

    @pytest.mark.parametrize("field", ["text", "owner", "deadline"])
    async def test_what_is_missing_is_named(self, dispatcher: Dispatcher, field: str) -> None:
        body = {name: value for name, value in SUPERVISE.items() if name != field}
        assert field_at_fault(await dispatcher.act("supervisor", "supervise", body)) == field


class TestTheList:
    @pytest.fixture(autouse=True)
    async def three(self, dispatcher: Dispatcher) -> None:
        """West answers for two, the first of them ended; East for one, which is due first."""
        await dispatcher.done("supervisor", "supervise", SUPERVISE)
        await dispatcher.done("supervisor", "end-supervision", END)
        later = {**SUPERVISE, "deadline": "2026-03-02T14:00:00+08:00"}
        await dispatcher.done("station", "supervise", later)
        await dispatcher.open(2)
        east = {"owner": {"organisation": EAST, "post": "chief"}}
        sooner = {**SUPERVISE, **east, "deadline": "2026-03-02T12:30:00+08:00"}
        await dispatcher.done("supervisor", "supervise", sooner, number=2)

    @pytest.mark.parametrize(
        ("holder", "query", "found"),
        [
            ("supervisor", "", [(2, 1), (1, 1), (1, 2)]),
            ("supervisor", "?open=true", [(2, 1), (1, 2)]),
            ("supervisor", "?open=false", [(1, 1)]),
            ("supervisor", f"?organisation={EAST}", [(2, 1)]),
            ("supervisor", f"?organisation={STATION}", [(1, 2)]),
            ("auditor", "", [(2, 1), (1, 1), (1, 2)]),
            ("station", "", [(2, 1), (1, 1), (1, 2)]),
            ("far-station", "", []),
            ("operator", "", [(2, 1), (1, 1), (1, 2)]),
            ("east-chief", "", [(2, 1)]),
            ("south-operator", "", []),
        ],
    )
    async def test_each_sees_its_own(
        self, dispatcher: Dispatcher, holder: str, query: str, found: list[tuple[int, int]]
    ) -> None:
        shown = await listed(dispatcher, holder, query)
        named = [(entry["incident"], entry["number"]) for entry in shown]
        assert named == [(str(incident_id(number)), own) for number, own in found]

    async def test_a_team_sees_none(self, dispatcher: Dispatcher) -> None:
        assert (await dispatcher.client("west-a").get("/v1/supervisions")).status == 403
        assert (await dispatcher.client("west-a").get("/v1/follow-up-calls")).status == 403

    async def test_what_is_late_says_so(self, dispatcher: Dispatcher) -> None:
        dispatcher.clock.advance(3000)
        shown = await listed(dispatcher, "supervisor")
        assert [entry["late"] for entry in shown] == [True, False, False]

    async def test_it_is_read_page_by_page(self, dispatcher: Dispatcher) -> None:
        client, query, found = dispatcher.client("supervisor"), "", []
        while True:
            page = (await client.get(f"/v1/supervisions?limit=1{query}")).json()
            found += [(entry["incident"], entry["number"]) for entry in page["supervisions"]]
            if page["next"] is None:
                break
            query = f"&after={page['next']}"
        assert len(found) == len(set(found)) == 3

    @pytest.mark.parametrize("after", ["x", "bm90aGluZw==", "MXwyfDM="])
    async def test_a_place_that_no_page_gave_is_refused(
        self, dispatcher: Dispatcher, after: str
    ) -> None:
        for path in ("supervisions", "follow-up-calls"):
            answer = await dispatcher.client("supervisor").get(f"/v1/{path}?after={after}")
            assert field_at_fault(answer) == "after"


async def test_a_question_of_the_station_is_answered_by_the_center(dispatcher: Dispatcher) -> None:
    await dispatcher.done("station", "ask", {"text": "是否送医？"})
    assert dispatcher[1].questions[0].by == STATION
    await dispatcher.done("operator", "answer", {"number": 1, "text": "已送医"})
    assert dispatcher[1].questions[0].answered is not None
    assert dispatcher.types()[-2:] == ["asked", "answered"]
    shown = await dispatcher.client("station").get(f"/v1/incidents/{incident_id(1)}/personal")
    assert [entry["text"] for entry in shown.json()["personal"]] == ["是否送医？", "已送医"]


async def test_the_station_confirms_an_outcome_or_returns_it(dispatcher: Dispatcher) -> None:
    await dispatcher.done("operator", "resolve", {"disposition": "by_telephone"})
    await dispatcher.done("station", "confirm-outcome")
    confirmed = dispatcher[1].outcome_confirmed_at
    assert confirmed == at(0)
    await dispatcher.done("station", "return", {"reason": "incomplete"})
    returned = dispatcher[1].outcome_confirmed_at
    assert returned is None
    refused = await dispatcher.act("station", "confirm-outcome")
    assert (refused.status, refused.json()["type"]) == (409, "/problems/not-allowed")


class TestFollowUpCalls:
    @pytest.fixture(autouse=True)
    async def closed(self, dispatcher: Dispatcher) -> None:
        """It was closed."""
        await dispatcher.done("operator", "close", {"disposition": "handled_on_site"})

    async def calls(self, dispatcher: Dispatcher, holder: str) -> list[dict[str, Any]]:
        """The calls somebody is to make."""
        answer = await dispatcher.client(holder).get("/v1/follow-up-calls")
        found: list[dict[str, Any]] = answer.json()["calls"]
        return found

    @pytest.mark.parametrize(
        ("holder", "count"),
        [("operator", 1), ("station", 1), ("supervisor", 1), ("far-station", 0), ("east-chief", 0)],
    )
    async def test_a_call_is_listed_where_it_is_to_be_made(
        self, dispatcher: Dispatcher, holder: str, count: int
    ) -> None:
        assert len(await self.calls(dispatcher, holder)) == count

    async def test_it_is_late_after_a_day(self, dispatcher: Dispatcher) -> None:
        dispatcher.clock.advance(24 * 3600)
        (call,) = await self.calls(dispatcher, "operator")
        assert not call["late"]
        dispatcher.clock.advance(1)
        (call,) = await self.calls(dispatcher, "operator")
        assert call["late"]

    async def test_who_is_satisfied_ends_it(self, dispatcher: Dispatcher) -> None:
        await dispatcher.done("operator", "follow-up-call", {"reached": True, "satisfaction": 5})
        assert await self.calls(dispatcher, "operator") == []
        assert dispatcher[1].state == "closed"

    async def test_nobody_there_leaves_it(self, dispatcher: Dispatcher) -> None:
        await dispatcher.done("operator", "follow-up-call", {"reached": False})
        (call,) = await self.calls(dispatcher, "operator")
        assert call["attempts"] == 1

    async def test_who_is_not_satisfied_reopens_it(self, dispatcher: Dispatcher) -> None:
        said = {"reached": True, "satisfied": False, "text": "还在吵"}
        answer = await dispatcher.done("operator", "follow-up-call", said)
        assert answer["state"] == "pushed"
        assert dispatcher.types()[-2:] == ["follow_up_called", "reopened"]
        assert await self.calls(dispatcher, "operator") == []

    @pytest.mark.parametrize("said", [{"reached": True}, {"reached": False, "satisfied": True}])
    async def test_answers_are_given_exactly_if_somebody_was_reached(
        self, dispatcher: Dispatcher, said: dict[str, object]
    ) -> None:
        refused = await dispatcher.act("operator", "follow-up-call", said)
        assert (refused.status, refused.json()["type"]) == (422, "/problems/bad-target")

    @pytest.mark.parametrize("mark", [0, 6, True, "5"])
    async def test_a_mark_is_from_one_to_five(self, dispatcher: Dispatcher, mark: object) -> None:
        said = {"reached": True, "satisfaction": mark}
        answer = await dispatcher.act("operator", "follow-up-call", said)
        assert field_at_fault(answer) == "satisfaction"
