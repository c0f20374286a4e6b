"""The newest directory wins, one that is unreadable changes nothing, Postgres may be away."""

import asyncio
from functools import partial

import pytest

from services.intake.handlers.directory import DirectoryCopy, keep_saved, restore
from services.intake.handlers.refusals import NoDirectoryError
from tests.fakes.clock import FakeClock
from tests.fakes.directory_store import FakeDirectoryStore
from tests.services.intake.park import document, published, until


@pytest.fixture
def copy() -> DirectoryCopy:
    return DirectoryCopy(FakeClock())


def test_before_the_first_one_there_is_none(copy: DirectoryCopy) -> None:
    assert copy.version == 0
    with pytest.raises(NoDirectoryError):
        _ = copy.lookup


def test_the_newest_is_worked_from(copy: DirectoryCopy) -> None:
    copy.take(published(3))
    fewer = document()
    fewer["stations"] = fewer["stations"][:1]
    fewer["keys"] = [key for key in fewer["keys"] if key["organisation"] != "st-other"]
    copy.take(published(4, **fewer))
    assert copy.version == 4
    assert not copy.lookup.organisation_exists("st-other")


@pytest.mark.parametrize("version", [1, 3])
def test_an_older_one_or_the_same_again_changes_nothing(copy: DirectoryCopy, version: int) -> None:
    copy.take(published(3))
    before = copy.lookup
    copy.take(published(version, stations=[]))
    assert copy.lookup is before


def test_one_that_cannot_be_read_changes_nothing(copy: DirectoryCopy) -> None:
    copy.take(published(1))
    copy.take(published(2, centers="none"))
    assert copy.version == 1
    copy.take(published(3))
    assert copy.version == 3


async def test_a_start_begins_with_the_saved_one(copy: DirectoryCopy) -> None:
    assert await restore(copy, FakeDirectoryStore(published(7))) == 7
    assert copy.version == 7
    assert await restore(copy, FakeDirectoryStore()) == 0
    assert copy.version == 7


async def test_each_newer_one_is_saved(copy: DirectoryCopy) -> None:
    store = FakeDirectoryStore(published(2))
    keeping = asyncio.ensure_future(keep_saved(copy, store, FakeClock()))
    await until(lambda: copy.version == 2)
    for version in (3, 5):
        copy.take(published(version))
        await until(partial(is_saved, store, version))
    assert store.tries == 3
    keeping.cancel()


async def test_while_the_store_is_away_the_copy_serves_and_is_saved_later(
    copy: DirectoryCopy,
) -> None:
    store, clock = FakeDirectoryStore(), FakeClock()
    store.away = True
    keeping = asyncio.ensure_future(keep_saved(copy, store, clock))
    copy.take(published(1))
    await until(lambda: store.tries > 8)
    assert copy.version == 1
    assert clock.sleeps[:6] == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0]
    store.away = False
    await until(partial(is_saved, store, 1))
    keeping.cancel()


def is_saved(store: FakeDirectoryStore, version: int) -> bool:
    return store.saved is not None and store.saved.version == version
