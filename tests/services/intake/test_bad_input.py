"""Bad input gets one precise problem that names the field; nothing is published, nothing breaks."""

import json
from typing import Any

import pytest

from services.intake.payloads import examples
from tests.fakes.http import Answer
from tests.services.intake.park import Intake, alert

JSON = {"content-type": "application/json"}
HUGE = 10**400
DEEP = b"[" * 20_000 + b"]" * 20_000


def raw(**changes: object) -> bytes:
    return json.dumps(alert(**changes), ensure_ascii=False).encode()


def number(given: object) -> dict[str, Any]:
    return alert(reference={"number": given, "order": "1"})


def place(**fields: object) -> dict[str, Any]:
    return alert(place=fields)


REFERENCE = {"number": "1", "order": "1"}
POINT = {"place": "gate-2", "lon": 120.7, "lat": 31.2, "crs": "wgs84"}

INVALID: list[tuple[str, Any, str]] = [
    # What is not there, or should not be.
    ("reference missing", alert(reference=...), "reference"),
    ("number missing", alert(reference={"order": "1"}), "reference.number"),
    ("order missing", alert(reference={"number": "1"}), "reference.order"),
    ("kind missing", alert(kind=...), "kind"),
    ("severity missing", alert(severity=...), "severity"),
    ("text missing", alert(text=...), "text"),
    ("place missing", alert(place=...), "place"),
    ("unknown field", alert(urgency="high"), "urgency"),
    ("unknown field in a place", place(place="gate-2", room="3"), "place.room"),
    ("unknown field in a caller", alert(caller={"name": "x", "id_card": "1"}), "caller.id_card"),
    ("unknown field in a reference", alert(reference=REFERENCE | {"x": 1}), "reference.x"),
    # Wrong types.
    ("body a list", [alert()], "body"),
    ("body a text", "alert", "body"),
    ("body null", None, "body"),
    ("reference a text", alert(reference="1"), "reference"),
    ("number a number", number(1), "reference.number"),
    ("order null", alert(reference={"number": "1", "order": None}), "reference.order"),
    ("kind a list", alert(kind=["police-alert"]), "kind"),
    ("severity a number", alert(severity=1), "severity"),
    ("severity null", alert(severity=None), "severity"),
    ("severity unknown", alert(severity="purple"), "severity"),
    ("severity in capitals", alert(severity="RED"), "severity"),
    ("status unknown", alert(status="drill"), "status"),
    ("text a number", alert(text=5), "text"),
    ("text an object", alert(text={"a": 1}), "text"),
    ("place a text", alert(place="gate-2"), "place"),
    ("people a text", alert(people="5"), "people"),
    ("people true", alert(people=True), "people"),
    ("people a fraction", alert(people=1.5), "people"),
    ("people a whole fraction", alert(people=1.0), "people"),
    ("injured a list", alert(injured=[1]), "injured"),
    ("weapons 1", alert(weapons=1), "weapons"),
    ("weapons a text", alert(weapons="no"), "weapons"),
    ("weapons null", alert(weapons=None), "weapons"),
    ("hazards a text", alert(hazards="fire"), "hazards"),
    ("hazard a number", alert(hazards=[1]), "hazards[0]"),
    ("hazard a sentence", alert(hazards=["fire", "张三家着火"]), "hazards[1]"),
    ("caller a text", alert(caller="王某"), "caller"),
    ("caller empty", alert(caller={}), "caller"),
    ("phone a number", alert(caller={"phone": 13800000000}), "caller.phone"),
    ("visible_to a text", alert(visible_to="e-chips"), "visible_to"),
    ("revision a text", alert(revision="1"), "revision"),
    ("revision true", alert(revision=True), "revision"),
    ("revision null", alert(revision=None), "revision"),
    ("details a list", alert(details=[1]), "details"),
    ("detail a list", alert(details={"floor": [1]}), "details.floor"),
    ("detail a fraction", alert(details={"floor": 1.5}), "details.floor"),
    # Out of range.
    ("people negative", alert(people=-1), "people"),
    ("people huge", alert(people=HUGE), "people"),
    ("injured too many", alert(injured=100_001), "injured"),
    ("revision 0", alert(revision=0), "revision"),
    ("revision huge", alert(revision=2**63), "revision"),
    ("lon too far east", place(**POINT | {"lon": 180.0001}), "place.lon"),
    ("lat too far south", place(**POINT | {"lat": -90.0001}), "place.lat"),
    ("lon huge", place(**POINT | {"lon": HUGE}), "place.lon"),
    ("lon true", place(**POINT | {"lon": True}), "place.lon"),
    ("lon a text", place(**POINT | {"lon": "120.7"}), "place.lon"),
    ("lat NaN", raw(place=POINT | {"lat": float("nan")}), "place.lat"),
    ("lon infinite", raw(place=POINT | {"lon": float("inf")}), "place.lon"),
    ("people NaN", raw(people=float("nan")), "people"),
    ("lat beyond doubles", raw(place=POINT).replace(b"31.2", b"1e999"), "place.lat"),
    ("people of 5000 digits", raw().replace(b": 10,", b": " + b"9" * 5000 + b","), "people"),
    # Too long, too short, characters that do harm.
    ("text empty", alert(text=""), "text"),
    ("text blank", alert(text=" \n\u3000 "), "text"),
    ("text too long", alert(text="长" * 2001), "text"),
    ("number too long", number("1" * 65), "reference.number"),
    ("order blank", alert(reference={"number": "1", "order": " "}), "reference.order"),
    ("category too long", alert(category="x" * 65), "category"),
    ("name too long", alert(caller={"name": "王" * 65}), "caller.name"),
    ("too many hazards", alert(hazards=[f"h{n}" for n in range(21)]), "hazards"),
    ("too many details", alert(details={f"d{n}": 1 for n in range(21)}), "details"),
    ("NUL in a text", alert(text="a\0b"), "text"),
    ("tab in a text", alert(text="a\tb"), "text"),
    ("escape in a text", alert(text="\x1b[31m"), "text"),
    ("a C1 control in a text", alert(text="a\x85b"), "text"),
    ("direction turned in a text", alert(text="a\u202eb"), "text"),
    ("new line in a number", number("1\n2"), "reference.number"),
    ("unit separator in a number", number("1\x1f2"), "reference.number"),
    ("no width in a number", number("1\u200b"), "reference.number"),
    ("half a character in a text", alert(text="a\ud800b"), "text"),
    ("half a character in a name", alert(caller={"name": "\udfff"}), "caller.name"),
    ("half a character in a field's name", alert(**{"\ud800": 1}), "body"),
    ("half a character in a detail", alert(details={"floor": "\ud800"}), "details.floor"),
    # Times.
    ("time without zone", alert(reported_at="2026-03-02T12:00:00"), "reported_at"),
    ("time a number", alert(reported_at=1772452800), "reported_at"),
    ("time no time", alert(reported_at="yesterday"), "reported_at"),
    ("time a day", alert(reported_at="2026-03-02"), "reported_at"),
    ("time that never was", alert(reported_at="2026-02-30T12:00:00Z"), "reported_at"),
    ("time before time", alert(reported_at="0001-01-01T00:00:00+08:00"), "reported_at"),
    ("time in the future", alert(reported_at="2026-03-02T12:00:05.000001Z"), "reported_at"),
    ("time over 30 days back", alert(reported_at="2026-01-31T11:59:59Z"), "reported_at"),
    # What the directory and the kinds do not know.
    ("kind unknown", alert(kind="fire-alarm"), "kind"),
    ("kind no code", alert(kind="Police Alert"), "kind"),
    ("center unknown", place(center="c-north"), "place.center"),
    ("place unknown", place(place="gate-99"), "place.place"),
    ("place unknown beside a center", place(center="c-east", place="gate-99"), "place.place"),
    ("a center as a place", place(place="c-east"), "place.place"),
    ("a place as a center", place(center="gate-2"), "place.center"),
    ("a place of no center", place(place="root"), "place.place"),
    ("neither center nor place", place(), "place.center"),
    ("a position alone", place(lon=120.7, lat=31.2, crs="wgs84"), "place.center"),
    ("visible to nobody known", alert(visible_to=["e-chips", "x"]), "visible_to[1]"),
    ("detail unknown to the kind", alert(details={"floor": 3}), "details.floor"),
    # A position is whole.
    ("no crs", place(place="gate-2", lon=120.7, lat=31.2), "place.crs"),
    ("no lat", place(place="gate-2", lon=120.7, crs="wgs84"), "place.lat"),
    ("no lon", place(place="gate-2", lat=31.2, crs="wgs84"), "place.lon"),
    ("crs alone", place(place="gate-2", crs="wgs84"), "place.lon"),
    ("crs unknown", place(**POINT | {"crs": "epsg:4326"}), "place.crs"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"), [case[1:] for case in INVALID], ids=[case[0] for case in INVALID]
)
async def test_a_field_that_is_wrong_is_named(intake: Intake, body: object, field: str) -> None:
    answer = await send(intake, body)
    problem = answer.json()
    assert (answer.status, problem["type"], problem["field"]) == (422, "/problems/invalid", field)
    assert problem["errors"][0]["field"] == field
    assert problem["detail"].startswith(field)
    assert answer.headers["content-type"] == "application/problem+json"
    assert not intake.log.messages


MALFORMED: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "malformed-json"),
    ("cut off", raw()[:-1], "malformed-json"),
    ("two bodies", raw() + raw(), "malformed-json"),
    ("single quotes", b"{'a': 1}", "malformed-json"),
    ("a comma too many", b'{"a": 1,}', "malformed-json"),
    ("a comment", b'{"a": 1} // x', "malformed-json"),
    ("a line end in a text", b'{"text": "a\nb"}', "malformed-json"),
    ("an escape that is none", b'{"text": "\\x41"}', "malformed-json"),
    ("a leading zero", b'{"people": 01}', "malformed-json"),
    ("a byte order mark", b"\xef\xbb\xbf" + raw(), "malformed-json"),
    ("UTF-16", raw().decode().encode("utf-16"), "not-utf-8"),
    ("GBK", raw().decode().encode("gbk"), "not-utf-8"),
    ("a cut character", b'{"text": "\xe4\xba"}', "not-utf-8"),
    ("half a character in bytes", b'{"text": "\xed\xa0\x80"}', "not-utf-8"),
    ("an overlong character", b'{"text": "\xc0\xaf"}', "not-utf-8"),
    ("too many levels", DEEP, "too-deep"),
    ("too many levels of objects", b'{"a":' * 9_000 + b"1" + b"}" * 9_000, "too-deep"),
]


