"""The whole notifier on real Kafka and Postgres."""

import asyncio
from dataclasses import replace

from incident import messages
from incident.chain import check_chain
from incident.lifecycle import Incident
from incident.messages import Heartbeat, StepDue, TargetChanged
from services.notifier.adapters.reports import PostgresReports
from services.runtime import codec
from services.runtime.envelope import parse
from services.runtime.health import examine
from services.runtime.postgres import Database
from services.runtime.records import Received
from tests.builders import OBSERVE, an_alert, an_incident
from tests.integration.notifier.site import Site, until
from tests.services.notifier.watching import version

ALERT = an_alert(reported=None)
ID = ALERT.id
OPENED = version(an_incident(alert=ALERT), 1, told=0.1)
PUSHED = version(an_incident({"pushed": 20}, alert=ALERT), 2, told=20)
ACTS = ("pushed", "acknowledged", "assigned")


def others(
    *numbers: int, stamps: dict[str, float] | None = None, number: int = 1
) -> list[Incident]:
    """Further incidents that the ladder leaves alone."""
    alerts = [an_alert(number=one, reported=None) for one in numbers]
    told = max((stamps or {}).values(), default=0.1)
    return [
        version(an_incident(stamps, alert=alert, profile=OBSERVE), number, told=told)
        for alert in alerts
    ]


async def test_what_the_clocks_say_is_told_judged_and_shown(site: Site) -> None:
    await site.publish_directory()
    async with site.notifier() as parts:
        await site.say(ALERT, OPENED)
        await site.applied(OPENED)
        await site.settled()
        site.clock.move(5)
        await until(lambda: _said(site, "step/1/enterprise-webhook/1"))
        site.clock.move(20)
        await site.say(PUSHED)
        told = await site.read(messages.TIMING, lambda found: len(_facts(found)) >= 2)
        step, met = _facts(told)[:2]
        assert parse(step.headers).type == messages.STEP_DUE
        assert codec.decode(step.value, StepDue).step == "1/enterprise-webhook/1"
        assert parse(met.headers).type == messages.TARGET_MET
        assert codec.decode(met.value, TargetChanged).seconds == 20
        assert {step.key, met.key} == {str(ID)}
        await until(lambda: _answers(site, parts))
        client = site.client(parts)
        timing = (await client.get(f"/v1/timing/{ID}")).json()
        assert (timing["state"], timing["head"]["sequence"]) == ("pushed", 2)
        days = "from=2026-03-02&to=2026-03-02"
        (group,) = (await client.get(f"/v1/compliance?{days}")).json()["groups"]
        assert {leg["leg"]: leg["n"] for leg in group["legs"]}["push"] == 1
        assert (await client.get("/v1/conservation")).json()["difference"] == 0
    await _check_chains(site)


async def test_a_dead_dispatcher_is_noticed_by_the_notifier(site: Site) -> None:
    await site.publish_directory()
    async with site.notifier() as parts:
        await until(lambda: _answers(site, parts))
        await site.say(ALERT)
        await until(lambda: _count(site, "deadline", 1))
        await site.settled()
        site.clock.move(60.1)
        await until(lambda: _said(site, "breached/1/push"))
        found = (await site.client(parts).get("/v1/conservation")).json()
        assert (found["unopened"], found["difference"]) == (1, 1)
        assert (await examine(parts.notes))["dispatcher"] == "dispatcher was not heard yet"
        await site.beat()
        await until(lambda: _count(site, "heartbeat", 1))
        notes = await examine(parts.notes)
        told = {name: notes[name] for name in ("dispatcher", "directory", "clocks", "peers")}
        assert told == {
            "dispatcher": "ok", "directory": "ok", "clocks": "ok", "peers": "ok",
        }  # fmt: skip
        watched = (await site.client(parts).get("/v1/watch")).json()["services"]
        assert [(one["service"], one["silent"]) for one in watched] == [("dispatcher", False)]


