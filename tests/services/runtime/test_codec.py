"""Values survive JSON unchanged, and what does not fit is refused by the name of its field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import NewType
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.codec import (
    DecodeError,
    EncodeError,
    convert,
    decode,
    encode,
    text,
    to_builtins,
)

IncidentId = NewType("IncidentId", UUID)
ID = IncidentId(UUID("0197f0a0-0000-7000-8000-000000000001"))
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class Severity(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    occurred_at: datetime
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    id: IncidentId
    severity: Severity
    stamps: tuple[Stamp, ...] = ()
    marks: frozenset[str] = frozenset()
    details: Mapping[str, object] = field(default_factory=dict)
    note: str = ""


THING = Thing(
    id=ID,
    severity=Severity.RED,
    stamps=(Stamp(occurred_at=NOON, by="a"), Stamp(occurred_at=NOON + timedelta(microseconds=7))),
    marks=frozenset({"b", "a"}),
    details={"z": [1, None], "a": {"深": True}},
)


def test_a_value_comes_back_as_it_was() -> None:
    assert decode(encode(THING), Thing) == THING
    assert decode(text(THING), Thing) == THING


def test_fields_keep_their_order_keys_and_sets_are_sorted_and_moments_end_in_z() -> None:
    assert text(THING) == (
        '{"id":"0197f0a0-0000-7000-8000-000000000001","severity":"red",'
        '"stamps":[{"occurred_at":"2026-03-02T04:00:00Z","by":"a"},'
        '{"occurred_at":"2026-03-02T04:00:00.000007Z","by":null}],'
        '"marks":["a","b"],"details":{"a":{"深":true},"z":[1,null]},"note":""}'
    )


def test_builtins_are_what_the_json_holds() -> None:
    assert to_builtins(THING)["stamps"][0] == {"by": "a", "occurred_at": "2026-03-02T04:00:00Z"}


@given(st.datetimes(timezones=st.just(UTC)))
def test_any_utc_moment_survives(moment: datetime) -> None:
    assert decode(encode(Stamp(occurred_at=moment)), Stamp) == Stamp(occurred_at=moment)


@given(st.text(), st.dictionaries(st.text(), st.text() | st.booleans() | st.none()))
def test_any_text_survives_even_one_that_looks_like_a_moment(
    note: str, more: dict[str, object]
) -> None:
    thing = Thing(id=ID, severity=Severity.RED, note=note, details=more)

    assert decode(encode(thing), Thing) == thing


def test_a_text_in_the_form_of_a_naive_moment_is_only_a_text() -> None:
    thing = Thing(id=ID, severity=Severity.RED, note="2026-03-02T04:00:00")

    assert decode(encode(thing), Thing) == thing


@pytest.mark.parametrize(
    "moment",
    [
        NOON.replace(tzinfo=None),
        NOON.astimezone(timezone(timedelta(hours=8))),
        NOON.astimezone(ZoneInfo("Asia/Shanghai")),
    ],
)
def test_a_moment_that_is_not_utc_does_not_leave(moment: datetime) -> None:
    thing = Thing(id=ID, severity=Severity.RED, stamps=(Stamp(occurred_at=moment),))

    with pytest.raises(EncodeError, match=r"stamps\[0\]\.occurred_at is not an aware UTC moment"):
        encode(thing)


@pytest.mark.parametrize("moment", ["2026-03-02T04:00:00", "2026-03-02T12:00:00+08:00"])
def test_a_moment_that_is_not_utc_does_not_enter(moment: str) -> None:
    with pytest.raises(DecodeError, match="is not a UTC moment") as refusal:
        decode(encode(THING).replace(b"2026-03-02T04:00:00Z", moment.encode()), Thing)

    assert refusal.value.path == "stamps[0].occurred_at"


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b'{"id":1,"severity":"red"}', "id"),
        (b'{"id":"0197f0a0-0000-7000-8000-000000000001"}', ""),
        (b'{"id":"0197f0a0-0000-7000-8000-000000000001","severity":"pink"}', "severity"),
        (
            (
                b'{"id":"0197f0a0-0000-7000-8000-000000000001","severity":"red",'
                b'"stamps":[{"occurred_at":"never"}]}'
            ),
            "stamps[0].occurred_at",
        ),
        (b"{", ""),
        (b"", ""),
        (b"[]", ""),
        (b'{"note":"\xff"}', ""),
        (b"[" * 100_000, ""),
        (b'{"details":{"a":' + b"[" * 100_000, ""),
        (b'{"stamps":{"occurred_at":"2026-03-02T04:00:00Z"}}', "stamps"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_name_of_its_field(data: bytes, path: str) -> None:
    with pytest.raises(DecodeError) as refusal:
        decode(data, Thing)

    assert refusal.value.path == path
    assert refusal.value.what


def test_the_fault_in_a_mapping_is_found_under_its_key() -> None:
    with pytest.raises(DecodeError, match="not a UTC moment") as refusal:
        decode(
            b'{"seen":{"a":["2026-03-02T04:00:00"]}}', dict[str, dict[str, tuple[datetime, ...]]]
        )

    assert refusal.value.path == "seen.a[0]"


def test_an_older_reader_ignores_newer_fields() -> None:
    newer = encode(to_builtins(THING) | {"colour": "red"})

    assert decode(newer, Thing) == THING


def test_a_strict_reader_names_the_unknown_field() -> None:
    raw = to_builtins(THING)
    raw["stamps"][1]["colour"] = "red"

    with pytest.raises(DecodeError, match=r"stamps\[1\]\.colour: is unknown"):
        decode(encode(raw), Thing, strict=True)
    assert decode(encode(THING), Thing, strict=True) == THING


def test_plain_objects_become_a_type_or_name_their_fault() -> None:
    assert convert({"occurred_at": NOON, "by": "x"}, Stamp) == Stamp(occurred_at=NOON, by="x")
    with pytest.raises(DecodeError, match="bye: is unknown"):
        convert({"occurred_at": NOON, "bye": "x"}, Stamp)
    with pytest.raises(DecodeError, match="unsupported"):
        convert({"occurred_at": object()}, Stamp)


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(EncodeError, match="unsupported"):
        encode({"a": object()})
