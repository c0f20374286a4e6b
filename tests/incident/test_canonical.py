"""Canonical JSON, held to the vectors that RFC 8785 and its author publish."""

import json
import struct
from math import inf, nan
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.chain import JSON, NotCanonicalError, canonical

# Half of a surrogate pair has no canonical form, so the text of these values has none.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
integers = st.integers(min_value=-(2**53), max_value=2**53)
doubles = st.floats(allow_nan=False, allow_infinity=False)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | integers | doubles | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_appendix_b_says(bits: str, expected: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(number) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            r'{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
            r'"string": "\u20ac$\u000F\u000aA' + r"'\u0042\u0022\u005c\\\"\/" + r'",'
            r'"literals": [null, true, false]}',
            r'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            r'"string":"€$\u000f\nA' + r"'B\"\\\\\"/" + r'"}',
            id="section 3.2.2",
        ),
        pytest.param(
            r'{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Dalet", "1": "One",'
            r'"\ud83d\ude00": "Grinning", "\u0080": "Control", "\u00f6": "Diaeresis"}',
            '{"\\r":"Carriage Return","1":"One","\x80":"Control","ö":"Diaeresis",'
            '"€":"Euro Sign","😀":"Grinning","\ufb33":"Dalet"}',
            id="section 3.2.3: keys by UTF-16 code units",
        ),
        pytest.param(
            '[56, {"d": true, "10": null, "1": [ ]}]',
            '[56,{"1":[],"10":null,"d":true}]',
            id="arrays",
        ),
        pytest.param(
            r'{"1": {"f": {"f": "hi","F": 5}, "\n": 56.0}, "10": {}, "": "empty", "a": {},'
            r'"111": [{"e": "yes", "E": "no"}], "A": {}}',
            r'{"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},'
            r'"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}',
            id="structures",
        ),
        pytest.param(
            '{"peach": "sorting", "péché": "wrong in French", "pêche": "MUST", "sin": "locale"}',
            '{"peach":"sorting","péché":"wrong in French","pêche":"MUST","sin":"locale"}',
            id="french",
        ),
        pytest.param(
            r'{"Unnormalized Unicode": "A\u030a"}',
            '{"Unnormalized Unicode":"A\u030a"}',
            id="no normal form is forced on text",
        ),
    ],
)
def test_published_documents_are_written_as_published(text: str, expected: str) -> None:
    assert canonical(json.loads(text)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (100.0, "100"),
        (-1.5, "-1.5"),
        (0.1, "0.1"),
        (12345.678, "12345.678"),
        (1e20, "100000000000000000000"),
        (1.5e-7, "1.5e-7"),
        (-0.0, "0"),
        (2**53, "9007199254740992"),
        (True, "true"),
        (("a", "b"), '["a","b"]'),
        ("\u2028\x7f", '"\u2028\x7f"'),
    ],
)
def test_plain_values_look_as_in_javascript(value: JSON, expected: str) -> None:
    assert canonical(value) == expected


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([nan], "nan is no JSON number"),
        ({"a": inf}, "inf is no JSON number"),
        (-inf, "-inf is no JSON number"),
        (2**53 + 1, "beyond 2\\*\\*53"),
        (-(2**53) - 1, "beyond 2\\*\\*53"),
        ("\ud800", "half of a surrogate"),
        ({"\udfff": 1}, "half of a surrogate"),
        ({1: "a"}, "key that is no text"),
        ({None: 1, "a": 2}, "key that is no text"),
        (b"bytes", "bytes is no JSON type"),
        ({"a": {1, 2}}, "set is no JSON type"),
    ],
)
def test_what_has_no_canonical_form_is_refused(value: JSON, why: str) -> None:
    with pytest.raises(NotCanonicalError, match=why):
        canonical(value)


def test_a_value_nested_without_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(NotCanonicalError, match="too many levels"):
        canonical(endless)


@given(values)
def test_reading_the_text_gives_the_value_back(value: JSON) -> None:
    assert json.loads(canonical(value), parse_int=float) == value


@given(st.dictionaries(texts, values, min_size=2, max_size=6), st.randoms())
def test_the_order_of_keys_does_not_matter(value: dict[str, JSON], random: Random) -> None:
    shuffled = list(value.items())
    random.shuffle(shuffled)
    assert canonical(dict(shuffled)) == canonical(value)


@given(doubles)
def test_every_double_reads_back_as_itself(number: float) -> None:
    assert float(canonical(number)) == number


@given(st.lists(texts, unique=True))
def test_keys_stand_in_the_order_of_their_utf16_code_units(keys: list[str]) -> None:
    written = list(json.loads(canonical(dict.fromkeys(keys))))
    assert written == sorted(keys, key=lambda key: key.encode("utf-16-be"))
