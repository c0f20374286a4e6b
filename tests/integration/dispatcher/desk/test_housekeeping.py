"""Purges and digests on Postgres."""

import asyncio
import json
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from incident import events as e
from incident.alert import IncidentId
from incident.chain import GENESIS, Head, digest_of_heads
from incident.commands import Context
from incident.decisions.decide import record
from incident.lifecycle import Incident
from incident.messages import HEADS_DIGEST, HeadsDigest
from incident.moments import Via
from services.dispatcher.adapters import digests
from services.dispatcher.adapters.digests import PostgresDigests
from services.dispatcher.adapters.housekeeping import PostgresAttic
from services.dispatcher.handlers.housekeeping import Digest, Waiting, digest_hour, sweep
from services.dispatcher.ports import Answered, Change, Early
from services.runtime import codec
from services.runtime.envelope import parse
from tests.builders import an_actor, at
from tests.incident.directories import park_document
from tests.integration.dispatcher.desk.site import CLOCK, Site, open_site
from tests.services.dispatcher.sending import open_one

HOUR = at(3600)


async def set_age(site: Site, table: str, age: timedelta) -> None:
    """Make every row of a table so old."""
    await site.fetch(
        f"update dispatcher.{table} set recorded_at = $1",  # noqa: S608  # our own names
        CLOCK.real() - age,
    )


async def count(site: Site, table: str) -> int:
    (row,) = await site.fetch(f"select count(*) as n from dispatcher.{table}")  # noqa: S608  # our own names
    return int(row["n"])


async def opened(site: Site, number: int = 1) -> Incident:
    return await open_one(site.store, site.atlas.lookup, number=number)


@pytest.fixture(autouse=True)
async def _directory(site: Site) -> None:
    await site.apply(park_document())


@pytest.mark.parametrize(
    ("age", "left"), [(timedelta(hours=23, minutes=59), 2), (timedelta(hours=24, seconds=5), 0)]
)
async def test_frames_are_kept_for_a_day(site: Site, age: timedelta, left: int) -> None:
    await opened(site)
    await set_age(site, "frame", age)

    swept = await sweep(PostgresAttic(site.database), now=at(0), real=CLOCK.real())

    assert await count(site, "frame") == left
    assert swept.frames == 2 - left  # one for its center, one for its station


@pytest.mark.parametrize(
    ("age", "left"), [(timedelta(days=6, hours=23), 1), (timedelta(days=7, seconds=5), 0)]
)
async def test_answers_and_early_messages_are_kept_for_a_week(
    site: Site, age: timedelta, left: int
) -> None:
    stray = Early(incident=an_id(9), id="m-9", type="alert.updated.v1", value="{}")
    async with site.store.work() as work:
        await work.remember("k", "assign", "1", Answered(digest="d", body="{}"))
        await work.keep_early([stray], now=CLOCK.real())
    for table in ("answer", "early"):
        await set_age(site, table, age)
    attic = PostgresAttic(site.database)

    swept = await sweep(attic, now=CLOCK.real(), real=CLOCK.real())

    assert [await count(site, table) for table in ("answer", "early")] == [left, left]
    assert swept.answers == 1 - left
    assert [(entry.incident, entry.id) for entry in swept.strays] == [(an_id(9), "m-9")][left:]
    waiting = await attic.count_early()
    assert waiting.count == left
    assert (waiting == Waiting(count=0, oldest=None)) is (left == 0)


async def test_a_batch_is_bounded_and_takes_the_oldest(site: Site) -> None:
    for number in range(1, 6):
        await opened(site, number)
    await set_age(site, "frame", timedelta(days=2))
    attic = PostgresAttic(site.database)
    limit = CLOCK.real() - timedelta(days=1)

    assert await attic.purge_frames(limit, limit=4) == 4
    assert await attic.purge_frames(limit, limit=4) == 4
    assert await attic.purge_frames(limit, limit=4) == 2
    assert await attic.purge_frames(limit, limit=4) == 0


async def test_the_digest_covers_every_chain_as_it_stood_at_the_hour(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "PAGE", 2)
    before = [await opened(site, number) for number in range(1, 6)]
    await note(site, before[0], at(3599.9))
    heads = await heads_now(site)
    await note(site, before[1], HOUR)
    await note(site, before[2], at(3600.1), at(3700))
    late = await opened(site, 7)
    await note(site, late, at(4000))
    await site.fetch(
        "update dispatcher.event set recorded_at = $1 where incident = $2", HOUR, late.id
    )

    taken = await take(site, HOUR)

    assert taken is not None
    assert (taken.sequence, taken.count, taken.previous) == (1, 5, GENESIS)
    assert taken.digest == digest_of_heads(heads)


async def test_each_digest_names_the_one_before_and_is_published_with_it(site: Site) -> None:
    incident = await opened(site)
    first = await take(site, HOUR)
    await note(site, incident, at(3700))

    second = await take(site, HOUR + timedelta(hours=1))

    assert first is not None
    assert second is not None
    assert (second.sequence, second.previous) == (2, first.digest)
    assert second.digest == digest_of_heads(await heads_now(site)) != first.digest
    rows = await site.fetch(
        "select key, headers, value from dispatcher.outbox where topic = 'digests.v1'"
        " order by position"
    )
    told = [codec.decode(row["value"], HeadsDigest) for row in rows]
    assert [(entry.log, entry.digest, entry.previous) for entry in told] == [
        ("incidents", first.digest, GENESIS),
        ("incidents", second.digest, first.digest),
    ]
    types = {parse(json.loads(row["headers"])).type for row in rows}
    assert ({row["key"] for row in rows}, types) == ({"incidents"}, {HEADS_DIGEST})


async def test_however_many_processes_there_are_an_hour_has_one_digest(site: Site) -> None:
    await opened(site)
    async with open_site(site.dsn) as other:
        taken = await asyncio.gather(
            *(take(part, HOUR) for part in [site, other] * 3), return_exceptions=False
        )

    assert len([digest for digest in taken if digest is not None]) == 1
    assert await count(site, "heads") == 1
    assert await take(site, HOUR) is None


async def test_a_digest_of_no_incident_is_that_of_nothing(site: Site) -> None:
    taken = await take(site, HOUR)

    assert taken is not None
    assert (taken.count, taken.digest) == (0, digest_of_heads([]))


async def take(site: Site, at_: datetime) -> Digest | None:
    made = PostgresDigests(site.database, topic="digests.v1")
    return await digest_hour(made, at_, real=CLOCK.real())


async def note(site: Site, incident: Incident, *moments: datetime) -> None:
    """Record a note on an incident at each of these moments."""
    for moment in moments:
        context = Context(now=moment, actor=an_actor(), via=Via.CONSOLE)
        async with site.store.work() as work:
            present = (await work.lock([incident.id]))[incident.id]
            after, events = record(present, [e.NoteAdded(text="0" * 64)], context=context)
            await work.save([Change(before=present, incident=after, events=events)])


async def heads_now(site: Site) -> list[Head]:
    rows = await site.fetch("select id, version, head from dispatcher.incident")
    return [Head(incident=row["id"], version=row["version"], hash=row["head"]) for row in rows]


def an_id(number: int) -> IncidentId:
    return IncidentId(UUID(int=number))
