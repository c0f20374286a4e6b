"""The same promises as in memory, kept by Postgres: each fact once, chained, told, remembered."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from incident.chain import canonical, check_chain
from incident.messages import TargetChanged
from services.notifier.adapters.timing_log import record_of
from services.notifier.handlers.judging import Subject, judge_time
from services.notifier.handlers.waking import Woken
from services.notifier.ports import Known, Pulse, Spoken, Wanted
from services.runtime import codec
from services.runtime.envelope import parse
from tests.builders import OBSERVE, PROFILE_115, a_moment, an_alert, an_incident, at
from tests.integration.notifier.bench import TOPIC, Bench, moments
from tests.services.notifier.watching import Notifier, version

ALERT = an_alert(reported=None)
ID = ALERT.id
OPENED = version(an_incident(alert=ALERT), 1, told=0.1)
PUSHED = version(an_incident({"pushed": 20}, alert=ALERT), 2, told=20)
LATE = version(
    an_incident({"acknowledged": 95}, also=[a_moment("pushed", 55, recorded=90)], alert=ALERT),
    3,
    told=95,
)


async def _live(notifier: Bench | Notifier) -> None:
    """A life with a breach, an amendment, steps and warnings."""
    await notifier.hears(ALERT, now=0.05)
    await notifier.hears(OPENED, now=0.2)
    for now in (5, 45, 60, 61):
        await notifier.looks(now=now)
    await notifier.hears(LATE, ALERT, OPENED, now=95.1)
    for now in (101, 106, 120):
        await notifier.looks(now=now)
    await notifier.hears(version(an_incident(alert=ALERT, ended=130), 9, told=130), now=130.1)


async def test_a_life_is_the_same_in_postgres_as_in_memory(bench: Bench) -> None:
    memory = Notifier()
    await _live(bench)
    await _live(memory)
    assert await bench.facts() == memory.facts
    watched = await bench.reports.find(ID)
    assert watched is not None
    assert _bare(watched.known) == _bare(memory.store.tables.known[ID])
    assert watched.incident == memory.store.tables.incidents[ID]
    rows = await bench.fetch("select round, leg, outcome, amended from notifier.leg")
    assert {(row["round"], row["leg"]): (row["outcome"], row["amended"]) for row in rows} == {
        (no, leg): (verdict.outcome, verdict.amended)
        for (_, no, leg), verdict in memory.store.tables.legs.items()
    }
    assert await bench.count("deadline") == len(memory.store.tables.deadlines)


async def test_the_log_is_a_whole_chain_and_its_head_is_kept(bench: Bench) -> None:
    await _live(bench)
    log = await bench.reports.log(ID, after=0, limit=1000)
    (head,) = await bench.reports.heads(after=None, limit=10)
    assert check_chain([one.entry for one in log], head=head) is None
    assert len(log) == head.version >= 6
    assert all(canonical(codec.decode(one.entry.text, dict)) == one.entry.text for one in log)
    text = codec.decode(log[0].entry.text, dict)
    assert (text["id"], text["type"]) == (str(log[0].id), log[0].type)


async def test_every_fact_is_told_under_the_id_it_has_in_the_log(bench: Bench) -> None:
    await bench.hears(PUSHED, now=20.1)
    rows = await bench.fetch("select * from notifier.outbox order by position")
    log = await bench.reports.log(ID, after=0, limit=10)
    assert [parse(codec.decode(row["headers"], dict)).id for row in rows] == [
        str(one.id) for one in log
    ]
    assert {(row["topic"], row["key"]) for row in rows} == {("timing.v1", str(ID))}
    assert codec.decode(rows[0]["value"], TargetChanged).leg == "push"


async def test_a_fact_told_again_bears_the_same_id() -> None:
    """As after a database was lost and the topics were read again."""
    ids = []
    for notifier in (Notifier(), Notifier()):
        await notifier.hears(PUSHED, now=20.1)
        ids.append(parse(record_of(notifier.store.tables.log[0], TOPIC).headers).id)
    assert ids[0] == ids[1]


async def test_two_notifiers_that_look_at_once_say_each_thing_once(bench: Bench) -> None:
    alerts = [an_alert(number=number, reported=None) for number in range(1, 301)]
    incidents = [version(an_incident(alert=one, profile=OBSERVE), 1, told=0) for one in alerts]
    await bench.hears(*incidents, now=0.1)

    async def look(times: int) -> list[Woken]:
        return [await bench.looks(now=61) for _ in range(times)]

    looks = await asyncio.gather(look(3), look(3), look(3))
    claimed = sum(woken.claimed for several in looks for woken in several)
    assert claimed == 300
    assert await bench.facts() == ["breached/1/push"] * 300
    assert await bench.count("outbox") == 300


async def test_a_deadline_under_way_in_another_notifier_is_not_waited_for(bench: Bench) -> None:
    await bench.hears(OPENED, now=0.1)
    async with bench.store.work() as other:
        await other.lock({ID: Spoken(partition=3)})
        assert (await bench.looks(now=61)).claimed == 0
    assert (await bench.looks(now=61)).claimed == 1


async def test_a_closed_partition_waits_and_what_rests_is_not_claimed(bench: Bench) -> None:
    await bench.hears(OPENED, now=0.1)
    assert (await bench.looks(now=5, closed=[3])).claimed == 0
    async with bench.store.work() as work:
        assert await work.list_due(wanted(5)) == [ID]
        assert not await work.fail(ID, fault="a fault", real=at(5))
    assert (await bench.looks(now=5.9)).claimed == 0
    assert (await bench.looks(now=6)).claimed == 1


async def test_the_fifth_failure_sets_aside_and_news_open_again(bench: Bench) -> None:
    await bench.hears(OPENED, now=0.1)
    async with bench.store.work() as work:
        failures = [await work.fail(ID, fault="a fault", real=at(5)) for _ in range(5)]
    assert failures == [False, False, False, False, True]
    assert (await bench.looks(now=1000)).claimed == 0
    assert await bench.reports.oldest_deadline() == (None, 1)
    await bench.hears(PUSHED, now=20.1)
    assert (await bench.looks(now=1000)).claimed == 1


async def test_alert_and_incident_that_come_at_once_know_of_each_other(bench: Bench) -> None:
    """Two members of the group, one with each topic's partition, in whatever interleaving."""
    pairs = [an_alert(number=number) for number in range(1, 41)]
    incidents = [version(an_incident(alert=alert), 1, told=0.1) for alert in pairs]
    await asyncio.gather(
        *(bench.hears(*pairs[n : n + 8], now=0.2) for n in range(0, 40, 8)),
        *(bench.hears(*reversed(incidents[n : n + 10]), now=0.2) for n in range(0, 40, 10)),
    )
    found = await bench.reports.conservation(before=at(100))
    assert found.difference == 0
    assert (await bench.reports.counts()).incidents == {"open": 40}


