"""Whatever is sent, the answer is one of those that were meant, and never a fault of ours."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incident.chain import NotCanonicalError, canonical
from services.intake.payloads import examples
from services.intake.payloads.alert import AlertBody
from services.intake.payloads.fields import canonical_text, read
from tests.services.intake.park import Intake, alert
from tests.services.intake.test_changes import CANCELLATION, UPDATES

BATCH = {"sent_at": "2026-03-02T12:00:00Z", "alerts": [examples.ALERT]}
EXAMPLES: dict[str, Any] = {
    "/v1/alerts": examples.ALERT,
    "/v1/alerts/batch": BATCH,
    UPDATES: examples.UPDATE,
    CANCELLATION: examples.CANCELLATION,
}
TAKEN, REFUSED = {202, 207}, {400, 403, 404, 413, 415, 422}
QUICK = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=30)
    | st.sampled_from(["red", "gate-2", "c-east", "2026-03-02T12:00:00Z", "wgs84", "actual"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(), max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, Any]:
    """A good body with something put anywhere into it."""
    path = draw(st.sampled_from(list(EXAMPLES)))
    body = json.loads(json.dumps(EXAMPLES[path]))
    at = body
    while True:
        steps = list(at) if isinstance(at, dict) else list(range(len(at)))
        step = draw(st.sampled_from(steps)) if steps else None
        if step is None:
            break
        if isinstance(at[step], dict | list) and at[step] and draw(st.booleans()):
            at = at[step]
            continue
        at[step] = draw(anything)
        break
    return path, body


@QUICK
@given(path=st.sampled_from(list(EXAMPLES)), body=anything)
async def test_any_json_is_answered(path: str, body: object) -> None:
    intake = Intake()
    answer = await intake.post(path, json=body)
    assert answer.status in REFUSED | {207}
    assert not intake.log.messages


@QUICK
@given(case=spoilt())
async def test_a_good_body_with_anything_in_it_is_taken_or_refused(case: tuple[str, Any]) -> None:
    path, body = case
    intake = Intake()
    answer = await intake.post(path, json=body)
    assert answer.status in TAKEN | REFUSED
    if answer.status in REFUSED:
        assert not intake.log.messages


@QUICK
@given(path=st.sampled_from(list(EXAMPLES)), body=st.binary(max_size=200))
async def test_any_bytes_are_answered(path: str, body: bytes) -> None:
    intake = Intake()
    headers = {"content-type": "application/json"}
    answer = await intake.post(path, body=body, headers=headers)
    assert answer.status in REFUSED


@QUICK
@given(
    at=st.integers(0, 10_000), with_=st.binary(min_size=1, max_size=3), keep=st.integers(0, 10_000)
)
async def test_a_body_damaged_on_its_way_is_taken_or_refused(
    at: int, with_: bytes, keep: int
) -> None:
    good = json.dumps(examples.ALERT, ensure_ascii=False).encode()
    at, keep = at % len(good), keep % len(good)
    damaged = good[:at] + with_ + good[at + len(with_) :]
    intake = Intake()
    headers = {"content-type": "application/json"}
    for body in (damaged, good[:keep]):
        answer = await intake.post(body=body, headers=headers)
        assert answer.status in TAKEN | REFUSED


@QUICK
@given(
    text=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40),
    number=st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
    people=st.none() | st.integers(0, 100_000),
    lon=st.floats(-180, 180),
)
async def test_what_is_taken_once_is_the_same_when_taken_again(
    text: str, number: str, people: int | None, lon: float
) -> None:
    body = alert(
        text=text,
        reference={"number": number, "order": "1"},
        people=people,
        place={"place": "gate-2", "lon": lon, "lat": 31.0, "crs": "wgs84"},
    )
    intake = Intake()
    first = await intake.post(json=body)
    if first.status == 202:
        again = json.dumps(dict(reversed(body.items())), ensure_ascii=False, indent=1).encode()
        headers = {"content-type": "application/json"}
        second = await intake.post(body=again, headers=headers)
        assert first.json()["id"] == second.json()["id"]
        one, two = intake.log.messages
        assert one.id == two.id


@QUICK
@given(case=spoilt())
def test_what_was_read_reads_the_same_again(case: tuple[str, Any]) -> None:
    path, body = case
    if path != "/v1/alerts":
        return
    try:
        first = read(AlertBody, body)
    except ValueError:
        return
    except Exception as error:  # noqa: BLE001  # the refusals are no ValueErrors
        assert type(error).__name__ == "InvalidError"  # noqa: PT017  # one of two is meant
        return
    assert read(AlertBody, json.loads(first.content())).content() == first.content()


@QUICK
@given(
    value=st.dictionaries(
        st.text(max_size=8),
        anything | st.floats(allow_nan=False, allow_infinity=False),
        max_size=6,
    )
)
def test_the_fingerprints_text_is_the_canonical_one(value: dict[str, Any]) -> None:
    try:
        expected = canonical(value)
    except NotCanonicalError:
        return
    assert canonical_text(value) == expected
