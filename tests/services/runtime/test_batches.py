"""A batch is applied as a whole, or all of it but the records that spoil it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.consumer.batches import apply_divided
from services.runtime.consumer.faults import FencedError
from services.runtime.records import PermanentError, Received


def records(count: int) -> list[Received]:
    return [
        Received(
            topic="t",
            partition=0,
            offset=offset,
            key="k",
            value=b"",
            headers={},
            timestamp=datetime(2026, 3, 2, tzinfo=UTC),
        )
        for offset in range(count)
    ]


class Applier:
    """Fails on the offsets it is given faults for."""

    def __init__(self, faults: dict[int, Exception]) -> None:
        self.faults = faults
        self.attempts = 0
        self.done: list[int] = []
        self.buried: list[int] = []

    async def attempt(self, part: Sequence[Received]) -> None:
        self.attempts += 1
        for record in part:
            if record.offset in self.faults:
                raise self.faults[record.offset]
        self.done += [record.offset for record in part]

    async def bury(self, record: Received, error: Exception) -> None:
        assert error is self.faults[record.offset]
        self.buried.append(record.offset)
        self.done.append(record.offset)


@given(count=st.integers(0, 80), poison=st.sets(st.integers(0, 79)))
async def test_each_record_is_applied_or_buried_once_and_in_order(
    count: int, poison: set[int]
) -> None:
    applier = Applier({offset: PermanentError("poison") for offset in poison})
    await apply_divided(records(count), attempt=applier.attempt, bury=applier.bury)
    assert applier.done == list(range(count))
    assert applier.buried == sorted(offset for offset in poison if offset < count)


async def test_a_good_batch_is_one_attempt() -> None:
    applier = Applier({})
    await apply_divided(records(200), attempt=applier.attempt, bury=applier.bury)
    assert applier.attempts == 1


async def test_one_culprit_in_two_hundred_is_found_in_few_attempts() -> None:
    applier = Applier({137: PermanentError("poison")})
    await apply_divided(records(200), attempt=applier.attempt, bury=applier.bury)
    assert applier.buried == [137]
    assert applier.attempts <= 17


@pytest.mark.parametrize("fault", [OSError("away"), TimeoutError(), FencedError("another")])
async def test_a_fault_that_is_not_the_records_buries_nothing(fault: Exception) -> None:
    applier = Applier({5: PermanentError("poison"), 30: fault})
    with pytest.raises(type(fault)):
        await apply_divided(records(40), attempt=applier.attempt, bury=applier.bury)
    assert 30 not in applier.buried
    assert applier.done == list(range(len(applier.done)))
    assert len(applier.done) <= 30
