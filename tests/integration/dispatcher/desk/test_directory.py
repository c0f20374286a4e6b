"""The directory on Postgres: one writer at a time, kept and published at once, in force at once."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest

from incident.directory import read_directory
from incident.messages import DIRECTORY_PUBLISHED, DirectoryPublished
from services.dispatcher.api import app
from services.dispatcher.api.directory import Desk, router
from services.dispatcher.handlers.directory import Known
from services.dispatcher.handlers.keys import WantedKey, add_key, find_key, remove_key
from services.runtime import codec, outbox
from services.runtime.auth import Authenticator, Role, bearer, new_key
from services.runtime.envelope import parse
from services.runtime.problems import Problem
from tests.asgi import Answer, AsgiClient
from tests.incident.directories import park_document
from tests.integration.dispatcher.desk.site import ADMIN, CLOCK, Site, open_site, running, until

ADMIN_KEY, ADMIN_HASH = new_key("bootstrap")


def known(site: Site) -> Known:
    return Known(
        kinds=site.atlas.kinds.keys(), profiles=site.atlas.profiles.keys(), now=CLOCK.real()
    )


async def said(site: Site) -> list[asyncpg.Record]:
    return await site.fetch(
        "select topic, key, headers, value from dispatcher.outbox order by position"
    )


async def test_a_version_is_put_in_force_kept_and_published_together(site: Site) -> None:
    applied = await site.apply(park_document())

    assert (applied.version, site.copy.version) == (1, 1)
    (row,) = await said(site)
    assert (row["topic"], row["key"]) == ("directory.v1", "directory")
    told = parse(json.loads(row["headers"]))
    assert (told.type, told.source, told.id) == (DIRECTORY_PUBLISHED, "/dispatcher", "directory/1")
    assert told.traceparent is not None
    published = codec.decode(row["value"], DirectoryPublished)
    read = read_directory(published.document, version=1, now=CLOCK.real())
    assert read == site.copy.lookup.directory
    (version,) = await site.fetch("select version, applied_by from dispatcher.directory_version")
    assert dict(version) == {"version": 1, "applied_by": "root"}
    assert site.woken == ["directory"]


async def test_what_says_nothing_new_writes_nothing(site: Site) -> None:
    await site.apply(park_document())

    again = await site.apply(park_document())

    assert (again.version, again.changes) == (1, ())
    assert len(await said(site)) == 1


async def test_what_fails_before_the_commit_leaves_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(outbox, "put", fail)
    with pytest.raises(ConnectionError):
        await site.apply(park_document())

    assert site.copy.version == 0
    assert await site.fetch("select 1 from dispatcher.directory_version") == []
    assert await site.fetch("select 1 from dispatcher.directory") == []


async def test_a_copy_that_cannot_be_refreshed_does_not_undo_what_is_published(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> bool:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(site.copy, "refresh", fail)
        applied = await site.apply(park_document())

    assert applied.version == 1
    assert await site.copy.refresh()


async def test_writers_at_the_same_time_take_turns_and_none_is_lost(site: Site) -> None:
    await site.apply(park_document())
    centers = ("park-center", "east-center", "west-center")
    wanted = [
        WantedKey(role=role, organisation=center, person=f"person-{number}")
        for center in centers
        for role in (Role.OPERATOR, Role.CHIEF)
        for number in range(2)
    ]
    async with open_site(site.dsn) as other:
        made = await asyncio.gather(
            *(
                add_key(key, caller=ADMIN, registry=part.registry, known=known(site))
                for part, key in zip([site, other] * 6, wanted, strict=True)
            )
        )

    await site.copy.refresh()
    assert sorted(key.version for key in made) == list(range(2, 14))
    assert {key.id for key in made} <= site.copy.lookup.keys.keys()
    versions = [parse(json.loads(row["headers"])).id for row in await said(site)]
    assert versions == [f"directory/{number}" for number in range(1, 14)]


async def test_a_key_works_at_once_here_and_within_a_second_elsewhere(site: Site) -> None:
    await site.apply(park_document())
    wanted = WantedKey(role=Role.OPERATOR, organisation="east-center")
    async with open_site(site.dsn) as other, running(other.copy.run):
        here, there = (
            Authenticator(find_key(part.copy, ADMIN_HASH), CLOCK) for part in (site, other)
        )
        made = await add_key(wanted, caller=ADMIN, registry=site.registry, known=known(site))
        assert here.identify(made.key).organisation == "east-center"
        await until(lambda: opens(there, made.key), within=2.5)

        await remove_key(made.id, caller=ADMIN, registry=site.registry, known=known(site))
        assert not await opens(here, made.key)
        await until(lambda: opens_nothing(there, made.key), within=2.5)


async def opens(authenticator: Authenticator, key: str) -> bool:
    try:
        authenticator.identify(key)
    except Problem:
        return False
    return True


async def opens_nothing(authenticator: Authenticator, key: str) -> bool:
    return not await opens(authenticator, key)


async def test_a_version_can_be_neither_changed_nor_removed_by_the_service(site: Site) -> None:
    await site.apply(park_document())

    for statement in (
        "update dispatcher.directory_version set applied_by = 'nobody'",
        "delete from dispatcher.directory_version",
        "delete from dispatcher.directory",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with site.database.transaction() as connection:
                await connection.execute(statement)


async def test_a_park_is_set_up_over_http_from_nothing(site: Site) -> None:
    client = http(site)
    first = await client.ask("PUT", "/v1/directory", body=_json(park_document()))

    made = await client.post(
        "/v1/directory/keys", {"role": "auditor", "organisation": "park", "id": "inspector"}
    )
    versions = await as_key(client, made.json()["key"], "/v1/directory/versions")

    assert (first.status, made.status, versions.status) == (200, 201, 200)
    found = [(entry["version"], entry["applied_by"]) for entry in versions.json()["versions"]]
    assert found == [(2, "bootstrap"), (1, "bootstrap")]
    await client.ask("DELETE", "/v1/directory/keys/inspector")
    assert (await as_key(client, made.json()["key"], "/v1/directory")).status == 401


def http(site: Site) -> AsgiClient:
    """The routes on this database, asked with the key in the settings."""
    caller = bearer(Authenticator(find_key(site.copy, ADMIN_HASH), CLOCK))
    desk = Desk(registry=site.registry, caller=caller, atlas=site.atlas, clock=CLOCK)
    headers = {"authorization": f"Bearer {ADMIN_KEY}", "content-type": "application/json"}
    return AsgiClient(app.build([router(desk)]), headers)


async def as_key(client: AsgiClient, key: str, path: str) -> Answer:
    return await client.get(path, {"authorization": f"Bearer {key}"})


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()
