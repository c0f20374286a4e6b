"""What the notifier counts can be held against what it promises."""

from structlog.testing import capture_logs

from services.notifier.adapters.timing_log import record_of
from services.notifier.measures import LEG_SECONDS, count_facts
from services.runtime import trace
from services.runtime.kinds import load_kinds
from tests.builders import an_incident
from tests.services.notifier.watching import ID, Notifier


def test_every_target_is_a_bound_of_the_histogram_of_legs() -> None:
    _, profiles = load_kinds()
    targets = {
        leg.target.length.total_seconds()
        for profile in profiles.values()
        for leg in profile.legs
        if leg.target is not None
    }
    (described,) = LEG_SECONDS.labels("any", "person").collect()
    bounds = {
        float(sample.labels["le"])
        for sample in described.samples
        if sample.name.endswith("_bucket")
    }
    assert targets
    assert targets <= bounds


async def test_what_a_clock_says_stands_in_the_log_by_its_incident() -> None:
    notifier = Notifier()
    await notifier.hears(an_incident(), now=1)
    woken = await notifier.looks(now=61)
    with capture_logs() as lines:
        count_facts(woken.judged)
    told = {(line["incident_id"], line["fact"]) for line in lines if line["event"] == "clock_said"}
    assert told == {(str(ID), fact) for fact in notifier.facts}
    assert (str(ID), "breached/1/push") in told


async def test_a_fact_begins_a_trace_of_its_own_that_its_record_and_its_line_share() -> None:
    notifier = Notifier()
    await notifier.hears(an_incident(), now=1)
    woken = await notifier.looks(now=61)
    with capture_logs() as lines:
        count_facts(woken.judged)
    logged = {line["fact"]: line["trace_id"] for line in lines}
    told = {
        line.fact.key: trace.id_of(record_of(line, "t").headers[trace.HEADER])
        for line in notifier.store.tables.log
    }
    assert logged.items() <= told.items()
    assert len(set(told.values())) == len(told) > 1
