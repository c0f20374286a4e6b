"""Whatever is sent: what is wrong with it is said precisely, and is never a fault of ours."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.messages import AlertReceived
from services.dispatcher.payloads.examples import EXAMPLES
from services.dispatcher.payloads.requests import VERBS
from tests.asgi import Answer
from tests.services.dispatcher.park import VAULT, WEST, Dispatcher, alert, incident_id
from tests.services.dispatcher.test_access import BODIES

DISPATCHER = Dispatcher()
"""For tests of many examples, which share one."""

PATH = f"/v1/incidents/{incident_id(1)}"
KEY = {"idempotency-key": "k-1"}
LONE_SURROGATE = "\ud800"
USUAL: dict[str, dict[str, Any]] = {verb: BODIES.get(verb, {}) for verb in VERBS} | {
    verb: {"team": "west-a"}
    for verb in ("accept", "decline", "depart", "arrive", "check-in", "release")
}
USUAL["noted"] = {"number": 1, "team": "west-a"}
USUAL["report"] = {"act": "arrive", "team": "west-a"}

WRONG: list[tuple[str, str, object]] = [
    # what is wrong, the field that is named, the body
    ("an unknown field", "colour", {"colour": "red"}),
    ("a field in other letters", "Person", {"Person": "op-1"}),
    ("a moment without a zone", "occurred_at", {"occurred_at": "2026-03-02T12:00:00"}),
    ("a moment as a number", "occurred_at", {"occurred_at": 1_772_424_000}),
    ("a moment that is none", "occurred_at", {"occurred_at": "noon"}),
    ("a moment beyond the calendar", "occurred_at", {"occurred_at": "9999-12-31T23:59:59-23:00"}),
    ("an unknown way", "via", {"via": "pigeon"}),
    ("a way nobody may name", "via", {"via": "automatic"}),
    ("an unknown proof", "proof", {"proof": "oath"}),
    ("a person with blanks", "person", {"person": "a b"}),
    ("a person with a control character", "person", {"person": "a\u0000"}),
    ("a person of another type", "person", {"person": 7}),
    ("a person without an end", "person", {"person": "x" * 65}),
    ("a field that is no text", "body", {LONE_SURROGATE: 1}),
    ("a list", "body", []),
    ("a text", "body", "x"),
    ("nothing", "body", None),
]

OWN: list[tuple[str, str, object]] = [
    # the verb, the field that is named, the body
    ("assign", "teams", {}),
    ("assign", "teams", {"teams": []}),
    ("assign", "teams", {"teams": "west-a"}),
    ("assign", "teams[1]", {"teams": ["west-a", 7]}),
    ("assign", "teams", {"teams": ["x"] * 21}),
    ("assign", "divert", {"teams": ["west-a"], "divert": "true"}),
    ("assign", "text", {"teams": ["west-a"], "text": "no such field"}),
    ("accept", "team", {}),
    ("arrive", "team", {"team": ["west-a"]}),
    ("decline", "reason", {"team": "west-a", "reason": "Weil!"}),
    ("decline", "text", {"team": "west-a", "text": "x" * 2001}),
    ("resolve", "result", {"result": []}),
    ("resolve", "result", {"result": {f"f{number}": 1 for number in range(51)}}),
    ("close", "disposition", {}),
    ("close", "result.a", {"disposition": "by_telephone", "result": {"a": 1.5}}),
    ("close", "result.a", {"disposition": "by_telephone", "result": {"a": "x" * 201}}),
    ("close", "result.a", {"disposition": "by_telephone", "result": {"a": LONE_SURROGATE}}),
    ("close", "result.a", {"disposition": "by_telephone", "result": {"a": [1]}}),
    ("close", "result.a", {"disposition": "by_telephone", "result": {"a": -1}}),
    ("close", "original", {"disposition": "by_telephone", "original": "x" * 101}),
    ("return", "reason", {}),
    ("return", "reason", {"reason": ""}),
    ("hand-over", "to", {"reason": "crime"}),
    ("accept-hand-over", "officer", {}),
    ("update", "severity", {"severity": "purple"}),
    ("update", "people", {"people": -1}),
    ("update", "people", {"people": "3"}),
    ("update", "people", {"people": 3.0}),
    ("update", "people", {"people": True}),
    ("update", "weapons", {"weapons": 1}),
    ("update", "hazards", {"hazards": ["x"] * 21}),
    ("note", "text", {}),
    ("note", "text", {"text": ""}),
    ("note", "text", {"text": "   "}),
    ("note", "text", {"text": "bell\u0007"}),
    ("note", "text", {"text": "\u202eright to left"}),
    ("note", "text", {"text": LONE_SURROGATE}),
    ("note", "text", {"text": 7}),
    ("noted", "number", {"team": "west-a"}),
    ("noted", "number", {"team": "west-a", "number": 0}),
    ("transfer", "center", {"reason": "theirs"}),
    ("merge", "into", {"into": "that one"}),
    ("split", "reason", {}),
    ("report", "act", {"team": "west-a"}),
    ("report", "act", {"team": "west-a", "act": "assign"}),
    ("report", "number", {"team": "west-a", "act": "noted"}),
    ("report", "team", {"act": "arrive"}),
]


class TestBadBodies:
    """A body that is not right is refused, and the field at fault is named."""

    @pytest.fixture(autouse=True)
    async def opened(self, dispatcher: Dispatcher) -> None:
        """An incident with a team on it."""
        await dispatcher.open()
        await dispatcher.done("operator", "assign", {"teams": ["west-a"]})

    @pytest.mark.parametrize("verb", VERBS)
    async def test_what_every_act_may_say_is_checked_for_every_act(
        self, dispatcher: Dispatcher, verb: str
    ) -> None:
        for name, field, wrong in WRONG:
            body = {**USUAL[verb], **wrong} if isinstance(wrong, dict) else wrong
            if isinstance(wrong, dict) and "text" in wrong:
                continue
            answer = await dispatcher.client("operator").post(f"{PATH}/{verb}", body, KEY)
            assert _names(answer) == field, name

    @pytest.mark.parametrize(
        ("verb", "field", "body"), OWN, ids=[f"{verb} {body}"[:60] for verb, _, body in OWN]
    )
    async def test_what_an_act_itself_says_is_checked(
        self, dispatcher: Dispatcher, verb: str, field: str, body: object
    ) -> None:
        answer = await dispatcher.act("operator", verb, body)
        assert _names(answer) == field
        assert dispatcher.types() == ["opened", "team_assigned"]

    async def test_all_that_is_wrong_is_named_at_once(self, dispatcher: Dispatcher) -> None:
        body = {"severity": "purple", "people": -1, "colour": "red"}
        found = (await dispatcher.act("operator", "update", body)).json()
        fields = [entry["field"] for entry in found["errors"]]
        assert sorted(fields) == ["colour", "people", "severity"]

    @pytest.mark.parametrize(
        ("body", "status", "type_"),
        [
            (b"{", 400, "malformed-json"),
            (b"", 422, "invalid"),
            (b'{"text": "\xff"}', 400, "not-utf-8"),
            (b'{"text": "a\nb"}', 400, "malformed-json"),
            (b'{"text": ' + b"[" * 100_000, 400, "malformed-json"),
            (b'{"people": ' + b"9" * 5000 + b"}", 400, "malformed-json"),
            (b'{"people": NaN}', 422, "invalid"),
            (b'{"people": 1e999}', 422, "invalid"),
            (b'{"text": "x", "text": "y"}', 200, ""),
        ],
        ids=["cut", "empty", "bytes", "control", "deep", "long", "nan", "infinity", "doubled"],
    )
    async def test_bytes_that_are_no_json_are_refused(
        self, dispatcher: Dispatcher, body: bytes, status: int, type_: str
    ) -> None:
        answer = await dispatcher.client("operator").ask(
            "POST",
            f"{PATH}/update",
            body=body,
            headers={**KEY, "content-type": "application/json"},
        )
        assert answer.status == status
        if status != 200:
            assert answer.json()["type"] == f"/problems/{type_}"

    async def test_another_media_type_is_refused(self, dispatcher: Dispatcher) -> None:
        answer = await dispatcher.client("operator").ask(
            "POST", f"{PATH}/note", body=b"text=x", headers={**KEY, "content-type": "text/plain"}
        )
        assert answer.status == 415


class TestBadHeaders:
    """What stands around a body is checked as well."""

    @pytest.fixture(autouse=True)
    async def opened(self, dispatcher: Dispatcher) -> None:
        """An incident."""
        await dispatcher.open()

    @pytest.mark.parametrize("verb", VERBS)
    async def test_every_act_needs_an_idempotency_key(
        self, dispatcher: Dispatcher, verb: str
    ) -> None:
        answer = await dispatcher.client("operator").post(f"{PATH}/{verb}", USUAL[verb])
        assert (_names(answer), answer.json()["detail"]) == (
            "idempotency-key",
            "idempotency-key is missing",
        )

    @pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "schlüssel"])
    async def test_a_key_is_short_and_plain(self, dispatcher: Dispatcher, key: str) -> None:
        answer = await dispatcher.client("operator").post(
            f"{PATH}/receipt", {}, {"idempotency-key": key}
        )
        assert _names(answer) == "idempotency-key"

    @pytest.mark.parametrize("version", ["0", "-1", "*", "one", '"1', "1.0", "9" * 30, 'W/"1"', ""])
    async def test_a_version_is_a_number(self, dispatcher: Dispatcher, version: str) -> None:
        answer = await dispatcher.act("operator", "receipt", headers={"if-match": version})
        if version == '"1':  # one quotation mark is forgiven
            assert answer.status == 200
        else:
            assert _names(answer) == "if-match"

    @pytest.mark.parametrize("id_", ["1", "x", "%00", "%F0%9F%9A%94", "..", "0" * 5000])
    async def test_an_incident_is_named_by_a_uuid(self, dispatcher: Dispatcher, id_: str) -> None:
        client = dispatcher.client("operator")
        for answer in (
            await client.post(f"/v1/incidents/{id_}/receipt", {}, KEY),
            await client.get(f"/v1/incidents/{id_}"),
            await client.get(f"/v1/incidents/{id_}/events"),
            await client.get(f"/v1/incidents/{id_}/personal"),
        ):
            assert _names(answer) == "incident"

    @pytest.mark.parametrize(
        "header", [None, "Bearer", "Bearer x", "Basic eDp5", "Bearer d115_a_b"]
    )
    async def test_nobody_without_a_key_comes_in(
        self, dispatcher: Dispatcher, header: str | None
    ) -> None:
        client = dispatcher.client("operator")
        headers = {} if header is None else {"authorization": header}
        client._headers.clear()
        for target in ("/v1/incidents", PATH, f"{PATH}/events", f"{PATH}/personal"):
            assert (await client.get(target, headers)).status == 401
        for target in (f"/v1/centers/{WEST}/board", f"/v1/centers/{WEST}/stream"):
            assert (await client.get(target, headers)).status == 401
        assert (await client.post(f"{PATH}/receipt", {}, {**headers, **KEY})).status == 401


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
        assert _names(answer) == field

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

    @pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=1001"])
    async def test_events_are_paged_by_version(self, dispatcher: Dispatcher, query: str) -> None:
        await dispatcher.open()
        await dispatcher.done("operator", "acknowledge")
        client = dispatcher.client("operator")
        found = (await client.get(f"{PATH}/events?after=1&limit=1")).json()["events"]
        assert [entry["version"] for entry in found] == [2]
        assert _names(await client.get(f"{PATH}/events?{query}")) == query.partition("=")[0]

    @pytest.mark.parametrize("after", ["-1", "x", "9" * 19, "1.0"])
    @pytest.mark.parametrize("target", [f"/v1/centers/{WEST}", "/v1/teams/west-a"])
    async def test_a_stream_resumes_after_a_number_only(
        self, dispatcher: Dispatcher, target: str, after: str
    ) -> None:
        client = dispatcher.client("operator")
        by_header = await client.get(f"{target}/stream", {"last-event-id": after})
        by_query = await client.get(f"{target}/stream?after={after}")
        assert (_names(by_header), _names(by_query)) == ("last-event-id", "after")


class TestPersonal:
    """Personal data is shown to those on the case, and that it was is recorded."""

    @pytest.mark.parametrize(
        ("holder", "sees_caller"), [("station", True), ("operator", False), ("west-a", False)]
    )
    async def test_who_called_is_shown_to_the_sender_and_nobody_else_by_default(
        self, dispatcher: Dispatcher, holder: str, sees_caller: bool
    ) -> None:
        found = await _personal(dispatcher, holder, visible_to=[])
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


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=8)
    | st.sampled_from(["west-a", "2026-03-02T12:00:00+08:00", "red", "radio", "\x00", "9" * 400]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
fields = sorted({name for model, _ in VERBS.values() for name in model.model_fields})
bodies = st.dictionaries(st.sampled_from(fields) | st.text(max_size=4), values, max_size=4) | values


@given(verb=st.sampled_from(list(VERBS)), body=bodies, usual=st.booleans())
async def test_any_json_is_answered(verb: str, body: object, usual: bool) -> None:
    """With the usual body around it, so that a wrong field is not always the missing one."""
    DISPATCHER.renew()
    await DISPATCHER.open()
    await DISPATCHER.done("operator", "assign", {"teams": ["west-a"]})
    if usual and isinstance(body, dict):
        body = {**USUAL[verb], **body}
    answer = await DISPATCHER.act("operator", verb, body)
    _is_precise(answer)


@given(body=st.binary(max_size=40))
async def test_any_bytes_are_answered(body: bytes) -> None:
    DISPATCHER.renew()
    await DISPATCHER.open()
    headers = {**KEY, "content-type": "application/json"}
    answer = await DISPATCHER.client("operator").ask(
        "POST", f"{PATH}/note", body=body, headers=headers
    )
    _is_precise(answer)


def _is_precise(answer: Answer) -> None:
    assert answer.status < 500, answer.body
    if answer.status != 200:
        found = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "instance"} <= found.keys()
        assert found["status"] == answer.status
        if found["type"] == "/problems/invalid":
            assert "field" in found


def _names(answer: Answer) -> str:
    """The field a refusal names."""
    found = answer.json()
    assert (answer.status, found["type"]) == (422, "/problems/invalid"), found
    field: str = found["field"]
    return field


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
