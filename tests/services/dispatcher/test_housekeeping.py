"""What is removed and when, and how the digest of all heads is taken."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from typing_extensions import override

from incident.alert import IncidentId
from incident.chain import GENESIS, Head, digest_of_heads, sha256_hex
from services.dispatcher.handlers.housekeeping import (
    BATCH,
    MOST_BATCHES,
    Attic,
    Digest,
    Digests,
    HeadsHash,
    Stray,
    Swept,
    Waiting,
    boundary,
    digest_hour,
    sweep,
)
from services.dispatcher.housekeeping import NAMED_STRAYS, SWEEP_SECONDS, Housekeeping
from tests.fakes.clock import NOON, FakeClock


class FakeAttic(Attic):
    """So many old things of each kind; notes what it was asked for."""

    def __init__(self, *, frames: int = 0, answers: int = 0, strays: int = 0) -> None:
        self.left = {"frames": frames, "answers": answers, "strays": strays}
        self.asked: list[tuple[str, datetime]] = []
        self.failing = False

    def _take(self, what: str, before: datetime, limit: int) -> int:
        self.asked.append((what, before))
        if self.failing:
            raise ConnectionError
        taken = min(self.left[what], limit)
        self.left[what] -= taken
        return taken

    @override
    async def purge_frames(self, before: datetime, *, limit: int) -> int:
        return self._take("frames", before, limit)

    @override
    async def purge_answers(self, before: datetime, *, limit: int) -> int:
        return self._take("answers", before, limit)

    @override
    async def take_strays(self, before: datetime, *, limit: int) -> list[Stray]:
        return [
            Stray(
                incident=IncidentId(UUID(int=number)),
                id=f"m-{number}",
                type="alert.updated.v1",
                recorded_at=before,
            )
            for number in range(self._take("strays", before, limit))
        ]

    @override
    async def count_early(self) -> Waiting:
        return Waiting(count=0, oldest=None)


class FakeDigests(Digests):
    """Takes digests of nothing."""

    def __init__(self) -> None:
        self.taken: list[Digest] = []
        self.failing = False

    @override
    async def last(self) -> Digest | None:
        if self.failing:
            raise ConnectionError
        return self.taken[-1] if self.taken else None

    @override
    async def take(self, at: datetime, *, real: datetime) -> Digest | None:
        digest = Digest(
            sequence=len(self.taken) + 1, taken_at=at, count=0, digest="", previous=GENESIS
        )
        self.taken.append(digest)
        return digest


async def test_frames_go_after_a_day_answers_and_strays_after_a_week() -> None:
    attic = FakeAttic()
    domain = datetime(2016, 12, 31, tzinfo=UTC)

    await sweep(attic, now=domain, real=NOON)

    assert attic.asked == [
        ("frames", NOON - timedelta(hours=24)),
        ("answers", NOON - timedelta(days=7)),
        ("strays", domain - timedelta(days=7)),
    ]


async def test_a_round_removes_a_bounded_number_and_the_next_goes_on() -> None:
    attic = FakeAttic(frames=BATCH * MOST_BATCHES + 5, answers=3)

    first = await sweep(attic, now=NOON, real=NOON)
    second = await sweep(attic, now=NOON, real=NOON)

    assert (first.frames, first.answers, first.is_all) == (BATCH * MOST_BATCHES, 3, False)
    assert (second.frames, second.answers, second.is_all) == (5, 0, True)


def test_a_full_batch_of_strays_leaves_more_for_the_next_round() -> None:
    stray = Stray(incident=IncidentId(UUID(int=1)), id="m", type="t", recorded_at=NOON)

    assert Swept(frames=0, answers=0, strays=(stray,) * (BATCH - 1)).is_all
    assert not Swept(frames=0, answers=0, strays=(stray,) * BATCH).is_all


async def test_what_never_found_its_alert_is_said_loudly_but_not_without_end() -> None:
    attic = FakeAttic(strays=NAMED_STRAYS + 30)
    house = Housekeeping(attic=attic, digests=FakeDigests(), clock=FakeClock())

    with capture_logs() as lines:
        await house.sweep_once()

    told = [line for line in lines if line["event"] == "early_message_lost"]
    assert len(told) == NAMED_STRAYS
    assert {line["log_level"] for line in told} == {"error"}
    assert told[0]["message"] == "m-0"


async def test_the_loop_sweeps_once_a_minute_and_at_once_where_more_is_left() -> None:
    clock = FakeClock()
    attic = FakeAttic(frames=BATCH * MOST_BATCHES + 1)
    task = asyncio.create_task(Housekeeping(attic=attic, digests=FakeDigests(), clock=clock).run())

    await rounds(clock, 5)
    assert attic.left["frames"] == 0
    asked = len(attic.asked)
    await rounds(clock, 5)
    assert len(attic.asked) == asked
    clock.advance(SWEEP_SECONDS)
    await rounds(clock, 2)
    assert len(attic.asked) == asked + 3

    task.cancel()
    await asyncio.wait([task])


async def test_a_part_that_fails_keeps_no_other_from_its_work() -> None:
    clock, attic, digests = FakeClock(), FakeAttic(frames=1), FakeDigests()
    digests.failing = True
    task = asyncio.create_task(Housekeeping(attic=attic, digests=digests, clock=clock).run())

    await rounds(clock, 3)
    assert attic.left["frames"] == 0
    attic.failing, digests.failing = True, False
    clock.advance(SWEEP_SECONDS)
    await rounds(clock, 3)
    assert len(digests.taken) == 1
    assert not task.done()

    task.cancel()
    await asyncio.wait([task])


async def rounds(clock: FakeClock, count: int) -> None:
    """Let the loop come round so many times."""
    until = len(clock.sleeps) + count
    async with asyncio.timeout(5):
        while len(clock.sleeps) < until:
            await FakeClock().sleep(0)


@pytest.mark.parametrize(
    ("seconds", "factor", "hour"),
    [
        (29.9, 1.0, 3),
        (30, 1.0, 4),
        (3599, 1.0, 4),
        (3629.9, 1.0, 4),
        (3630, 1.0, 5),
        (30, 400.0, 0),
    ],
)
def test_a_digest_is_of_a_full_hour_that_nothing_more_can_be_recorded_in(
    seconds: float, factor: float, hour: int
) -> None:
    now = datetime(2026, 3, 2, 4, tzinfo=UTC) + timedelta(seconds=seconds)

    assert boundary(now, factor=factor) == datetime(2026, 3, 2, hour, tzinfo=UTC)


async def test_one_digest_is_taken_for_an_hour_and_one_after_hours_of_silence() -> None:
    digests = FakeDigests()

    for hours in (0, 0, 1, 9, 9):
        await digest_hour(digests, NOON + timedelta(hours=hours), real=NOON)
    early = await digest_hour(digests, NOON, real=NOON)

    assert early is None
    assert [(entry.sequence, entry.taken_at.hour) for entry in digests.taken] == [
        (1, 12), (2, 13), (3, 21)
    ]  # fmt: skip


@given(st.dictionaries(st.uuids(), st.integers(1, 9_999), max_size=20), st.integers(1, 5))
def test_the_digest_of_a_stream_is_that_of_all_heads_at_once(
    versions: dict[UUID, int], page: int
) -> None:
    heads = [
        Head(incident=id_, version=version, hash=sha256_hex(str(id_)))
        for id_, version in sorted(versions.items())
    ]
    streamed = HeadsHash()

    for start in range(0, len(heads), page):
        streamed.add(heads[start : start + page])

    assert streamed.digest() == digest_of_heads(reversed(heads))
    assert streamed.count == len(heads)
