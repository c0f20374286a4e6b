"""Every alert is exactly one incident: what is missing, alone or doubled is counted."""

from dataclasses import replace
from uuid import UUID

import pytest

from incident.alert import IncidentId
from incident.events import LinkKind
from incident.lifecycle import Incident, Link, State
from services.notifier.ports import Conservation
from tests.builders import an_alert, an_incident, at
from tests.integration.notifier.bench import Bench
from tests.services.notifier.watching import version

ALERT = an_alert()
OPENED = version(an_incident(alert=ALERT), 1, told=0.1)


def beside(
    number: int, origin: Incident, kind: LinkKind, *, fingerprint: str = "b" * 64
) -> Incident:
    """An incident that follows another one and so has no alert of its own."""
    alert = replace(
        origin.alert, id=IncidentId(UUID(int=number)), fingerprint=fingerprint, received_at=at(30)
    )
    opened = an_incident(alert=alert)
    linked = replace(opened, links=(Link(other=origin.id, link=kind),), opened_at=at(30))
    return version(linked, 1, told=30)


async def compared(bench: Bench, before: float = 100) -> Conservation:
    return await bench.reports.conservation(before=at(before))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_an_alert_and_its_incident_make_nothing_whichever_comes_first(
    bench: Bench, order: tuple[int, int]
) -> None:
    for place in order:
        await bench.hears((ALERT, OPENED)[place], now=1)
    assert await compared(bench) == Conservation(
        unopened=0, unannounced=0, doubled=0, oldest_unopened_at=None
    )


async def test_an_alert_without_incident_counts_once_it_had_its_time(bench: Bench) -> None:
    await bench.hears(ALERT, now=1)
    assert (await compared(bench, before=0)).difference == 0
    found = await compared(bench, before=0.000001)
    assert (found.unopened, found.difference, found.oldest_unopened_at) == (1, 1, at(0))


async def test_an_alert_among_the_dead_letters_is_accounted_for(bench: Bench) -> None:
    await bench.hears(ALERT, now=1)
    await bench.hears(now=2, dead={ALERT.id: at(2)})
    found = await compared(bench)
    assert (found.difference, found.oldest_unopened_at) == (0, None)
    assert (await bench.reports.counts()).dead_lettered == 1


async def test_a_dead_letter_before_its_alert_accounts_for_it_too(bench: Bench) -> None:
    await bench.hears(now=1, dead={ALERT.id: at(1)})
    await bench.hears(ALERT, now=2)
    assert (await compared(bench)).difference == 0


async def test_an_incident_without_alert_counts(bench: Bench) -> None:
    await bench.hears(OPENED, now=1)
    assert (await compared(bench)).unannounced == 1
    assert (await compared(bench, before=-1)).unannounced == 0


async def test_an_incident_that_was_entered_late_never_had_an_alert(bench: Bench) -> None:
    late = replace(version(an_incident(alert=ALERT, ended=9), 2, told=9), late_entry=True)
    await bench.hears(late, now=10)
    assert (await compared(bench)).difference == 0


@pytest.mark.parametrize("kind", [LinkKind.CONFLICT, LinkKind.FOLLOW_UP])
async def test_an_incident_that_follows_another_one_has_that_ones_alert(
    bench: Bench, kind: LinkKind
) -> None:
    second = beside(2, OPENED, kind)
    third = beside(3, second, kind, fingerprint="c" * 64)
    await bench.hears(ALERT, OPENED, second, third, now=40)
    assert (await compared(bench)).difference == 0


async def test_an_incident_that_follows_one_without_alert_has_none_either(bench: Bench) -> None:
    await bench.hears(OPENED, beside(2, OPENED, LinkKind.CONFLICT), now=40)
    assert (await compared(bench)).unannounced == 2


async def test_a_link_back_to_what_follows_makes_no_circle(bench: Bench) -> None:
    second = beside(2, OPENED, LinkKind.CONFLICT)
    first = replace(OPENED, links=(Link(other=second.id, link=LinkKind.CONFLICT),))
    await bench.hears(first, second, now=40)
    assert (await compared(bench)).unannounced == 2
    await bench.hears(ALERT, now=41)
    assert (await compared(bench)).difference == 0


async def test_two_incidents_of_the_same_content_count(bench: Bench) -> None:
    same = OPENED.alert.fingerprint
    await bench.hears(ALERT, OPENED, beside(2, OPENED, LinkKind.CONFLICT, fingerprint=same), now=40)
    assert (await compared(bench)).doubled == 1
    for number in (3, 4):
        await bench.hears(beside(number, OPENED, LinkKind.CONFLICT, fingerprint="d" * 64), now=41)
    assert (await compared(bench)).doubled == 2


async def test_a_follow_up_of_the_same_content_is_meant(bench: Bench) -> None:
    same = OPENED.alert.fingerprint
    await bench.hears(
        ALERT, OPENED, beside(2, OPENED, LinkKind.FOLLOW_UP, fingerprint=same), now=40
    )
    assert (await compared(bench)).difference == 0


async def test_incidents_are_counted_by_state_beside_it(bench: Bench) -> None:
    closed = version(an_incident(alert=an_alert(number=2), ended=9), 2, told=9)
    await bench.hears(ALERT, OPENED, closed, an_alert(number=3), now=10)
    counts = await bench.reports.counts()
    assert counts.incidents == {State.OPEN: 1, State.CLOSED: 1}
    assert (counts.alerts, counts.dead_lettered) == (2, 0)
