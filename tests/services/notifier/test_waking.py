"""Keeping deadlines: exactly when something is said, and that it is said once."""

from dataclasses import replace

import pytest

from incident.alert import OrganisationId, Severity
from incident.messages import StepDue, TargetChanged
from tests.builders import OBSERVE, a_moment, an_alert, an_incident, at
from tests.fakes.notifier_store import FakeStore
from tests.services.notifier.watching import ID, Notifier, version

MICROSECOND = 1e-6
OPENED = version(an_incident(profile=OBSERVE, alert=an_alert(reported=None)), 1, told=0.1)


async def _opened(**changes: object) -> Notifier:
    notifier = Notifier()
    await notifier.hears(replace(OPENED, **changes), now=0.2)  # type: ignore[arg-type]  # checked by the class
    return notifier


async def test_a_leg_is_breached_one_microsecond_after_it_was_due_and_not_when_due() -> None:
    notifier = await _opened()
    await notifier.looks(now=60)
    assert notifier.facts == ["at_risk/1/push/75"]
    woken = await notifier.looks(now=60 + MICROSECOND)
    assert notifier.facts[1:] == ["breached/1/push"]
    assert notifier.outcomes()["push"] == "breached"
    assert woken.lags[0].total_seconds() == 0


async def test_a_leg_is_at_risk_exactly_at_its_warning_point() -> None:
    notifier = await _opened()
    await notifier.looks(now=45 - MICROSECOND)
    assert notifier.facts == []
    await notifier.looks(now=45)
    assert notifier.facts == ["at_risk/1/push/75"]
    said = notifier.body("at_risk/1/push/75")
    assert isinstance(said, TargetChanged)
    assert (said.percent, said.due_at, said.at) == (75, at(60), at(45))


async def test_what_was_said_is_not_said_again_after_a_restart() -> None:
    notifier = await _opened()
    await notifier.looks(now=61)
    again = Notifier(notifier.store)
    for now in (61, 62, 1000):
        await again.looks(now=now)
    assert again.facts.count("breached/1/push") == 1
    assert len(set(again.facts)) == len(again.facts)


async def test_a_breach_missed_while_nobody_looked_is_said_without_its_warning() -> None:
    notifier = await _opened()
    woken = await notifier.looks(now=100)
    assert notifier.facts == ["breached/1/push"]
    assert woken.lags[0].total_seconds() == pytest.approx(55)  # since the warning was due


async def test_deadlines_of_a_closed_partition_wait() -> None:
    notifier = await _opened()
    assert (await notifier.looks(now=61, closed={3})).claimed == 0
    assert notifier.facts == []
    assert (await notifier.looks(now=61, closed={2, 4})).claimed == 1


async def test_a_step_of_the_ladder_is_due_once() -> None:
    notifier = Notifier()
    await notifier.hears(version(an_incident(alert=an_alert(reported=None)), 1, told=0), now=0)
    await notifier.looks(now=5 - MICROSECOND)
    assert notifier.facts == []
    for now in (5, 6, 7):
        await notifier.looks(now=now)
    assert notifier.facts == ["step/1/enterprise-webhook/1"]
    said = notifier.body("step/1/enterprise-webhook/1")
    assert said == StepDue(incident=ID, step="1/enterprise-webhook/1", due_at=at(5), fired_at=at(5))


@pytest.mark.parametrize(
    ("center", "console", "told"),
    [("west-center", True, False), ("west-center", False, True), ("east-center", True, True)],
    ids=["consoles only", "neither", "both"],
)
async def test_nothing_is_due_at_a_system_the_center_does_not_have(
    center: str, console: bool, told: bool
) -> None:
    notifier = Notifier()
    opened = replace(an_incident(), center=OrganisationId(center), console=console)
    await notifier.hears(version(opened, 1, told=0.1), now=0.2)
    await notifier.looks(now=44)
    assert ("step/1/enterprise-webhook/1" in notifier.facts) is told


async def test_a_step_that_somebody_made_needless_is_not_due() -> None:
    notifier = Notifier()
    alert = an_alert(reported=None)
    await notifier.hears(version(an_incident(alert=alert), 1, told=0), now=0)
    await notifier.hears(version(an_incident({"pushed": 4}, alert=alert), 2, told=4), now=4.1)
    await notifier.looks(now=6)
    assert "step/1/enterprise-webhook/1" not in notifier.facts


async def test_raising_the_severity_brings_a_step_forward() -> None:
    notifier = Notifier()
    alert = an_alert(reported=None)
    await notifier.hears(version(an_incident(alert=alert), 1, told=0), now=0)
    raised = an_incident(alert=alert, severity=Severity.RED)
    await notifier.hears(version(raised, 2, told=20), now=20)
    await notifier.looks(now=30)
    assert "step/1/direct-assign/1" in notifier.facts


async def test_an_alert_without_incident_says_its_breach_and_no_step() -> None:
    notifier = Notifier()
    await notifier.hears(an_alert(reported=-20), now=0.1)
    await notifier.looks(now=59)
    assert notifier.facts == ["breached/1/station"]
    await notifier.looks(now=61)
    assert notifier.facts == ["breached/1/station", "breached/1/push"]
    said = notifier.body("breached/1/push")
    assert isinstance(said, TargetChanged)
    assert (said.incident, said.organisation, said.seconds) == (ID, "park-center", None)
    assert notifier.store.tables.deadlines == {}


async def test_an_incident_that_comes_late_amends_what_was_said_of_its_alert() -> None:
    notifier = Notifier()
    await notifier.hears(an_alert(reported=None), now=0.1)
    await notifier.looks(now=61)
    believed = an_incident(
        also=[a_moment("pushed", 50, recorded=100)], alert=an_alert(reported=None)
    )
    await notifier.hears(version(believed, 3, told=100), now=100.1)
    assert notifier.facts == ["breached/1/push", "amended/1/push"]
    assert notifier.store.tables.legs[ID, 1, "push"].amended


async def test_an_alert_nobody_can_place_any_more_is_let_go() -> None:
    notifier = Notifier()
    await notifier.hears(an_alert(), now=0.1)
    later = Notifier(notifier.store, lookup=None)
    assert (await later.looks(now=61)).claimed == 1
    assert later.store.tables.deadlines == {}


async def test_the_clock_of_an_incident_never_goes_back() -> None:
    """A record from before the breach comes after it: what is pending there stays breached."""
    notifier = await _opened()
    await notifier.looks(now=61)
    await notifier.hears(replace(OPENED, version=2, updated_at=at(50)), now=61.5)
    assert notifier.outcomes()["push"] == "breached"
    await notifier.looks(now=62)
    assert notifier.facts.count("breached/1/push") == 1


async def test_a_failed_look_says_nothing() -> None:
    notifier = await _opened()
    notifier.store.broken.add(ID)
    with pytest.raises(ValueError, match="does not fit"):
        await notifier.looks(now=61)
    assert notifier.facts == []


async def test_every_incident_is_looked_at_in_the_order_it_was_due() -> None:
    notifier = Notifier(FakeStore())
    alerts = [an_alert(number=number, reported=None) for number in (1, 2, 3)]
    for number, alert in enumerate(reversed(alerts)):
        await notifier.hears(replace(alert, received_at=at(number)), now=3)
    await notifier.looks(now=100)
    assert [line.incident for line in notifier.store.tables.log] == [
        alert.id for alert in reversed(alerts)
    ]
