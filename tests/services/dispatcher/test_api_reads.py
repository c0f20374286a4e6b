"""Looking is as precise as acting: lists, pages, personal data, and the document of the API."""

import json
from typing import Any

import pytest

from incident.messages import AlertReceived
from services.dispatcher.payloads.examples import EXAMPLES
from services.dispatcher.payloads.requests import VERBS
from tests.services.dispatcher.park import (
    EAST,
    VAULT,
    WEST,
    Dispatcher,
    alert,
    field_at_fault,
    incident_id,
)

PATH = f"/v1/incidents/{incident_id(1)}"


KEY = {"idempotency-key": "k-1"}


class TestQueries:
    """Lists are filtered and paged, and what is asked wrongly is refused."""

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("limit=x", "limit"),
            ("state=lost", "state"),
            ("severity=purple", "severity"),
            ("status=maybe", "status"),
            ("live=maybe", "live"),
            ("center=%00", "center"),
            ("kind=a%20b", "kind"),
            ("from=2026-03-02T12:00:00", "from"),
            ("to=yesterday", "to"),
            ("after=x", "after"),
            ("after=" + "A" * 300, "after"),
            ("after=MDAwMS0wMS0wMVQwMDowMDowMCswOTowMHx4", "after"),
            ("after=%F0%9F%9A%94", "after"),
        ],
    )
    async def test_a_wrong_question_is_refused(
        self, dispatcher: Dispatcher, query: str, field: str
    ) -> None:
        answer = await dispatcher.client("operator").get(f"/v1/incidents?{query}")
        assert field_at_fault(answer) == field

    async def test_pages_give_each_incident_once_newest_first(self, dispatcher: Dispatcher) -> None:
        """Many of them are of the same moment."""
        await dispatcher.open(*range(1, 8))
        client, found, after = dispatcher.client("operator"), [], ""
        while True:
            page = (await client.get(f"/v1/incidents?limit=3{after}")).json()
            found += [entry["id"] for entry in page["incidents"]]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert found == [str(incident_id(number)) for number in range(7, 0, -1)]

    FILTERS = (
        ("state=open", {1, 3}),
        ("state=closed", {2}),
        ("live=true", {1, 3}),
        ("live=false", {2}),
        ("severity=red", {3}),
        ("status=exercise", set[int]()),
        (f"center={WEST}", {1, 2, 3}),
        ("center=east-center", set[int]()),
        ("kind=police-alert", {1, 2, 3}),
        ("from=2026-03-02T12:00:10%2B08:00", {3}),
        ("to=2026-03-02T04:00:10Z", {1, 2}),
        ("from=2026-03-02T04:00:00Z&to=2026-03-02T04:00:10Z&live=true", {1}),
    )

    @pytest.mark.parametrize(("query", "numbers"), FILTERS)
    async def test_a_list_gives_what_is_asked_for(
        self, dispatcher: Dispatcher, query: str, numbers: set[int]
    ) -> None:
        await dispatcher.open(1, 2)
        dispatcher.clock.advance(10)
        await dispatcher.open(3, severity="red", received_at=dispatcher.clock.now())
        await dispatcher.done("operator", "close", {"disposition": "by_telephone"}, number=2)
        found = (await dispatcher.client("operator").get(f"/v1/incidents?{query}")).json()
        assert {entry["id"] for entry in found["incidents"]} == {
            str(incident_id(number)) for number in numbers
        }

    @pytest.mark.parametrize(
        "query", ["after=-1", "after=x", "after=2147483648", "limit=0", "limit=1001"]
    )
    async def test_events_are_paged_by_version(self, dispatcher: Dispatcher, query: str) -> None:
        await dispatcher.open()
        await dispatcher.done("operator", "acknowledge")
        client = dispatcher.client("operator")
        found = (await client.get(f"{PATH}/events?after=1&limit=1")).json()["events"]
        assert [entry["version"] for entry in found] == [2]
        assert field_at_fault(await client.get(f"{PATH}/events?{query}")) == query.partition("=")[0]

    @pytest.mark.parametrize("after", ["-1", "x", "9" * 19, "1.0"])
    @pytest.mark.parametrize(
        ("target", "holder"),
        [(f"/v1/centers/{WEST}", "operator"), ("/v1/teams/west-a", "west-a")],
    )
    async def test_a_stream_resumes_after_a_number_only(
        self, dispatcher: Dispatcher, target: str, holder: str, after: str
    ) -> None:
        client = dispatcher.client(holder)
        by_header = await client.get(f"{target}/stream", {"last-event-id": after})
        by_query = await client.get(f"{target}/stream?after={after}")
        assert (field_at_fault(by_header), field_at_fault(by_query)) == ("last-event-id", "after")


