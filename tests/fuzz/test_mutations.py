"""The spoiling spoils: a campaign whose inputs are all good tries nothing."""

import json

from tests.fuzz.campaign import chance
from tests.fuzz.mutations import paths_of, spoil_bytes, spoil_each, spoil_headers, spoil_value

GOOD = {"a": [1, {"b": "x"}], "c": {"d": None}}


def test_every_part_has_a_path() -> None:
    assert paths_of(GOOD) == [(), ("a",), ("a", 0), ("a", 1), ("a", 1, "b"), ("c",), ("c", "d")]


def test_each_field_is_left_out_and_made_null_once() -> None:
    spoiled = spoil_each(GOOD)
    assert len(spoiled) == 2 * 6
    assert (("c", "d"), {"a": [1, {"b": "x"}], "c": {}}) in spoiled
    assert (("a",), {"a": None, "c": {"d": None}}) in spoiled


def test_most_values_are_spoiled_and_the_good_one_stays_good() -> None:
    some, before = chance("values"), json.dumps(GOOD)
    spoiled = [spoil_value(GOOD, some) for _ in range(500)]
    assert sum(value != GOOD for value in spoiled) > 400
    assert len({json.dumps(value) for value in spoiled}) > 200
    assert json.dumps(GOOD) == before


def test_the_same_seed_spoils_alike() -> None:
    data = json.dumps(GOOD).encode()
    one, other = chance("bytes"), chance("bytes")
    assert [spoil_bytes(data, one) for _ in range(50)] == [
        spoil_bytes(data, other) for _ in range(50)
    ]


def test_headers_are_dropped_doubled_and_changed() -> None:
    some, good = chance("headers"), {"ce_id": "1", "ce_type": "a"}
    found = [spoil_headers(good, ["b"], some) for _ in range(200)]
    assert [] in found
    assert any(len(headers) > 10 for headers in found)
    assert any(("ce_type", b"b") in headers for headers in found)
