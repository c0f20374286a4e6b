"""When a center's canary is sent, and what is done with it: by given moments alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.notifier.handlers.canaries import Do, advance, kind_for, plan
from services.notifier.ports.canaries import Canary, CanaryFault, CanaryState, Sight
from services.runtime.kinds import load_kinds

ZONE = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 3, 1, 16, tzinfo=UTC)  # of 2 March in the park
DAY = timedelta(days=1)
CENTERS = [f"center-{number}" for number in range(200)]
NOON = MIDNIGHT + timedelta(hours=12)
ALERT = UUID("0190b5a0-0000-7000-8000-000000000001")


def a_canary(**told: object) -> Canary:
    canary = Canary(
        center="c", day=date(2026, 3, 2), planned_at=NOON, ends_at=MIDNIGHT + DAY, alert_id=ALERT
    )
    return replace(canary, **told)  # type: ignore[arg-type]  # checked by the class


def seen(*, pushed: bool = False, ended: bool = False) -> Sight:
    return Sight(
        opened_at=NOON + timedelta(seconds=1), received_at=NOON, pushed=pushed, ended=ended
    )


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_every_center_has_one_in_the_park_s_day_and_they_are_spread_over_it() -> None:
    planned = plan(CENTERS, now=MIDNIGHT, zone=ZONE)
    hours = {(canary.planned_at - MIDNIGHT) // timedelta(hours=3) for canary in planned}

    assert {canary.day for canary in planned} == {date(2026, 3, 2)}
    assert all(MIDNIGHT <= canary.planned_at < MIDNIGHT + DAY for canary in planned)
    assert hours == set(range(8))


def test_every_notifier_plans_the_same() -> None:
    one, other = (plan(CENTERS, now=MIDNIGHT, zone=ZONE) for _ in range(2))

    assert one == other


def test_what_is_planned_late_in_the_day_is_spread_over_the_next_hour() -> None:
    now = MIDNIGHT + timedelta(hours=20)
    planned = plan(CENTERS, now=now, zone=ZONE)
    before = {canary.center for canary in plan(CENTERS, now=MIDNIGHT, zone=ZONE)
              if canary.planned_at < now}  # fmt: skip
    moved = [canary for canary in planned if canary.center in before]

    assert moved
    assert all(now <= canary.planned_at <= now + timedelta(hours=1) for canary in moved)
    assert len({canary.planned_at for canary in moved}) == len(moved)


def test_it_is_sent_opened_and_taken_back_before_the_first_rung() -> None:
    canary, do = advance(a_canary(), None, now=NOON, real=NOON)
    assert (canary.state, do, canary.tried_at) == (CanaryState.PLANNED, Do.SEND, NOON)

    canary = replace(canary, state=CanaryState.SENT)
    assert advance(canary, None, now=later(1), real=later(1)) == (canary, Do.WAIT)

    opened, do = advance(canary, seen(), now=later(2), real=later(2))
    assert (opened.state, opened.open_seconds, do) == (CanaryState.OPENED, 1.0, Do.WAIT)

    ending, do = advance(opened, seen(), now=later(3), real=later(3))
    assert (ending.state, ending.pushed, do) == (CanaryState.ENDING, False, Do.TAKE_BACK)

    passed, do = advance(ending, seen(ended=True), now=later(4), real=later(4))
    assert (passed.state, passed.fault, passed.finished_at) == (CanaryState.PASSED, None, later(4))
    assert do is Do.WAIT


def test_a_console_that_confirms_by_itself_is_noted_and_not_waited_beyond() -> None:
    canary = a_canary(state=CanaryState.SENT, tried_at=NOON)
    ending, do = advance(canary, seen(pushed=True), now=later(1), real=later(1))

    assert (ending.pushed, do) == (True, Do.TAKE_BACK)


@pytest.mark.parametrize(
    ("state", "after", "fault"),
    [
        (CanaryState.PLANNED, 61, CanaryFault.NOT_ACCEPTED),
        (CanaryState.SENT, 31, CanaryFault.NOT_OPENED),
    ],
)
def test_what_takes_too_long_fails_and_is_still_taken_back(
    state: CanaryState, after: float, fault: CanaryFault
) -> None:
    canary = a_canary(state=state, tried_at=NOON)
    within, _ = advance(canary, None, now=NOON, real=later(after - 2))
    ending, do = advance(canary, None, now=NOON, real=later(after))

    assert within.state is state
    assert (ending.state, ending.fault, do) == (CanaryState.ENDING, fault, Do.TAKE_BACK)

    failed, _ = advance(ending, seen(ended=True), now=NOON, real=later(after + 5))
    assert (failed.state, failed.fault) == (CanaryState.FAILED, fault)


def test_one_that_cannot_be_taken_back_fails() -> None:
    canary = a_canary(state=CanaryState.ENDING, ending_at=NOON, opened_at=NOON)
    again, do = advance(canary, seen(), now=NOON, real=later(59))
    failed, _ = advance(canary, seen(), now=NOON, real=later(61))

    assert (again.state, do) == (CanaryState.ENDING, Do.TAKE_BACK)
    assert (failed.state, failed.fault) == (CanaryState.FAILED, CanaryFault.NOT_ENDED)


def test_an_answer_that_was_lost_is_made_up_for_by_what_was_heard() -> None:
    canary = a_canary(tried_at=NOON)  # it was sent, and the answer never came
    opened, do = advance(canary, seen(), now=later(1), real=later(1))

    assert (opened.state, do) == (CanaryState.OPENED, Do.WAIT)


def test_one_whose_day_is_over_is_missed_and_not_sent() -> None:
    now = MIDNIGHT + DAY
    missed, do = advance(a_canary(), None, now=now, real=now)

    assert (missed.state, missed.finished_at, do) == (CanaryState.MISSED, now, Do.WAIT)


def test_its_kind_asks_for_no_details() -> None:
    kinds, _ = load_kinds()

    assert kind_for(["nothing", "police-alert"], kinds) == "police-alert"
    assert kind_for(["nothing"], kinds) is None
