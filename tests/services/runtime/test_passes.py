"""Passes: believed for five minutes, from one's own page, and never once changed."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from services.runtime.auth import Device, Principal, Role
from services.runtime.ids import new_id
from services.runtime.passes import (
    PASS_FOR,
    Passes,
    SessionKeys,
    SessionKeysError,
    check_own_page,
)
from services.runtime.problems import Problem
from tests.fakes.clock import FakeClock

ONE, TWO = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
WHO = Principal(
    key_id="session:", role=Role.OPERATOR, organisation="heling-center", person="zhang-jia"
)
SESSION = new_id()
OWN = {b"x-d115-page": b"1", b"sec-fetch-site": b"same-origin"}


def passes(clock: FakeClock, *keys: str) -> Passes:
    """Passes with keys named by their place."""
    text = ",".join(f"k{number}:{key}" for number, key in enumerate(keys or (ONE,), start=1))
    return Passes(SessionKeys.from_setting(text), clock)


def sent(token: str, **headers: bytes) -> dict[bytes, bytes]:
    """The headers of a request with a pass."""
    more = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    return {b"cookie": f"other=1; d115_pass={token}".encode(), **more}


def decoded(token: str) -> list[bytes] | str:
    """The parts of a pass, itself where it is none."""
    parts = token.split(".")
    try:
        return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts]
    except ValueError:
        return token


def refused(known: Passes, token: str) -> str:
    """Why a pass is refused."""
    with pytest.raises(Problem) as caught:
        known.find("GET", "/v1/incidents", sent(token))
    return f"{caught.value.status} {caught.value.kind}"


def test_a_pass_says_who_is_signed_in() -> None:
    known = passes(FakeClock())
    found = known.find("GET", "/v1/incidents", sent(known.issue(WHO, SESSION)))
    assert found is not None
    assert replace(found, key_id=WHO.key_id) == WHO


def test_who_sends_none_is_somebody_else_s_matter() -> None:
    assert passes(FakeClock()).find("GET", "/", {}) is None
    assert passes(FakeClock()).find("POST", "/", {b"cookie": b"d115_session=x"}) is None


def test_it_expires_by_itself() -> None:
    clock = FakeClock()
    known = passes(clock)
    token = known.issue(WHO, SESSION)
    clock.advance(PASS_FOR.total_seconds() - 1)
    assert known.find("GET", "/", sent(token)) is not None
    clock.advance(1)
    assert refused(known, token) == "401 session-lapsed"


def test_the_last_key_signs_and_those_before_it_are_still_believed() -> None:
    clock = FakeClock()
    old, both = passes(clock, ONE), passes(clock, ONE, TWO)
    assert both.find("GET", "/", sent(old.issue(WHO, SESSION))) is not None
    assert refused(old, both.issue(WHO, SESSION)) == "401 session-lapsed"


@given(place=st.integers(min_value=0), letter=st.sampled_from("AZaz09-_."))
def test_a_pass_that_was_changed_anywhere_is_not_believed(place: int, letter: str) -> None:
    known = passes(FakeClock())
    token = known.issue(WHO, SESSION)
    at = place % len(token)
    changed = token[:at] + letter + token[at + 1 :]
    if decoded(changed) == decoded(token):  # a last letter of base64 holds bits that say nothing
        return
    assert refused(known, changed) == "401 session-lapsed"


@pytest.mark.parametrize("algorithm", ["none", "HS512", "RS256"])
def test_another_algorithm_is_not_believed(algorithm: str) -> None:
    known = passes(FakeClock())
    _, body, mark = known.issue(WHO, SESSION).split(".")
    head = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": "k1"}).encode())
    forged = f"{head.decode().rstrip('=')}.{body}.{'' if algorithm == 'none' else mark}"
    assert refused(known, forged) == "401 session-lapsed"


@pytest.mark.parametrize("missing", ["iss", "exp", "role", "org", "sid"])
def test_a_pass_that_says_too_little_is_not_believed(missing: str) -> None:
    clock = FakeClock()
    claims = {
        "iss": "d115", "sid": str(SESSION), "role": "operator", "org": "x", "team": None,
        "person": None, "device": None, "exp": int((clock.real() + timedelta(hours=1)).timestamp()),
    }  # fmt: skip
    del claims[missing]
    key = OctKey.import_key(base64.b64decode(ONE), {"kid": "k1"})
    token = jwt.encode({"alg": "HS256", "kid": "k1"}, claims, key)
    assert refused(passes(clock), token) == "401 session-lapsed"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {b"x-d115-page": b"1", b"sec-fetch-site": b"cross-site"},
        {b"x-d115-page": b"1", b"sec-fetch-site": b"same-site"},
        {b"x-d115-page": b"1", b"origin": b"https://evil.example", b"host": b"park.example"},
        {b"x-d115-page": b"1", b"origin": b"null", b"host": b"park.example"},
        {b"sec-fetch-site": b"same-origin"},
    ],
)
def test_what_another_site_may_have_sent_changes_nothing(headers: dict[bytes, bytes]) -> None:
    known = passes(FakeClock())
    with pytest.raises(Problem) as caught:
        known.find("POST", "/v1/incidents", sent(known.issue(WHO, SESSION)) | headers)
    assert (caught.value.status, caught.value.kind) == (403, "cross-site")


@pytest.mark.parametrize(
    "headers",
    [OWN, {b"x-d115-page": b"1", b"origin": b"https://park.example", b"host": b"park.example"}],
)
def test_one_s_own_page_may(headers: dict[bytes, bytes]) -> None:
    check_own_page(headers)


@pytest.mark.parametrize(
    ("method", "path", "may"),
    [
        ("GET", "/v1/centers/c/board", True),
        ("GET", "/v1/incidents/i/personal", False),
        ("POST", "/v1/incidents/i/receipt", False),
        ("POST", "/v1/session/renew", True),
    ],
)
def test_a_wall_display_only_shows(method: str, path: str, *, may: bool) -> None:
    known = passes(FakeClock())
    token = known.issue(replace(WHO, device=Device.WALL, person=None), SESSION)
    headers = sent(token) | OWN
    if may:
        assert known.find(method, path, headers) is not None
    else:
        with pytest.raises(Problem) as caught:
            known.find(method, path, headers)
        assert caught.value.kind == "device-only-shows"


@pytest.mark.parametrize("setting", ["", "k1", "k1:short", f":{ONE}", f"k1:{ONE},k1:{TWO}", "k1:?"])
def test_a_faulty_setting_of_keys_is_refused_without_showing_one(setting: str) -> None:
    with pytest.raises(SessionKeysError) as caught:
        SessionKeys.from_setting(setting)
    assert ONE not in str(caught.value)