async def test_legs_judged_of_an_alert_go_where_its_incident_has_none(bench: Bench) -> None:
    await bench.hears(ALERT, now=0.1)
    (push,) = (leg for leg in PROFILE_115.legs if leg.code == "push")
    only_push = replace(PROFILE_115, legs=(push,))
    await bench.hears(version(an_incident(alert=ALERT, profile=only_push), 1, told=0.1), now=0.2)
    rows = await bench.fetch("select leg, organisation from notifier.leg")
    assert [(row["leg"], row["organisation"]) for row in rows] == [("push", "heling")]


async def test_counts_kept_beside_are_those_of_the_rows(bench: Bench) -> None:
    alerts = [an_alert(number=number) for number in range(1, 13)]
    incidents = [version(an_incident(alert=one), 1, told=0.1) for one in alerts[:9]]
    await bench.hears(*alerts[3:], now=0.1)
    await bench.hears(*incidents, now=0.2)
    await bench.hears(*alerts, *incidents, now=0.3)  # three come late, all others twice
    for told, ids in ((20, range(6)), (30, range(3))):
        stamps = {"pushed": 20.0} if told == 20 else {"pushed": 20.0, "acknowledged": 30.0}
        acts = [version(an_incident(stamps, alert=alerts[n]), told, told=told) for n in ids]
        await bench.hears(*acts, *acts, now=told + 0.1)
    await bench.hears(version(an_incident(alert=alerts[0], ended=40), 40, told=40), now=40.1)
    await bench.hears(now=41, dead={alerts[11].id: at(41)})
    states = await bench.fetch(
        "select state, count(*) as n from notifier.incident where state is not null group by state"
    )
    counts = await bench.reports.counts()
    assert counts.incidents == {row["state"]: row["n"] for row in states}
    assert counts.incidents == {"open": 3, "pushed": 3, "acknowledged": 2, "closed": 1}
    assert (counts.alerts, counts.dead_lettered) == (await bench.count("alert"), 1) == (12, 1)


