"""Who keeps whose accounts, and what an account must say."""

import pytest

from services.dispatcher.handlers.accounts import (
    MAKES,
    Account,
    FaultyAccountError,
    MayNotError,
    changed,
    check_keeper,
    check_whole,
    new_device,
)
from services.runtime.auth import Device, Principal, Role
from tests.builders import at
from tests.services.dispatcher.park import WEST, document, lookup_of

LOOKUP = lookup_of(document())
PARK = LOOKUP.directory.park.code
TEAM = next(iter(LOOKUP.teams_for(WEST)))
STATION = LOOKUP.directory.stations[0].code


def account(role: Role, organisation: str, team: str | None = None) -> Account:
    return Account(name="a", display="张甲", role=role, organisation=organisation, team=team)


def caller(role: Role, organisation: str = PARK, device: Device | None = None) -> Principal:
    return Principal(key_id="k", role=role, organisation=organisation, device=device)


@pytest.mark.parametrize("role", list(Role))
def test_nobody_makes_an_account_as_mighty_as_their_own(role: Role) -> None:
    assert role not in MAKES.get(role, frozenset())


def test_a_chief_keeps_those_of_the_center_only() -> None:
    check_keeper(caller(Role.CHIEF, WEST), account(Role.OPERATOR, WEST))
    for other in (account(Role.OPERATOR, "east-center"), account(Role.STATION, WEST)):
        with pytest.raises(MayNotError):
            check_keeper(caller(Role.CHIEF, WEST), other)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.TEAM, Role.STATION, Role.AUDITOR])
def test_others_keep_none(role: Role) -> None:
    with pytest.raises(MayNotError):
        check_keeper(caller(role, WEST), account(Role.OPERATOR, WEST))


def test_a_device_keeps_none() -> None:
    with pytest.raises(MayNotError):
        check_keeper(caller(Role.SUPERVISOR, device=Device.KIOSK), account(Role.OPERATOR, WEST))


@pytest.mark.parametrize(
    "good",
    [
        account(Role.OPERATOR, WEST),
        account(Role.CHIEF, WEST),
        account(Role.STATION, STATION),
        account(Role.TEAM, TEAM.organisation, TEAM.code),
        account(Role.SUPERVISOR, PARK),
    ],
)
def test_an_account_belongs_where_its_role_does(good: Account) -> None:
    check_whole(good, LOOKUP)


@pytest.mark.parametrize(
    ("faulty", "field"),
    [
        (account(Role.OPERATOR, STATION), "organisation"),
        (account(Role.STATION, WEST), "organisation"),
        (account(Role.TEAM, WEST), "team"),
        (account(Role.TEAM, "east-center", TEAM.code), "organisation"),
        (account(Role.OPERATOR, WEST, TEAM.code), "team"),
        (account(Role.SUPERVISOR, WEST), "organisation"),
    ],
)
def test_one_that_does_not_is_refused_by_its_field(faulty: Account, field: str) -> None:
    with pytest.raises(FaultyAccountError) as caught:
        check_whole(faulty, LOOKUP)
    assert caught.value.field == field


def test_what_is_left_out_of_a_change_stays() -> None:
    known = account(Role.OPERATOR, WEST)
    assert changed(known) == known
    assert changed(known, disabled=True).disabled
    assert not changed(changed(known, disabled=True), disabled=False).disabled


def test_a_device_s_token_is_kept_as_a_digest_only() -> None:
    entry, token, digest = new_device(Device.WALL, "大屏", now=at(0))
    assert token.startswith("d115dev_")
    assert token not in repr(entry)
    assert len(digest) == 64
