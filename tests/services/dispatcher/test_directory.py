"""How a directory comes into force: checked whole, compared, versioned, and published once."""

from typing import Any

import pytest

from incident.directory import Change, ChangeKind, InvalidDirectoryError
from services.dispatcher.handlers.directory import (
    MOST_BYTES,
    Applied,
    Known,
    OtherVersionError,
    Proposal,
    apply_directory,
)
from services.runtime.auth import Principal, Role
from tests.builders import KINDS, PROFILES
from tests.fakes.registry import FakeRegistry
from tests.incident.directories import NOW, key, park_document

ADMIN = Principal(key_id="root", role=Role.ADMIN, organisation="park")
KNOWN = Known(kinds=KINDS.keys(), profiles=PROFILES.keys(), now=NOW)


@pytest.fixture
def registry() -> FakeRegistry:
    return FakeRegistry()


async def put(registry: FakeRegistry, document: dict[str, Any], **how: Any) -> Applied:  # noqa: ANN401  # a proposal's fields
    proposal = Proposal(caller=ADMIN, document=document, **how)
    return await apply_directory(proposal, registry=registry, known=KNOWN)


async def faults(registry: FakeRegistry, document: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidDirectoryError) as caught:
        await put(registry, document)
    return [fault.path for fault in caught.value.faults]


def without_keys() -> dict[str, Any]:
    document = park_document()
    del document["keys"]
    return document


async def test_the_first_directory_is_version_1_and_all_of_it_is_new(
    registry: FakeRegistry,
) -> None:
    applied = await put(registry, park_document())

    assert applied.version == 1
    assert {change.kind for change in applied.changes} == {ChangeKind.ADDED}
    (published,) = registry.published
    assert (published.version, published.published_at) == (1, NOW)
    assert [entry.applied_by for entry in registry.versions] == ["root"]


async def test_a_directory_that_says_nothing_new_keeps_its_version_and_is_not_published(
    registry: FakeRegistry,
) -> None:
    await put(registry, park_document())

    again = await put(registry, park_document())

    assert again == Applied(version=1, changes=())
    assert len(registry.published) == 1


async def test_every_change_is_one_version_more(registry: FakeRegistry) -> None:
    await put(registry, park_document())
    document = park_document()
    document["teams"][0]["on_duty"] = False

    applied = await put(registry, document)

    assert applied.version == 2
    assert applied.changes == (
        Change(path="teams[east-a].on_duty", kind=ChangeKind.CHANGED, before=True, after=False),
    )


async def test_a_dry_run_says_what_would_change_and_changes_nothing(
    registry: FakeRegistry,
) -> None:
    tried = await put(registry, park_document(), dry_run=True)

    assert (tried.version, registry.published) == (0, [])
    assert tried.changes == (await put(registry, park_document())).changes


async def test_who_saw_another_version_is_refused(registry: FakeRegistry) -> None:
    await put(registry, park_document(), expected=0)

    with pytest.raises(OtherVersionError) as caught:
        await put(registry, without_keys(), expected=0)

    assert caught.value.version == 1
    assert (await put(registry, without_keys(), expected=1)).version == 1


async def test_a_document_without_keys_keeps_the_present_ones(registry: FakeRegistry) -> None:
    await put(registry, park_document())
    document = without_keys()
    document["stations"].append({"code": "station-2", "name": "二所"})

    applied = await put(registry, document)

    assert [change.path for change in applied.changes] == ["stations[station-2]"]
    assert registry.published[1].document["keys"] == registry.published[0].document["keys"]


async def test_a_document_with_an_empty_list_of_keys_takes_them_all_away(
    registry: FakeRegistry,
) -> None:
    await put(registry, park_document())

    applied = await put(registry, park_document() | {"keys": []})

    assert {change.kind for change in applied.changes} == {ChangeKind.REMOVED}
    assert registry.published[1].document["keys"] == []


async def test_a_key_listed_without_its_digest_keeps_the_one_it_has(
    registry: FakeRegistry,
) -> None:
    await put(registry, park_document())
    document = park_document()
    for entry in document["keys"]:
        del entry["sha256"]
    document["keys"][0]["person"] = "desk-1"

    applied = await put(registry, document)

    assert [change.path for change in applied.changes] == ["keys[k-station].person"]


async def test_a_new_key_needs_its_digest(registry: FakeRegistry) -> None:
    await put(registry, park_document())
    document = park_document()
    document["keys"].append({"id": "k-new", "role": "station", "organisation": "station"})

    assert await faults(registry, document) == ["keys[8].sha256"]


async def test_a_kept_key_whose_holder_is_gone_is_named_by_its_id(registry: FakeRegistry) -> None:
    await put(registry, park_document())
    document = without_keys()
    document["teams"] = [entry for entry in document["teams"] if entry["code"] != "east-a"]

    assert await faults(registry, document) == ["keys[k-team].team"]


async def test_every_fault_is_listed_and_nothing_is_published(registry: FakeRegistry) -> None:
    document = park_document()
    document["centers"][0]["place"] = "nowhere"
    document["kinds"] = [{"code": "earthquake", "profile": "999"}]
    document["teams"][1]["function_group"] = "navy"
    document["keys"] += [key("UPPER", "station", "station"), key("bootstrap", "admin", "park")]

    found = await faults(registry, document)

    assert set(found) == {
        "centers[0].place",
        "kinds[0].code",
        "kinds[0].profile",
        "teams[1].function_group",
        "keys[8].id",
        "keys[9].id",
    }
    assert registry.published == []


@pytest.mark.parametrize("keys", ["none", 7, {"k": 1}, [1], [{"id": 5}], [None]])
async def test_keys_that_are_no_list_of_keys_are_a_fault_like_any_other(
    registry: FakeRegistry, keys: object
) -> None:
    await put(registry, park_document())

    found = await faults(registry, park_document() | {"keys": keys})

    assert all(path.startswith("keys") for path in found)


async def test_a_directory_too_long_to_be_published_is_refused(registry: FakeRegistry) -> None:
    document = park_document()
    document["places"] += [
        {"code": f"floor-{number}", "type": "floor", "name": "长" * 100, "parent": "east-1"}
        for number in range(MOST_BYTES // 300)
    ]

    assert await faults(registry, document) == [""]


async def test_a_directory_kept_under_older_rules_can_still_be_replaced(
    registry: FakeRegistry,
) -> None:
    await put(registry, park_document())
    registry.published[0].document["surprise"] = True

    applied = await put(registry, without_keys())

    assert applied.version == 2
    assert {change.kind for change in applied.changes} == {ChangeKind.ADDED}
    assert registry.published[1].document["keys"] == registry.published[0].document["keys"]


async def test_the_marks_of_the_systems_addresses_go_with_the_version(
    registry: FakeRegistry,
) -> None:
    await put(registry, park_document())

    assert set(registry.marks) == {"east-center"}