class TestStates:
    """What an incident looks like from outside."""

    async def test_it_is_shown_without_its_profile_and_with_what_its_state_takes(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open()
        answer = await dispatcher.client("operator").get(PATH)
        found = answer.json()
        assert answer.headers["etag"] == '"1"'
        assert "profile" not in found
        assert {"receipt", "acknowledge"} <= set(found["allowed"])
        assert (found["state"], found["alert"]["reference"]["number"]) == ("open", "1")

    @pytest.mark.parametrize("look", ["board", "stream"])
    async def test_a_center_that_is_none_has_nothing_to_look_at(
        self, dispatcher: Dispatcher, look: str
    ) -> None:
        answer = await dispatcher.client("supervisor").get(f"/v1/centers/nowhere/{look}")
        assert answer.status == 404


class TestPersonal:
    """Personal data is shown to those on the case, and that it was is recorded."""

    @pytest.mark.parametrize(
        ("holder", "sees_caller"), [("station", True), ("operator", False), ("west-a", False)]
    )
    @pytest.mark.parametrize("named", [[], [EAST]], ids=["nobody named", "others named"])
    async def test_who_called_is_shown_to_the_sender_and_nobody_else_by_default(
        self, dispatcher: Dispatcher, holder: str, sees_caller: bool, named: list[str]
    ) -> None:
        found = await _personal(dispatcher, holder, visible_to=named)
        assert found["text"] == "打架"
        if sees_caller:
            assert found["caller"] == {"name": "王某", "phone": "13800000000"}
            assert "caller_withheld" not in found
        else:
            assert (found["caller"], found["caller_withheld"]) == (None, True)
        assert "visible_to" not in found

    async def test_who_called_is_shown_to_those_the_sender_named(
        self, dispatcher: Dispatcher
    ) -> None:
        found = await _personal(dispatcher, "operator", visible_to=[WEST])
        assert found["caller"]["phone"] == "13800000000"

    async def test_each_reveal_is_recorded_and_a_refused_one_is_not(
        self, dispatcher: Dispatcher
    ) -> None:
        await _personal(dispatcher, "operator", visible_to=[])
        assert (await dispatcher.client("supervisor").get(f"{PATH}/personal")).status == 403
        reveals = dispatcher.store.tables.reveals
        assert reveals == ((incident_id(1), "operator", dispatcher.clock.now()),)

    async def test_what_cannot_be_opened_is_said_to_be_unreadable(
        self, dispatcher: Dispatcher
    ) -> None:
        found = await _personal(dispatcher, "operator", sealed="k9.AAAA.AAAA")
        assert found == {"version": 1, "unreadable": True}


class TestTheDocument:
    """The API says what it takes."""

    async def test_every_verb_has_an_example_that_is_taken(self, dispatcher: Dispatcher) -> None:
        api = (await dispatcher.client("operator").get("/openapi/dispatcher.json")).json()
        for verb in VERBS:
            operation = api["paths"][f"/v1/incidents/{{incident}}/{verb}"]["post"]
            examples = operation["requestBody"]["content"]["application/json"]["examples"]
            assert examples
            for example in examples.values():
                VERBS[verb][0].model_validate(example["value"])
            answer = operation["responses"]["200"]["content"]["application/json"]["example"]
            assert answer.keys() == {"id", "version", "state", "changed", "allowed"}
            assert {"401", "403", "404", "409", "412", "422", "503"} <= operation[
                "responses"
            ].keys()
            assert "422" not in str(operation["responses"]["422"].get("$ref", ""))
        assert EXAMPLES.keys() == VERBS.keys()

    METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("verb", VERBS)
    async def test_an_act_is_posted(self, dispatcher: Dispatcher, verb: str, method: str) -> None:
        answer = await dispatcher.client("operator").ask(method, f"{PATH}/{verb}")
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
        assert answer.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("method", ["POST", *METHODS[1:]])
    @pytest.mark.parametrize(
        "target", ["/v1/incidents", PATH, f"{PATH}/events", f"/v1/centers/{WEST}/board"]
    )
    async def test_a_look_is_got(self, dispatcher: Dispatcher, target: str, method: str) -> None:
        answer = await dispatcher.client("operator").ask(method, target)
        assert (answer.status, answer.headers["allow"]) == (405, "GET")

    @pytest.mark.parametrize("target", ["/", "/v1/", f"{PATH}/dance", f"{PATH}/receipt/", "/docs"])
    async def test_what_is_not_there_is_said_not_to_be(
        self, dispatcher: Dispatcher, target: str
    ) -> None:
        answer = await dispatcher.client("operator").get(target)
        assert answer.status in {307, 404}
        if answer.status == 404:
            assert answer.json()["type"] == "/problems/not-found"


async def _personal(
    dispatcher: Dispatcher,
    holder: str,
    *,
    visible_to: list[str] | None = None,
    sealed: str | None = None,
) -> dict[str, Any]:
    """What a holder is shown of the first text of an alert."""
    said = {
        "caller": {"name": "王某", "phone": "13800000000"},
        "text": "打架",
        "visible_to": visible_to,
    }
    context = f"alert:{incident_id(1)}"
    text = sealed or VAULT.seal(json.dumps(said).encode(), context)
    await dispatcher.hear(AlertReceived(alert=alert(), sealed=text))
    await dispatcher.done("operator", "assign", {"teams": ["west-a"]})
    answer = await dispatcher.client(holder).get(f"{PATH}/personal")
    assert answer.status == 200
    found: dict[str, Any] = answer.json()["personal"][0]
    return found
