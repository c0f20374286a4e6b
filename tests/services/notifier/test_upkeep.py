"""What runs beside: gauges and the hourly digest."""

from datetime import timedelta

from prometheus_client import REGISTRY

from services.notifier.ports import Conservation, Counts, Heard
from services.notifier.upkeep import Upkeep
from tests.builders import RECEIVED, at
from tests.fakes.clock import FakeClock
from tests.fakes.notifier_reports import FakeDigests, FakeReports


def gauge(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def test_the_gauges_say_what_is_missing_late_and_silent() -> None:
    reports = FakeReports(
        compared=Conservation(unopened=2, unannounced=1, doubled=0, oldest_unopened_at=at(60)),
        counted=Counts(alerts=7, dead_lettered=1, incidents={"open": 3}),
        heard=[Heard(service="dispatcher", instance="a", sent_at=at(396), heard_at=at(96))],
        deadline=(at(97), 4),
    )
    upkeep = Upkeep(
        reports=reports, digests=FakeDigests(), housekeeping=reports, clock=FakeClock(at(100))
    )
    await upkeep.measure_once()
    assert gauge("d115_conservation_difference", part="unopened") == 2
    assert gauge("d115_conservation_difference", part="doubled") == 0
    assert gauge("d115_oldest_unopened_alert_seconds") == 40
    assert gauge("d115_timer_overdue_seconds") == 3
    assert gauge("d115_timer_set_aside_rows") == 4
    assert gauge("d115_heartbeat_age_seconds", service="dispatcher") == 4
    assert gauge("d115_incidents", state="open") == 3
    assert gauge("d115_incidents", state="closed") == 0
    assert gauge("d115_alerts", what="accepted") == 7
    assert reports.compared_before == [at(90)]
    assert reports.forgotten_before == [at(100) - timedelta(hours=1)]


async def test_all_incidents_are_counted_less_often() -> None:
    reports, clock = FakeReports(), FakeClock(at(100))
    upkeep = Upkeep(reports=reports, digests=FakeDigests(), housekeeping=reports, clock=clock)
    await upkeep.measure_once()
    reports.counted = Counts(alerts=9, dead_lettered=0)
    clock.advance(5)
    await upkeep.measure_once()
    assert gauge("d115_alerts", what="accepted") == 0
    clock.advance(10)
    await upkeep.measure_once()
    assert gauge("d115_alerts", what="accepted") == 9


async def test_one_digest_is_taken_an_hour() -> None:
    digests, clock, reports = FakeDigests(), FakeClock(RECEIVED), FakeReports()
    upkeep = Upkeep(reports=reports, digests=digests, housekeeping=reports, clock=clock)
    for _ in range(2 * 360):
        await upkeep.digest_once()
        clock.advance(10)
    assert [digest.taken_at.hour for digest in digests.taken] == [3, 4, 5]
