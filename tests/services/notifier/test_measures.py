"""What the notifier counts can be held against what it promises."""

from dataclasses import replace

from structlog.testing import capture_logs

from incident.moments import ActorKind
from services.notifier.adapters.timing_log import record_of
from services.notifier.measures import LEG_SECONDS, count_facts, observe_leg
from services.runtime import trace
from services.runtime.kinds import load_kinds
from tests.builders import an_incident, at
from tests.services.notifier.watching import ID, Notifier, version


def test_every_target_is_a_bound_of_the_histogram_of_legs() -> None:
    _, profiles = load_kinds()
    targets = {
        leg.target.length.total_seconds()
        for profile in profiles.values()
        for leg in profile.legs
        if leg.target is not None
    }
    (described,) = LEG_SECONDS.labels("any", "person", "actual").collect()
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
        count_facts(woken.judged, real=at(61))
    told = {(line["incident_id"], line["fact"]) for line in lines if line["event"] == "clock_said"}
    assert told == {(str(ID), fact) for fact in notifier.facts}
    assert (str(ID), "breached/1/push") in told


async def test_a_fact_of_an_incident_nobody_traced_begins_a_trace_of_its_own() -> None:
    notifier = Notifier()
    await notifier.hears(an_incident(), now=1)
    woken = await notifier.looks(now=61)
    with capture_logs() as lines:
        count_facts(woken.judged, real=at(61))
    logged = {line["fact"]: line["trace_id"] for line in lines}
    told = told_in(notifier)
    assert logged.items() <= told.items()
    assert len(set(told.values())) == len(told) > 1


async def test_facts_continue_the_trace_their_incident_was_first_spoken_of_in() -> None:
    notifier = Notifier()
    await notifier.hears(an_incident(), now=1, traces={ID: f"00-{'7' * 32}-{'1' * 16}-01"})
    await notifier.hears(
        version(an_incident(), 2, told=2), now=2, traces={ID: f"00-{'8' * 32}-{'1' * 16}-01"}
    )
    await notifier.looks(now=61)
    assert set(told_in(notifier).values()) == {"7" * 32}


async def test_an_observed_leg_leads_to_its_trace() -> None:
    notifier = Notifier()
    (judged,) = await notifier.hears(
        an_incident(), now=1, traces={ID: f"00-{'9' * 32}-{'1' * 16}-01"}
    )
    verdict = replace(judged.verdicts[0], leg="traced", by=ActorKind.PERSON, seconds=12.0)
    observe_leg(judged, verdict)
    (family,) = LEG_SECONDS.labels("traced", "person", "actual").collect()
    found = [sample.exemplar for sample in family.samples if sample.exemplar]
    assert [exemplar.labels for exemplar in found] == [{"trace_id": "9" * 32}]


def told_in(notifier: Notifier) -> dict[str, str | None]:
    return {
        line.fact.key: trace.id_of(record_of(line, "t").headers[trace.HEADER])
        for line in notifier.store.tables.log
    }
