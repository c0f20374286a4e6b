"""When more comes than can be handled, red is shed last, and nobody takes it all."""

import asyncio
from contextlib import ExitStack

import pytest

from incident.alert import Severity
from services.intake.overload import ALLOWED, Admission, Limits, ShedError, StandingQueue
from tests.fakes.clock import FakeClock
from tests.services.intake.park import Intake, alert, until

OTHERS = [Severity.ORANGE, Severity.YELLOW, Severity.BLUE, None]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.mark.parametrize("severity", OTHERS)
def test_others_leave_red_its_reserve(clock: FakeClock, severity: Severity | None) -> None:
    admission = Admission(Limits(slots=8, reserve=2), clock.monotonic)
    with ExitStack() as slots:
        for _ in range(6):
            slots.enter_context(admission.working("st", severity))
        with pytest.raises(ShedError, match="slots"):
            slots.enter_context(admission.working("st", severity))
        for _ in range(2):
            slots.enter_context(admission.working("st", Severity.RED))
        with pytest.raises(ShedError, match="slots"):
            slots.enter_context(admission.working("st", Severity.RED))


def test_red_in_others_slots_counts_against_others(clock: FakeClock) -> None:
    admission = Admission(Limits(slots=4, reserve=1), clock.monotonic)
    with ExitStack() as slots:
        for _ in range(3):
            slots.enter_context(admission.working("st", Severity.RED))
        with pytest.raises(ShedError, match="slots"):
            slots.enter_context(admission.working("st", Severity.BLUE))


def test_a_slot_is_given_back_also_after_an_error(clock: FakeClock) -> None:
    admission = Admission(Limits(slots=2, reserve=0), clock.monotonic)
    for _ in range(10):
        with pytest.raises(ValueError, match="x"), admission.working("st", None):
            raise ValueError("x")


def test_a_queue_that_stands_takes_slots_away_and_a_hiccup_does_not(clock: FakeClock) -> None:
    admission = Admission(Limits(slots=120, reserve=20, rate=1e6, burst=10**6), clock.monotonic)

    def work(seconds: float, times: int = 1) -> None:
        for _ in range(times):
            with admission.working("st", None):
                clock.advance(seconds)

    def room() -> int:
        with ExitStack() as slots:
            for count in range(1000):
                try:
                    slots.enter_context(admission.working("st", None))
                except ShedError:
                    return count
        raise AssertionError

    work(0.01, 50)
    work(1.0)
    work(0.01, 100)
    assert room() == 100
    work(0.3, 6)
    fewer = room()
    assert 64 <= fewer < 90
    work(0.3, 60)
    assert room() <= 64 * 5 // 4 + 4
    with ExitStack() as slots:  # red keeps its reserve beside them
        for _ in range(64 + 20):
            slots.enter_context(admission.working("st", Severity.RED))
    work(0.01, 1500)
    assert room() == 100


def test_a_queue_that_stands_leaves_as_many_slots_as_end_within_the_wait_allowed(
    clock: FakeClock,
) -> None:
    queue = StandingQueue(1000)
    for _ in range(3 * 2000):  # 2,000 a second, of which even the fastest takes 0.4 s
        clock.advance(1 / 2000)
        queue.note(0.4, now=clock.monotonic())
    assert queue.slots == pytest.approx(2000 * ALLOWED, abs=5)


async def test_what_is_shed_is_not_read_first() -> None:
    intake = Intake(limits=Limits(slots=2, reserve=1))
    intake.log.open.clear()
    inside = asyncio.ensure_future(intake.post())
    await until(lambda: intake.log.waiting == 1)
    headers = {"content-type": "application/json"}
    assert (await intake.post(body=b"no JSON", headers=headers)).status == 429
    assert (await intake.post(body=b'no JSON, but "red"', headers=headers)).status == 400
    red = asyncio.ensure_future(intake.post(json=alert(severity="red")))
    await until(lambda: intake.log.waiting == 2)
    assert (await intake.post(body=b'no JSON, but "red"', headers=headers)).status == 429
    intake.log.open.set()
    assert [(await each).status for each in (inside, red)] == [202, 202]