async def test_after_an_outage_no_breach_is_said_of_what_was_done_in_time(site: Site) -> None:
    """Twenty minutes of records wait; each incident was pushed, sent and closed in time."""
    waiting = others(*range(1, 201))
    async with site.notifier():
        await site.say(*waiting)
        await site.applied(*waiting)
    site.clock.move(1200)
    life: dict[str, float] = {}
    for number, (name, told) in enumerate(zip(ACTS, (20.0, 30.0, 50.0), strict=True)):
        life[name] = told
        await site.say(*others(*range(1, 201), stamps=dict(life), number=number + 2))
    ended = [
        version(an_incident(life, alert=one.alert, profile=OBSERVE, ended=55), 9, told=55)
        for one in waiting
    ]
    await site.say(*ended)
    async with site.notifier():
        await site.applied(*ended)
        await site.settled()
        assert not [fact for fact in await site.facts() if not fact.startswith("met/")]
        assert len(await site.facts()) == 4 * 200  # the three acts and the whole


async def test_two_notifiers_say_each_thing_once_also_when_one_goes(site: Site) -> None:
    incidents = others(*range(1, 121))
    async with site.notifier():
        async with site.notifier():
            await site.say(*incidents)
            await site.applied(*incidents)
            await site.settled()
            site.clock.move(46)
            await until(lambda: _count(site, "timing_event", 120))
        await site.settled()
        site.clock.move(61)
        await until(lambda: _count(site, "timing_event", 240))
        told = await site.read(messages.TIMING, lambda found: len(_facts(found)) >= 240)
    facts = await site.facts()
    assert facts.count("at_risk/1/push/75") == facts.count("breached/1/push") == 120
    assert len({parse(one.headers).id for one in _facts(told)}) == 240
    await _check_chains(site)


async def test_a_poison_message_stands_alone(site: Site) -> None:
    async with site.notifier():
        await site.say(*others(*range(2, 30)))
        await site.send(messages.INCIDENTS, str(ID), b"{}", "incident.opened.v1")
        await site.send(messages.ALERTS, str(ID), b"no alert", messages.ALERT_RECEIVED)
        await site.send(messages.INCIDENTS, str(ID), b"{}", "incident.praised.v9")
        late = others(*range(30, 60))
        await site.say(*late)
        await site.applied(*late, *others(*range(2, 30)))
        await until(lambda: _count(site, "dead_letter", 2))
        await until(lambda: _is_known_dead(site))  # it comes back from the dead letters' topic


async def _is_known_dead(site: Site) -> bool:
    query = "select from notifier.incident where id = $1 and dead_lettered_at is not null"
    return bool(await site.fetch(query, ID))


async def test_every_partition_hears_the_notifier(site: Site) -> None:
    async with site.notifier():
        await site.settled()
        told = await site.read(
            messages.TIMING, lambda found: len({one.partition for one in found}) == 6
        )
    beats = [codec.decode(one.value, Heartbeat) for one in told]
    assert {beat.service for beat in beats} == {"notifier"}
    assert {parse(one.headers).type for one in told} == {messages.NOTIFIER_HEARTBEAT}


async def test_clocks_run_on_without_kafka(site: Site) -> None:
    """Nobody can be told yet; but what is due is said, shown, and told once Kafka is back."""
    async with site.notifier():
        await site.say(*others(1))
        await site.applied(*others(1))
    away = replace(site, kafka="127.0.0.1:1")
    site.clock.move(61)
    async with away.notifier():
        await until(lambda: _said(site, "breached/1/push"), within=20)
    assert await _count(site, "outbox", 1)


def _facts(records: list[Received]) -> list[Received]:
    return [one for one in records if parse(one.headers).type != messages.NOTIFIER_HEARTBEAT]


async def _said(site: Site, fact: str) -> bool:
    return fact in await site.facts()


async def _count(site: Site, table: str, least: int) -> bool:
    (row,) = await site.fetch(f"select count(*) as n from notifier.{table}")  # noqa: S608  # our own names
    return bool(row["n"] >= least)


async def _is_dead(site: Site) -> bool:
    rows = await site.fetch(
        "select from notifier.incident where id = $1 and dead_lettered_at is not null", ID
    )
    return bool(rows)


async def _answers(site: Site, parts: object) -> bool:
    return (await site.client(parts).get("/v1/watch")).status == 200  # type: ignore[arg-type]  # as given


async def _check_chains(site: Site) -> None:
    database = await Database.connect(site.dsn, role="d115_notifier", application="check", size=1)
    try:
        reports = PostgresReports(database)
        heads = await reports.heads(after=None, limit=1000)
        for head in heads:
            log = await reports.log(head.incident, after=0, limit=1000)  # type: ignore[arg-type]  # an incident's id
            assert check_chain([one.entry for one in log], head=head) is None
    finally:
        await asyncio.wait_for(database.close(), 5)
