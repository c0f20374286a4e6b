"""The keys of an instance: who gets one, and what is kept."""

import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from incident.directory import read_directory
from services.cli.instance import kept
from services.cli.instance.holders import equip
from services.cli.park import DEMO_PARK, read_document
from services.cli.stack.home import Home, occupy
from services.runtime.auth import Role, hash_key
from services.runtime.clock import SystemClock
from services.runtime.vault import Vault


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return read_document(DEMO_PARK)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return occupy(tmp_path, "demo", progress=print, cancel=threading.Event())


def test_everybody_who_acts_gets_a_key(document: dict[str, Any]) -> None:
    _, keyring = equip(document, kept={})

    assert keyring.named(Role.STATION).keys() == {"qinghe-station", "hedong-station"}
    assert keyring.named(Role.OPERATOR).keys() == {entry["code"] for entry in document["centers"]}
    assert keyring.named(Role.TEAM).keys() == {entry["code"] for entry in document["teams"]}
    assert keyring.of(Role.SUPERVISOR, "qinghe") != keyring.of(Role.AUDITOR, "qinghe")


def test_the_directory_takes_the_keys_and_holds_only_their_hashes(document: dict[str, Any]) -> None:
    equipped, keyring = equip(document, kept={})
    directory = read_directory(equipped, version=1, now=SystemClock().real())

    assert {key.sha256 for key in directory.keys} == set(map(hash_key, keyring.keys.values()))
    assert not any(key in repr(equipped) for key in keyring.keys.values())


def test_a_second_start_has_the_same_keys(document: dict[str, Any]) -> None:
    first, keyring = equip(document, kept={})
    second, again = equip(document, kept=keyring.keys)

    assert (second, again.keys) == (first, keyring.keys)


def test_keys_a_file_brings_stay_and_ids_never_clash(document: dict[str, Any]) -> None:
    own = {"id": "team-heling-duty-1", "role": "team", "organisation": "heling-center"}
    own |= {"team": "heling-duty-1", "sha256": "0" * 64}
    equipped, _ = equip({**document, "keys": [own]}, kept={})
    ids = [entry["id"] for entry in equipped["keys"]]

    assert own in equipped["keys"]
    assert "team-heling-duty-1-2" in ids
    assert len(ids) == len(set(ids))


def test_codes_that_read_alike_as_ids_get_keys_of_their_own(document: dict[str, Any]) -> None:
    teams = [{"code": code, "organisation": "heling-center"} for code in ("E.1", "e-1", "E_1")]
    equipped, keyring = equip({**document, "teams": teams}, kept={})

    assert len({entry["id"] for entry in equipped["keys"]}) == len(equipped["keys"])
    assert keyring.named(Role.TEAM).keys() == {"E.1", "e-1", "E_1"}


def test_what_is_kept_is_for_its_owner_only(home: Home) -> None:
    present = kept.fresh(clock="system")
    kept.save(home, present)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in home.path.glob("*.json*")}
    assert modes == {0o600}
    assert kept.load(home) == present


def test_an_instance_that_is_not_kept_leaves_no_secret(home: Home) -> None:
    present = kept.fresh(clock="system")
    kept.save(home, present)
    kept.forget(home)

    assert kept.load(home) is None
    assert present.admin_key not in (home.path / "settings.json").read_text()


def test_fresh_secrets_are_usable_and_differ() -> None:
    first, second = kept.fresh(clock="system"), kept.fresh(clock="system")

    assert first.token != second.token
    assert first.token.isalnum()
    assert Vault.from_setting(first.data_keys).digest(b"x") != Vault.from_setting(
        second.data_keys
    ).digest(b"x")
