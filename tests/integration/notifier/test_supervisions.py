"""The clock of a supervision is told like any leg's, also of an incident that has ended."""

from dataclasses import replace

from incident.following import Owner, Settled, Supervision
from incident.lifecycle import Incident
from incident.moments import Actor, ActorKind, Via
from tests.builders import CENTER, an_alert, an_incident, at
from tests.integration.notifier.bench import Bench
from tests.services.notifier.watching import version

ALERT = an_alert()
AUTHOR = Actor(kind=ActorKind.PERSON, id="key-8", role="supervisor", organisation=CENTER)
SUPERVISION = Supervision(
    number=1,
    version=3,
    by=AUTHOR,
    owner=Owner(organisation=CENTER, post="chief"),
    supervised_at=at(10),
    deadline=at(1010),
    remind_at_percent=(50, 90),
)


def ended(supervision: Supervision, number: int, *, told: float) -> Incident:
    """A closed incident under supervision, as of a version."""
    closed = replace(an_incident(alert=ALERT, ended=9), supervisions=(supervision,))
    return version(closed, number, told=told)


async def supervised(bench: Bench) -> list[str]:
    """What was said of supervisions."""
    return [fact for fact in await bench.facts() if "/supervision" in fact]


async def test_reminders_and_breach_are_told_when_they_are_due(bench: Bench) -> None:
    await bench.hears(ALERT, ended(SUPERVISION, 3, told=10), now=11)
    for now in (509, 510, 909, 910, 1010, 1010.1):
        await bench.looks(now=now)
    assert await supervised(bench) == [
        "at_risk/1/supervision/50",
        "at_risk/1/supervision/90",
        "breached/1/supervision",
    ]
    (row,) = await bench.fetch("select * from notifier.leg where leg = 'supervision'")
    assert (row["outcome"], row["organisation"], row["target_seconds"]) == (
        "breached",
        CENTER,
        1000,
    )


async def test_an_end_in_time_meets_it_and_nothing_more_is_told(bench: Bench) -> None:
    await bench.hears(ALERT, ended(SUPERVISION, 3, told=10), now=11)
    settled = Settled(at=at(600), recorded_at=at(600), actor=AUTHOR, via=Via.CONSOLE)
    await bench.looks(now=510)
    await bench.hears(ended(replace(SUPERVISION, ended=settled), 4, told=600), now=600)
    for now in (910, 1011):
        await bench.looks(now=now)
    assert await supervised(bench) == ["at_risk/1/supervision/50", "met/1/supervision"]
