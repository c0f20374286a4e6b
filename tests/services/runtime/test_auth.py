"""A key says who calls, to the second of its expiry; without it nothing is told."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.runtime.auth import (
    Authenticator,
    Key,
    Principal,
    Role,
    hash_key,
    new_key,
    require,
)
from services.runtime.problems import Problem
from tests.fakes.clock import NOON, FakeClock

KEY, SHA256 = new_key("st1-2026")


def a_record(**changes: Any) -> Key:  # noqa: ANN401  # fields of any type
    given: dict[str, Any] = {
        "id": "st1-2026",
        "role": Role.STATION,
        "organisation": "station-1",
        "sha256": SHA256,
    }
    return Key(**given | changes)


def identify(key: str | None, record: Key | None, now: datetime = NOON) -> Principal:
    known = {record.id: record} if record else {}
    return Authenticator(known.get, FakeClock(now)).identify(key)


def refusal(key: str | None, record: Key | None, now: datetime = NOON) -> Problem:
    with pytest.raises(Problem) as refused:
        identify(key, record, now)
    return refused.value


def test_a_key_is_d115_its_id_and_a_secret_of_256_bits() -> None:
    prefix, key_id, secret = KEY.split("_", 2)

    assert (prefix, key_id, len(secret)) == ("d115", "st1-2026", 43)
    assert hash_key(KEY) == SHA256
    assert new_key("st1-2026")[0] != KEY


@pytest.mark.parametrize("key_id", ["", "a_b", "A", "-a", "a" * 64, "中"])
def test_a_key_id_that_would_not_parse_is_not_made(key_id: str) -> None:
    with pytest.raises(ValueError, match="lower-case"):
        new_key(key_id)


def test_a_key_gives_all_its_record_says_but_the_hash() -> None:
    record = a_record(role=Role.TEAM, team="team-7", person="p-9")

    assert identify(KEY, record) == Principal(
        key_id="st1-2026", role=Role.TEAM, organisation="station-1", team="team-7", person="p-9"
    )


@pytest.mark.parametrize(
    "key",
    [
        "x",
        "d115_st1-2026_short",
        KEY + "A",
        KEY[:-1],
        KEY.upper(),
        "d115_other_" + KEY[-43:],
        "é" * 9,
    ],
)
def test_a_wrong_key_is_unknown_whatever_is_wrong_with_it(key: str) -> None:
    problem = refusal(key, a_record())

    assert (problem.status, problem.kind) == (401, "unknown-key")
    assert problem.headers["WWW-Authenticate"] == "Bearer"


def test_a_right_id_with_another_secret_tells_no_more_than_a_wrong_id() -> None:
    other, _ = new_key("st1-2026")

    assert str(refusal(other, a_record())) == str(refusal(other, None))


def test_a_key_opens_until_it_expires_and_not_at_that_moment() -> None:
    record = a_record(expires_at=NOON)

    assert identify(KEY, record, NOON - timedelta(microseconds=1)).organisation == "station-1"
    assert refusal(KEY, record, NOON).kind == "expired-key"


def test_only_the_named_roles_are_let_in() -> None:
    station = identify(KEY, a_record())
    require(station, Role.STATION, Role.ADMIN)

    with pytest.raises(Problem) as refused:
        require(station, Role.OPERATOR, Role.ADMIN)
    assert refused.value.status == 403
    assert refused.value.members["allowed"] == ["operator", "admin"]
