"""Whatever is sent: what is wrong with it is said precisely, and is never a fault of ours."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatcher.payloads.requests import VERBS
from tests.asgi import Answer
from tests.services.dispatcher.park import WEST, Dispatcher, field_at_fault, incident_id
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
            assert field_at_fault(answer) == field, name

    @pytest.mark.parametrize(
        ("verb", "field", "body"), OWN, ids=[f"{verb} {body}"[:60] for verb, _, body in OWN]
    )
    async def test_what_an_act_itself_says_is_checked(
        self, dispatcher: Dispatcher, verb: str, field: str, body: object
    ) -> None:
        answer = await dispatcher.act("operator", verb, body)
        assert field_at_fault(answer) == field
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
            (b'{"people": NaN}', 400, "malformed-json"),
            (b'{"people": 1e999}', 422, "invalid"),
            (b'{"text": "x", "text": "y"}', 400, "duplicate-key"),
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

    async def test_a_body_of_an_act_is_bounded(self, dispatcher: Dispatcher) -> None:
        answer = await dispatcher.act("operator", "note", {"text": "x", "more": "x" * 300_000})
        assert (answer.status, answer.json()["type"]) == (413, "/problems/too-large")
        assert answer.json()["limit_bytes"] == 256 * 1024

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
        assert (field_at_fault(answer), answer.json()["detail"]) == (
            "idempotency-key",
            "idempotency-key is missing",
        )

    @pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "schlüssel"])
    async def test_a_key_is_short_and_plain(self, dispatcher: Dispatcher, key: str) -> None:
        answer = await dispatcher.client("operator").post(
            f"{PATH}/receipt", {}, {"idempotency-key": key}
        )
        assert field_at_fault(answer) == "idempotency-key"

    @pytest.mark.parametrize("version", ["0", "-1", "*", "one", '"1', "1.0", "9" * 30, 'W/"1"', ""])
    async def test_a_version_is_a_number(self, dispatcher: Dispatcher, version: str) -> None:
        answer = await dispatcher.act("operator", "receipt", headers={"if-match": version})
        if version == '"1':  # one quotation mark is forgiven
            assert answer.status == 200
        else:
            assert field_at_fault(answer) == "if-match"

    @pytest.mark.parametrize("id_", ["1", "x", "%00", "%F0%9F%9A%94", "..", "0" * 5000])
    async def test_an_incident_is_named_by_a_uuid(self, dispatcher: Dispatcher, id_: str) -> None:
        client = dispatcher.client("operator")
        for answer in (
            await client.post(f"/v1/incidents/{id_}/receipt", {}, KEY),
            await client.get(f"/v1/incidents/{id_}"),
            await client.get(f"/v1/incidents/{id_}/events"),
            await client.get(f"/v1/incidents/{id_}/personal"),
        ):
            assert field_at_fault(answer) == "incident"

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
