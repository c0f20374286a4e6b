"""Personal data opens where it was sealed, nowhere else; digests outlive a key's retirement."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.ids import random_bytes
from services.runtime.vault import KeySettingError, TamperedError, UnknownKeyError, Vault


def a_key() -> str:
    return base64.b64encode(random_bytes(32)).decode()


OLD, NEW = f"k1:{a_key()}", f"k2:{a_key()}"
VAULT = Vault.from_setting(f"{OLD},{NEW}")


@given(st.binary(max_size=2000), st.text(st.characters(codec="utf-8")))
def test_what_was_sealed_opens_in_its_context(data: bytes, context: str) -> None:
    assert VAULT.open(VAULT.seal(data, context), context) == data


def test_the_newest_key_seals_and_the_older_still_opens() -> None:
    before = Vault.from_setting(OLD).seal(b"caller", "alert 1")

    assert before.startswith("k1.")
    assert VAULT.seal(b"caller", "alert 1").startswith("k2.")
    assert VAULT.open(before, "alert 1") == b"caller"


def test_the_same_data_is_never_sealed_to_the_same_text() -> None:
    assert VAULT.seal(b"caller", "alert 1") != VAULT.seal(b"caller", "alert 1")


def test_sealed_data_moved_to_another_alert_does_not_open() -> None:
    with pytest.raises(TamperedError, match="alert 2"):
        VAULT.open(VAULT.seal(b"caller", "alert 1"), "alert 2")


@pytest.mark.parametrize("place", [3, 10, -3])
def test_sealed_data_that_was_changed_does_not_open(place: int) -> None:
    sealed = VAULT.seal(b"caller", "alert 1")
    other = "A" if sealed[place] != "A" else "B"
    changed = sealed[:place] + other + sealed[place:][1:]

    with pytest.raises(TamperedError):
        VAULT.open(changed, "alert 1")


@pytest.mark.parametrize("text", ["k1", "k1..", "k1.a.b", "k1.*.*", "k1.AAAAAAAAAAAAAAAA."])
def test_what_was_never_sealed_does_not_open(text: str) -> None:
    with pytest.raises(TamperedError):
        VAULT.open(text, "alert 1")


def test_data_of_a_key_that_is_gone_says_which() -> None:
    with pytest.raises(UnknownKeyError, match="'k1'"):
        Vault.from_setting(NEW).open(Vault.from_setting(OLD).seal(b"x", ""), "")


def test_digests_stay_comparable_when_keys_are_added() -> None:
    assert VAULT.digest(b"body") == Vault.from_setting(OLD).digest(b"body")
    assert len(VAULT.digest(b"body")) == 64


def test_digests_differ_by_data_and_by_first_key() -> None:
    assert VAULT.digest(b"body") != VAULT.digest(b"boody")
    assert VAULT.digest(b"body") != Vault.from_setting(NEW).digest(b"body")


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("", "data key 1 must read id:base64"),
        (a_key(), "data key 1 must read id:base64"),
        (f"{OLD},", "data key 2 must read id:base64"),
        (f"a b:{a_key()}", "data key 1 must read id:base64"),
        (f"{OLD},{OLD}", "k1 is there twice"),
        ("k1:not base64!", "k1 is not base64"),
        ("k1:c2hvcnQ=", "k1 has 5 bytes, not 32"),
    ],
)
def test_a_wrong_setting_is_refused_without_showing_a_key(setting: str, why: str) -> None:
    with pytest.raises(KeySettingError, match=why) as refusal:
        Vault.from_setting(setting)

    assert not any(part in str(refusal.value) for part in (OLD[3:], "not base64!"))