def test_a_burst_is_let_in_and_then_the_rate(clock: FakeClock) -> None:
    admission = Admission(Limits(rate=10, burst=5), clock.monotonic)
    assert let_in(admission, 20) == 5
    clock.advance(0.1)
    assert let_in(admission, 20) == 1
    clock.advance(0.35)
    assert let_in(admission, 20) == 3
    clock.advance(100)
    assert let_in(admission, 20) == 5


def test_whoever_is_too_fast_is_told_how_long_to_wait(clock: FakeClock) -> None:
    admission = Admission(Limits(rate=0.5, burst=1), clock.monotonic)
    assert let_in(admission, 1) == 1
    with pytest.raises(ShedError) as shed, admission.working("st", None):
        pass
    assert shed.value.retry_after == pytest.approx(2.0)
    clock.advance(shed.value.retry_after + 0.001)
    assert let_in(admission, 2) == 1


def test_one_organisations_pace_is_not_anothers(clock: FakeClock) -> None:
    admission = Admission(Limits(rate=1, burst=2), clock.monotonic)
    assert let_in(admission, 5, "st-a") == 2
    assert let_in(admission, 5, "st-b") == 2


def test_red_has_no_pace(clock: FakeClock) -> None:
    admission = Admission(Limits(rate=1, burst=1), clock.monotonic)
    assert let_in(admission, 50, severity=Severity.RED) == 50
    assert let_in(admission, 50) == 1


async def test_under_overload_red_alerts_are_the_last_to_be_shed() -> None:
    intake = Intake(limits=Limits(slots=8, reserve=2))
    intake.log.open.clear()
    inside = [asyncio.ensure_future(intake.post()) for _ in range(6)]
    await until(lambda: intake.log.waiting == 6)
    shed = await intake.post(json=alert(severity="orange"))
    assert (shed.status, shed.json()["type"]) == (429, "/problems/overloaded")
    assert shed.headers["retry-after"] == "1"
    inside += [asyncio.ensure_future(intake.post(json=alert(severity="red"))) for _ in range(2)]
    await until(lambda: intake.log.waiting == 8)
    assert (await intake.post(json=alert(severity="red"))).status == 429
    intake.log.open.set()
    assert [(await each).status for each in inside] == [202] * 8
    assert len(intake.log.messages) == 8


async def test_a_station_that_is_too_fast_is_told_when_to_come_back() -> None:
    intake = Intake(limits=Limits(rate=0.25, burst=1))
    assert (await intake.post()).status == 202
    shed = await intake.post()
    assert (shed.status, shed.json()["type"]) == (429, "/problems/rate-limited")
    assert shed.headers["retry-after"] == "4"
    assert (await intake.post(json=alert(severity="red"))).status == 202
    assert (await intake.post(holder="other-station")).status == 202
    intake.clock.advance(4.1)
    assert (await intake.post()).status == 202


async def test_a_batch_with_a_red_alert_goes_first() -> None:
    intake = Intake(limits=Limits(slots=2, reserve=1))
    intake.log.open.clear()
    inside = asyncio.ensure_future(intake.post())
    await until(lambda: intake.log.waiting == 1)
    body = {"sent_at": "2026-03-02T12:00:00Z", "alerts": [alert()]}
    assert (await intake.post("/v1/alerts/batch", "other-station", json=body)).status == 429
    body["alerts"] = [alert(), alert(severity="red")]
    batch = asyncio.ensure_future(intake.post("/v1/alerts/batch", "other-station", json=body))
    await until(lambda: intake.log.waiting == 2)
    intake.log.open.set()
    assert ((await inside).status, (await batch).status) == (202, 207)


async def test_whoever_is_refused_for_what_was_sent_takes_no_slot() -> None:
    intake = Intake(limits=Limits(rate=1, burst=1))
    for _ in range(20):
        assert (await intake.post(json=alert(severity="purple"))).status == 422
    assert (await intake.post()).status == 202


def let_in(
    admission: Admission, tries: int, organisation: str = "st", severity: Severity | None = None
) -> int:
    count = 0
    for _ in range(tries):
        try:
            with admission.working(organisation, severity):
                count += 1
        except ShedError:
            pass
    return count