async def test_the_facts_kept_with_an_incident_are_those_in_its_log(bench: Bench) -> None:
    await _live(bench)
    (row,) = await bench.fetch("select announced from notifier.incident")
    log = await bench.fetch("select fact from notifier.timing_event order by sequence")
    assert row["announced"].splitlines() == [one["fact"] for one in log]


async def test_a_withdrawal_ends_the_deadline_of_an_alert_alone(bench: Bench) -> None:
    other = an_alert(number=2)
    await bench.hears(ALERT, version(an_incident(alert=other), 1, told=0), now=0.1)
    await bench.hears(now=1, cancelled={ID: at(1), other.id: at(1)})
    rows = await bench.fetch("select incident_id from notifier.deadline")
    assert [row["incident_id"] for row in rows] == [other.id]


def a_pulse(instance: str, sent: float) -> Pulse:
    return Pulse(service="dispatcher", instance=instance, sent_at=at(sent))


async def test_the_last_sign_of_life_of_each_process_is_kept(bench: Bench) -> None:
    await bench.hears(now=8, pulses=[a_pulse("b", 1)])
    await bench.hears(now=9, pulses=[a_pulse("a", 3), a_pulse("a", 5)])
    kept = await bench.reports.pulses()
    assert [(one.instance, one.sent_at) for one in kept] == [("a", at(5)), ("b", at(1))]
    await bench.reports.forget_pulses(before=kept[0].heard_at + timedelta(hours=1))
    assert await bench.reports.pulses() == [kept[0]]


async def test_a_sender_whose_clock_goes_back_is_heard_all_the_same(bench: Bench) -> None:
    await bench.hears(now=9, pulses=[a_pulse("a", 305)])
    (before,) = await bench.reports.pulses()
    await bench.hears(now=19, pulses=[a_pulse("a", 7)])
    (after,) = await bench.reports.pulses()
    assert after.sent_at == at(7)
    assert after.heard_at > before.heard_at


async def test_the_same_sign_of_life_of_another_partition_is_none(bench: Bench) -> None:
    await bench.hears(now=9, pulses=[a_pulse("a", 5)])
    kept = await bench.reports.pulses()
    await bench.hears(now=19, pulses=[a_pulse("a", 5)])
    assert await bench.reports.pulses() == kept


async def test_partitions_are_counted_as_often_as_they_are_in_good_hands(bench: Bench) -> None:
    async with bench.store.work() as work:
        await work.beat({1, 2})
        await work.beat({2})
        assert await work.beat(()) == {1: 1, 2: 2}


async def test_an_empty_batch_costs_nothing(bench: Bench) -> None:
    assert await bench.hears(now=1) == []
    assert await bench.count("incident") == 0


async def test_a_batch_that_fails_leaves_nothing_behind(bench: Bench) -> None:
    await bench.hears(OPENED, now=0.1)

    async def say_twice() -> None:
        async with bench.store.work() as work:
            known = await work.lock({ID: Spoken(partition=3)})
            said = judge_time(known[ID], Subject(incident=OPENED), now=at(61))
            for _ in range(2):
                await work.save([said], real=at(61))

    with pytest.raises(asyncpg.UniqueViolationError):  # the log refuses to hold a fact twice
        await say_twice()
    assert await bench.facts() == []
    assert await bench.count("outbox") == 0


def _bare(known: Known) -> Known:
    """Without what only one of the two keeps there."""
    return replace(known, announced=frozenset(), legs={})


def wanted(now: float) -> Wanted:
    return Wanted(now=moments(now).now, real=moments(now).real)
