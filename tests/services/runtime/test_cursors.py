"""Where partitions stand: applied, held, heard."""

from datetime import UTC, datetime, timedelta

import pytest

from services.runtime.consumer.cursors import OUTAGE_SECONDS, Cursors
from services.runtime.consumer.places import Place
from services.runtime.consumer.positions import Step
from services.runtime.records import Received

A, B = Place("alerts", 0), Place("alerts", 1)
SENT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def record(place: Place, offset: int) -> Received:
    return Received(
        topic=place.topic,
        partition=place.partition,
        offset=offset,
        key="k",
        value=b"",
        headers={},
        timestamp=SENT + timedelta(seconds=offset),
    )


@pytest.fixture
def cursors() -> Cursors:
    """Two partitions, located at 5 and 0, ending at 7 and 0."""
    made = Cursors()
    made.assign([A, B], now=0.0)
    made.locate(A, 5)
    made.locate(B, 0)
    made.hear(A, answer=1, end=7, now=0.5)
    made.hear(B, answer=1, end=0, now=0.5)
    return made


def apply(cursors: Cursors, place: Place, first: int, last: int) -> None:
    records = [record(place, offset) for offset in range(first, last + 1)]
    cursors.advance(cursors.steps(records), records)


def test_a_partition_settles_when_what_it_held_is_applied(cursors: Cursors) -> None:
    assert cursors.settled(now=0.5) == {B}
    apply(cursors, A, 5, 6)
    assert cursors.settled(now=0.6) == {A, B}


def test_what_comes_later_unsettles_nothing(cursors: Cursors) -> None:
    apply(cursors, A, 5, 6)
    cursors.hear(A, answer=2, end=1000, now=1.0)
    assert A in cursors.settled(now=1.0)


def test_nothing_is_settled_before_it_was_located_and_heard() -> None:
    cursors = Cursors()
    cursors.assign([A], now=0.0)
    assert cursors.settled(now=0.0) == set()
    cursors.locate(A, 0)
    assert cursors.settled(now=0.0) == set()
    cursors.hear(A, answer=1, end=0, now=0.1)
    assert cursors.settled(now=0.1) == {A}


def test_an_outage_unsettles_until_what_came_meanwhile_is_applied(cursors: Cursors) -> None:
    apply(cursors, A, 5, 6)
    back = 0.5 + OUTAGE_SECONDS + 1
    assert cursors.settled(now=back) == set()
    cursors.hear(A, answer=2, end=9, now=back)
    assert cursors.settled(now=back) == set()
    apply(cursors, A, 7, 8)
    assert cursors.settled(now=back) == {A}


def test_the_same_answer_twice_is_no_sign_of_life(cursors: Cursors) -> None:
    cursors.hear(A, answer=1, end=7, now=20.0)
    assert cursors.silence(now=20.0) == 19.5


def test_after_a_failure_only_a_new_answer_says_what_is_held(cursors: Cursors) -> None:
    cursors.lose(now=1.0)
    assert set(cursors.unlocated()) == {A, B}
    cursors.locate(B, 0)
    cursors.hear(B, answer=1, end=0, now=1.1)
    assert cursors.settled(now=1.1) == set()
    cursors.hear(B, answer=2, end=1, now=1.2)
    assert cursors.settled(now=1.2) == set()
    apply(cursors, B, 0, 0)
    assert cursors.settled(now=1.3) == {B}


def test_steps_go_from_where_each_partition_stands(cursors: Cursors) -> None:
    records = [record(B, 0), record(A, 5), record(B, 1), record(A, 6)]
    assert cursors.steps(records) == [Step(A, 5, 7), Step(B, 0, 2)]


def test_partitions_that_were_taken_away_are_not_advanced(cursors: Cursors) -> None:
    records = [record(A, 5)]
    steps = cursors.steps(records)
    cursors.assign([B], now=1.0)
    cursors.advance(steps, records)
    assert cursors.offsets() == {}


def test_lag_is_told_in_records_and_in_seconds(cursors: Cursors) -> None:
    assert (cursors[A].lag, cursors[B].lag) == (2, 0)
    cursors.take([record(A, 5), record(A, 6)])
    late = SENT + timedelta(seconds=65)
    assert cursors.delay(A, now=late) == 60
    apply(cursors, A, 5, 5)
    assert cursors.delay(A, now=late) == 60
    apply(cursors, A, 6, 6)
    assert cursors.delay(A, now=late) == 0
    assert cursors.delay(B, now=late) == 0


def test_silence_is_that_of_the_most_silent_partition(cursors: Cursors) -> None:
    cursors.hear(A, answer=2, end=7, now=9.0)
    assert cursors.silence(now=10.0) == 9.5
    cursors.keep_alive(now=10.0)
    assert cursors.silence(now=10.0) == 0.0
    assert Cursors().silence(now=10.0) == 0.0
