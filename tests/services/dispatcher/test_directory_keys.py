"""Keys: made and shown once, two a holder, gone when taken away, and found in equal time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from typing_extensions import override

from incident.directory import InvalidDirectoryError, Lookup, read_directory
from services.dispatcher.handlers.directory import (
    NothingAppliedError,
    Proposal,
    apply_directory,
)
from services.dispatcher.handlers.keys import (
    Copy,
    KeyIdTakenError,
    MadeKey,
    TooManyKeysError,
    UnknownKeyError,
    WantedKey,
    add_key,
    find_key,
    remove_key,
)
from services.runtime.auth import Authenticator, Key, Principal, Role, hash_key, new_key
from services.runtime.problems import Problem
from tests.fakes.clock import FakeClock
from tests.fakes.registry import FakeRegistry
from tests.incident.directories import NOW, park_document
from tests.services.dispatcher.test_directory import ADMIN, KNOWN

OPERATOR = WantedKey(role=Role.OPERATOR, organisation="west-center", person="op-9")
TEAM = WantedKey(role=Role.TEAM, organisation="east-center", team="east-a", person="p1")


@pytest.fixture
async def registry() -> FakeRegistry:
    made = FakeRegistry()
    proposal = Proposal(caller=ADMIN, document=park_document())
    await apply_directory(proposal, registry=made, known=KNOWN)
    return made


class PublishedCopy(Copy):
    """A copy that works from the newest version at once."""

    def __init__(self, registry: FakeRegistry) -> None:
        self._registry = registry

    @property
    @override
    def version(self) -> int:
        return self._registry.published[-1].version if self._registry.published else 0

    @property
    @override
    def lookup(self) -> Lookup:
        published = self._registry.published[-1]
        return Lookup(read_directory(published.document, version=published.version, now=NOW))

    @override
    def find_key(self, key_id: str) -> Key | None:
        found = self.lookup.key(key_id) if self.version else None
        return None if found is None else found


async def add(registry: FakeRegistry, wanted: WantedKey = OPERATOR) -> MadeKey:
    return await add_key(wanted, caller=ADMIN, registry=registry, known=KNOWN)


def authenticator(registry: FakeRegistry, admin_hash: str = "0" * 64) -> Authenticator:
    return Authenticator(find_key(PublishedCopy(registry), admin_hash), FakeClock(NOW))


async def test_a_key_opens_what_its_holder_may_from_the_moment_it_is_made(
    registry: FakeRegistry,
) -> None:
    made = await add(registry)

    assert authenticator(registry).identify(made.key) == Principal(
        key_id=made.id, role=Role.OPERATOR, organisation="west-center", person="op-9"
    )
    assert made.version == 2


async def test_only_the_digest_of_a_key_is_kept(registry: FakeRegistry) -> None:
    made = await add(registry)

    kept = str(registry.published[-1].document)
    assert hash_key(made.key) in kept
    assert made.key.removeprefix(f"d115_{made.id}_") not in kept


async def test_a_key_may_be_given_its_id_and_its_end(registry: FakeRegistry) -> None:
    end = NOW + timedelta(hours=1)
    wanted = replace(TEAM, person=None, id="phone-7", expires_at=end)

    made = await add(registry, wanted)

    assert (made.id, made.expires_at) == ("phone-7", end)
    assert made.key.startswith("d115_phone-7_")
    late = Authenticator(find_key(PublishedCopy(registry), "0" * 64), FakeClock(end))
    with pytest.raises(Problem, match="expired"):
        late.identify(made.key)


async def test_a_key_id_of_our_choosing_says_whose_key_it_is_and_is_never_the_same(
    registry: FakeRegistry,
) -> None:
    one, other = await add(registry), await add(registry)

    assert one.id.startswith("operator-")
    assert one.id != other.id
    assert one.key != other.key


async def test_a_holder_has_two_live_keys_and_not_a_third(registry: FakeRegistry) -> None:
    one, other = await add(registry), await add(registry)

    with pytest.raises(TooManyKeysError) as caught:
        await add(registry)

    assert set(caught.value.ids) == {one.id, other.id}
    await remove_key(one.id, caller=ADMIN, registry=registry, known=KNOWN)
    assert (await add(registry)).version == 5


async def test_a_key_that_has_expired_does_not_count(registry: FakeRegistry) -> None:
    brief = replace(OPERATOR, expires_at=NOW + timedelta(minutes=1))
    await add(registry, brief)
    await add(registry, brief)
    later = replace(KNOWN, now=NOW + timedelta(minutes=1))

    made = await add_key(OPERATOR, caller=ADMIN, registry=registry, known=later)

    assert made.version == 4


async def test_an_id_that_is_taken_is_refused(registry: FakeRegistry) -> None:
    with pytest.raises(KeyIdTakenError):
        await add(registry, replace(OPERATOR, id="k-chief"))


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        ({"organisation": "nowhere"}, ["organisation"]),
        ({"organisation": "station"}, ["role"]),
        ({"role": Role.TEAM}, ["team"]),
        ({"role": Role.TEAM, "team": "east-a"}, ["team"]),
        ({"role": Role.TEAM, "team": "nobody"}, ["team"]),
        ({"team": "west-a"}, ["role"]),
        ({"id": "bootstrap"}, ["id"]),
        ({"expires_at": NOW}, ["expires_at"]),
    ],
)
async def test_a_key_that_fits_nobody_is_refused_by_its_own_fields(
    registry: FakeRegistry, wanted: dict[str, Any], fields: list[str]
) -> None:
    with pytest.raises(InvalidDirectoryError) as caught:
        await add(registry, replace(OPERATOR, **{"person": None, **wanted}))

    assert [fault.path for fault in caught.value.faults] == fields
    assert len(registry.published) == 1


async def test_a_key_that_is_taken_away_opens_nothing(registry: FakeRegistry) -> None:
    made = await add(registry)

    version = await remove_key(made.id, caller=ADMIN, registry=registry, known=KNOWN)

    assert version == 3
    with pytest.raises(Problem, match="not known"):
        authenticator(registry).identify(made.key)
    with pytest.raises(UnknownKeyError):
        await remove_key(made.id, caller=ADMIN, registry=registry, known=KNOWN)


async def test_before_the_first_directory_there_is_nobody_to_have_a_key() -> None:
    with pytest.raises(NothingAppliedError):
        await add(FakeRegistry())
    with pytest.raises(NothingAppliedError):
        await remove_key("k-admin", caller=ADMIN, registry=FakeRegistry(), known=KNOWN)


@pytest.mark.parametrize("key_id", ["bootstrap", "admin", "whatever"])
async def test_the_key_in_the_settings_is_an_admins_before_and_after_any_directory(
    registry: FakeRegistry, key_id: str
) -> None:
    key, digest = new_key(key_id)

    before = authenticator(FakeRegistry(), digest).identify(key)
    after = authenticator(registry, digest).identify(key)

    assert before == Principal(key_id=key_id, role=Role.ADMIN, organisation="bootstrap")
    assert after == Principal(key_id=key_id, role=Role.ADMIN, organisation="park")


async def test_no_key_of_a_directory_can_take_the_place_of_the_one_in_the_settings(
    registry: FakeRegistry,
) -> None:
    key, digest = new_key("bootstrap")
    entries = registry.published[-1].document["keys"]
    assert isinstance(entries, list)
    entries.append({**entries[-1], "id": "bootstrap", "sha256": "1" * 64})

    assert authenticator(registry, digest).identify(key).role is Role.ADMIN


@pytest.mark.parametrize("key_id", ["bootstrap", "unknown", "k-station"])
async def test_another_key_of_any_id_is_not_known(registry: FakeRegistry, key_id: str) -> None:
    _, digest = new_key("bootstrap")
    key, _ = new_key(key_id)

    for found in (authenticator(registry, digest), authenticator(FakeRegistry(), digest)):
        with pytest.raises(Problem, match="not known") as caught:
            found.identify(key)
        assert caught.value.status == 401
