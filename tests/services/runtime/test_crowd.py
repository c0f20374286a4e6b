"""When records wait a little to share a transaction."""

from services.runtime.consumer.crowd import LINGER_SECONDS, MANY_PER_SECOND, Crowd


def _linger(per_second: float, *, seconds: float = 2.0, batch: int = 1) -> float:
    crowd = Crowd()
    for number in range(int(per_second * seconds / batch)):
        crowd.note(batch, now=number * batch / per_second)
    return crowd.linger


def test_few_records_are_each_applied_at_once() -> None:
    assert _linger(50) == 0
    assert _linger(MANY_PER_SECOND * 0.9) == 0


def test_many_wait_for_one_another_whether_or_not_they_come_in_batches() -> None:
    assert _linger(MANY_PER_SECOND * 1.2) == LINGER_SECONDS
    assert _linger(MANY_PER_SECOND * 4, batch=100) == LINGER_SECONDS


def test_after_the_crowd_nobody_waits() -> None:
    crowd = Crowd()
    for number in range(1000):
        crowd.note(1, now=number / 1000)
    assert crowd.linger == LINGER_SECONDS
    crowd.note(1, now=5.0)
    assert crowd.linger == 0
