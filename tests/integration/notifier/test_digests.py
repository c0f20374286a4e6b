"""The hourly digest of all heads: taken once, the same as anybody computes from the log."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from incident.chain import GENESIS, Head, digest_of_heads
from incident.messages import HeadsDigest
from services.notifier.adapters.digests import PostgresDigests
from services.notifier.handlers.digesting import digest_hour
from services.notifier.ports import Digest
from services.runtime import codec
from tests.builders import RECEIVED, an_alert, an_incident
from tests.integration.notifier.bench import Bench
from tests.services.notifier.watching import version

HOUR = timedelta(hours=1)


async def _hour(bench: Bench, hours: int = 1) -> Digest | None:
    digests = PostgresDigests(bench.database, topic="digests.v1")
    now = RECEIVED + hours * HOUR + timedelta(seconds=15)
    return await digest_hour(digests, now=now, real=now, factor=1)


async def _say(bench: Bench, *numbers: int, stamps: Mapping[str, float], number: int) -> None:
    incidents = [
        version(an_incident(stamps, alert=an_alert(number=one)), number, told=max(stamps.values()))
        for one in numbers
    ]
    await bench.hears(*incidents, now=max(stamps.values()) + 0.1)


async def _heads(bench: Bench, before: timedelta) -> list[Head]:
    rows = await bench.fetch(
        "select distinct on (incident_id) incident_id, sequence, hash from notifier.timing_event"
        " where recorded_at < $1 order by incident_id, sequence desc",
        RECEIVED + before,
    )
    return [
        Head(incident=row["incident_id"], version=row["sequence"], hash=row["hash"]) for row in rows
    ]


async def test_the_digest_covers_of_each_log_what_was_recorded_before_its_hour(
    bench: Bench,
) -> None:
    await _say(bench, *range(1, 40), stamps={"pushed": 20}, number=1)
    later = {"pushed": 20, "acknowledged": 3600}
    await _say(bench, *range(1, 20), stamps=later, number=2)  # recorded in the next hour
    await _say(bench, *range(50, 60), stamps=later, number=2)
    taken = await _hour(bench)
    assert taken is not None
    heads = await _heads(bench, HOUR)
    assert (taken.digest, taken.count) == (digest_of_heads(heads), 39)
    following = await _hour(bench, 2)
    assert following is not None
    assert following.digest == digest_of_heads(await bench.reports.heads(after=None, limit=100))
    assert (following.sequence, following.previous, following.count) == (2, taken.digest, 49)


async def test_a_digest_is_taken_once_and_told_once_by_however_many(bench: Bench) -> None:
    await _say(bench, 1, stamps={"pushed": 20}, number=1)
    await bench.fetch("delete from notifier.outbox")
    taken = await asyncio.gather(*(_hour(bench) for _ in range(4)))
    assert sum(one is not None for one in taken) == 1
    assert await _hour(bench) is None
    (told,) = await bench.fetch("select topic, key, value from notifier.outbox")
    (kept,) = await bench.reports.digests(after=0, limit=10)
    assert (told["topic"], told["key"]) == ("digests.v1", "timing")
    assert codec.decode(told["value"], HeadsDigest) == HeadsDigest(
        log="timing", sequence=1, taken_at=RECEIVED + HOUR, count=1, digest=kept.digest,
        previous=GENESIS,
    )  # fmt: skip


async def test_hours_in_which_nobody_looked_are_covered_by_the_next_digest(bench: Bench) -> None:
    await _say(bench, 1, stamps={"pushed": 20}, number=1)
    taken = await _hour(bench, 9)
    assert taken is not None
    assert (taken.sequence, taken.taken_at) == (1, RECEIVED + 9 * HOUR)


async def test_of_no_heads_the_digest_is_that_of_nothing(bench: Bench) -> None:
    taken = await _hour(bench)
    assert taken is not None
    assert (taken.digest, taken.count) == (digest_of_heads([]), 0)


async def test_heads_and_digests_are_read_page_by_page(bench: Bench) -> None:
    await _say(bench, *range(1, 8), stamps={"pushed": 20}, number=1)
    first = await bench.reports.heads(after=None, limit=4)
    rest = await bench.reports.heads(after=first[-1].incident, limit=4)
    assert [head.incident.int for head in (*first, *rest)] == list(range(1, 8))
    for hours in (1, 2, 3):
        await _hour(bench, hours)
    assert [one.sequence for one in await bench.reports.digests(after=1, limit=9)] == [2, 3]
