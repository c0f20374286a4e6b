"""Which partitions' deadlines a process looks at."""

from services.notifier.handlers.gate import PATIENCE, Gate

ALL = frozenset(range(6))


def test_after_a_start_every_partition_waits() -> None:
    assert Gate(6, now=100).closed(now=100) == ALL


def test_a_partition_opens_as_soon_as_what_it_held_is_applied() -> None:
    gate = Gate(6, now=100)
    gate.settle({1, 2}, now=101)
    assert gate.closed(now=101) == ALL - {1, 2}


def test_after_ten_seconds_the_watcher_speaks_whatever_keeps_kafka_away() -> None:
    gate = Gate(6, now=100)
    assert gate.closed(now=100 + PATIENCE - 0.001) == ALL
    assert gate.closed(now=100 + PATIENCE) == frozenset()


def test_a_partition_that_is_lost_or_unsettled_closes_again_for_ten_seconds() -> None:
    gate = Gate(6, now=100)
    gate.settle(ALL, now=200)
    gate.settle(ALL - {3}, now=201)
    assert gate.closed(now=201) == {3}
    assert gate.closed(now=200 + PATIENCE) == frozenset()


def test_a_partition_in_the_hands_of_another_process_is_left_to_it() -> None:
    gate = Gate(6, now=100)
    gate.settle({0, 1, 2}, now=100)
    for second in range(60):
        gate.settle({0, 1, 2}, now=100 + second)
        gate.hear({3: second + 7, 4: second + 9, 5: second + 2}, now=100 + second)
    assert gate.closed(now=159) == {3, 4, 5}


def test_a_partition_that_nobody_speaks_for_is_everybodys_after_ten_seconds() -> None:
    gate = Gate(6, now=100)
    gate.hear({5: 1}, now=100)
    gate.hear({5: 2}, now=101)
    for second in range(2, 20):
        gate.settle(ALL - {5}, now=100 + second)
        gate.hear({5: 2}, now=100 + second)
        assert (5 in gate.closed(now=100 + second)) is (second < 1 + PATIENCE)


def test_what_was_said_before_the_start_says_nothing() -> None:
    gate = Gate(6, now=100)
    gate.hear({5: 40}, now=109)
    assert 5 not in gate.closed(now=110)


def test_a_partition_that_was_never_heard_of_is_no_reason_to_wait() -> None:
    gate = Gate(2, now=100)
    gate.hear({7: 1}, now=100)
    gate.hear({7: 2}, now=101)
    assert gate.closed(now=200) == frozenset()