@pytest.mark.parametrize(
    ("body", "kind"), [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED]
)
async def test_what_is_no_json_is_refused(intake: Intake, body: bytes, kind: str) -> None:
    answer = await send(intake, body)
    assert (answer.status, answer.json()["type"]) == (400, f"/problems/{kind}")
    assert not intake.log.messages


TWINS = [
    (raw().replace(b'"severity"', b'"severity": "red", "severity"', 1), "severity"),
    (raw().replace(b'"order"', b'"order": "2", "order"', 1), "order"),
    (b'{"\\u0061": 1, "a": 2}', "a"),
]


@pytest.mark.parametrize(("body", "field"), TWINS)
async def test_a_field_given_twice_is_refused(intake: Intake, body: bytes, field: str) -> None:
    answer = await send(intake, body)
    assert (answer.status, answer.json()["type"]) == (400, "/problems/duplicate-key")
    assert answer.json()["field"] == field
    assert not intake.log.messages


async def test_a_body_may_have_64_kib_and_no_more(intake: Intake) -> None:
    fits = raw() + b" " * (64 * 1024 - len(raw()))
    assert (await send(intake, fits)).status == 202
    answer = await send(intake, fits + b" ")
    assert (answer.status, answer.json()["type"]) == (413, "/problems/too-large")
    assert len(intake.log.messages) == 1


async def test_a_body_that_hides_its_length_is_cut_off_too(intake: Intake) -> None:
    for parts in (17, 100, 10_000):  # it may end, go on for a while, and never seem to end
        answer = await intake.post(body=[b" " * 4096] * parts, headers=JSON)
        assert answer.status == 413
    assert not intake.log.messages


MEDIA_TYPES = [
    ("application/json", 202),
    ("application/json; charset=utf-8", 202),
    ('Application/JSON;charset="UTF-8"', 202),
    ("application/json; charset=gbk", 415),
    ("text/plain", 415),
    ("application/x-www-form-urlencoded", 415),
    ("application/xml", 415),
    ("", 415),
]


@pytest.mark.parametrize(("media_type", "status"), MEDIA_TYPES)
async def test_a_body_must_be_json_in_utf_8(intake: Intake, media_type: str, status: int) -> None:
    answer = await intake.post(body=raw(), headers={"content-type": media_type})
    assert answer.status == status
    assert len(intake.log.messages) == (1 if status == 202 else 0)


async def test_a_body_without_a_media_type_is_refused(intake: Intake) -> None:
    assert (await intake.post(body=raw())).status == 415


async def test_every_wrong_field_is_named_and_no_more_than_twenty(intake: Intake) -> None:
    answer = await send(intake, alert(severity="x", people=-1, text=""))
    assert {each["field"] for each in answer.json()["errors"]} == {"severity", "people", "text"}
    answer = await send(intake, alert(**{f"field-{n}": 1 for n in range(1000)}))
    assert len(answer.json()["errors"]) == 20


async def test_a_problem_repeats_nothing_that_was_sent_but_names(intake: Intake) -> None:
    secret = "张三住在三号楼"
    for change in ({"text": secret * 400}, {"caller": {"name": f"{secret}\n"}}, {"kind": secret}):
        answer = await send(intake, alert(**change))
        assert secret not in answer.body.decode()


async def test_a_long_unknown_name_is_cut(intake: Intake) -> None:
    answer = await send(intake, alert(**{"x" * 5000: 1}))
    assert answer.json()["field"] == "x" * 64


async def test_times_on_their_edges_are_taken(intake: Intake) -> None:
    for moment in ("2026-03-02T12:00:05Z", "2026-01-31T12:00:00Z", "2026-03-02t12:00:00z"):
        assert (await send(intake, alert(reported_at=moment))).status == 202


async def test_text_may_have_lines_and_any_script(intake: Intake) -> None:
    for text in ("一\n二", "a\r\nb", "👮 🚨", "ئۇيغۇرچە"):
        assert (await send(intake, alert(text=text))).status == 202


async def test_unknown_paths_and_methods_are_problems_too(intake: Intake) -> None:
    client = intake.client()
    lost = await client.post("/v1/alerts/x/y/z", json={})
    assert (lost.status, lost.headers["content-type"]) == (404, "application/problem+json")
    wrong = await client.put("/v1/alerts", json=examples.ALERT)
    assert (wrong.status, wrong.headers["content-type"]) == (405, "application/problem+json")


async def send(intake: Intake, body: object) -> Answer:
    if isinstance(body, bytes):
        return await intake.post(body=body, headers=JSON)
    return await intake.post(json=body)
