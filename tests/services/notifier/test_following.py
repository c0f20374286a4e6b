"""Following what intake and the dispatcher say."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.alert import Severity
from incident.directory import Lookup
from incident.lifecycle import Incident
from incident.messages import IncidentChanged, TargetChanged
from services.notifier.ports import Pulse
from tests.builders import CENTER, a_moment, an_alert, an_incident, at
from tests.incident.directories import park_document, read
from tests.services.notifier.watching import ID, LOOKUP, Notifier, version

OPENED = version(an_incident(), 1, told=0.1)
PUSHED = version(an_incident({"pushed": 20}), 2, told=20)
TAKEN = version(an_incident({"pushed": 20, "acknowledged": 30}), 3, told=30)
SENT = version(an_incident({"pushed": 20, "acknowledged": 30, "assigned": 40}), 4, told=40)
LIFE = (OPENED, PUSHED, TAKEN, SENT)


async def test_a_leg_that_is_met_is_said_once_and_with_its_seconds() -> None:
    notifier = Notifier()
    await notifier.hears(OPENED, now=0.2)
    await notifier.hears(PUSHED, now=20.1)
    await notifier.hears(TAKEN, now=30.1)
    assert notifier.facts == ["met/1/station", "met/1/push", "met/1/acknowledge"]
    said = notifier.body("met/1/push")
    assert isinstance(said, TargetChanged)
    assert (said.seconds, said.due_at, said.organisation) == (20, at(60), CENTER)


async def test_what_was_heard_before_changes_nothing() -> None:
    notifier = Notifier()
    await notifier.hears(*LIFE, an_alert(), now=41)
    before = notifier.store.tables
    for again in (*LIFE, an_alert()):
        assert await notifier.hears(again, now=50) == []
    assert notifier.store.tables == before


@pytest.mark.parametrize("order", [*permutations(range(4))])
async def test_whatever_order_versions_come_in_the_legs_are_the_same(order: tuple[int]) -> None:
    straight, shuffled = Notifier(), Notifier()
    for incident in LIFE:
        await straight.hears(incident, now=45)
    for place in order:
        await shuffled.hears(LIFE[place], now=45)
    assert shuffled.store.tables.legs == straight.store.tables.legs
    assert set(shuffled.facts) == set(straight.facts)
    assert shuffled.store.tables.deadlines == straight.store.tables.deadlines


@given(st.data())
async def test_duplicates_reordering_and_batches_lead_to_the_same_legs(data: st.DataObject) -> None:
    told: list[Incident] = data.draw(st.permutations([*LIFE, *LIFE]))
    notifier = Notifier()
    while told:
        size = data.draw(st.integers(1, len(told)))
        await notifier.hears(*told[:size], now=45)
        told = told[size:]
    straight = Notifier()
    await straight.hears(*LIFE, now=45)
    assert notifier.store.tables.legs == straight.store.tables.legs
    assert len(set(notifier.facts)) == len(notifier.facts)


async def test_a_late_start_of_the_notifier_says_nothing_that_later_records_disprove() -> None:
    """Twenty minutes later, version by version: no breach is said of what was done in time."""
    notifier = Notifier()
    for incident in LIFE:
        await notifier.hears(incident, now=1200)
    assert notifier.facts == ["met/1/station", "met/1/push", "met/1/acknowledge", "met/1/assign"]


async def test_a_breach_that_the_records_show_is_said_when_they_come() -> None:
    notifier = Notifier()
    late = version(an_incident({"pushed": 61}), 2, told=61)
    await notifier.hears(late, now=61.2)
    assert notifier.facts == ["breached/1/station", "breached/1/push"]
    said = notifier.body("breached/1/push")
    assert isinstance(said, TargetChanged)
    assert said.seconds == 61


async def test_a_breach_stands_on_record_once_something_was_recorded_after_the_due_moment() -> None:
    notifier = Notifier()
    await notifier.hears(version(an_incident(), 2, told=60.000001), now=61)
    assert "breached/1/push" in notifier.facts


async def test_a_believed_late_report_amends_a_breach_that_was_said() -> None:
    notifier = Notifier()
    await notifier.hears(OPENED, now=0.2)
    await notifier.looks(now=70)
    reported_late = an_incident(also=[a_moment("pushed", 55, recorded=90)])
    await notifier.hears(version(reported_late, 2, told=90), now=90.1)
    assert notifier.facts[-1] == "amended/1/push"
    assert notifier.outcomes()["push"] == "met"
    assert notifier.store.tables.legs[ID, 1, "push"].amended


async def test_a_breach_said_too_early_by_a_message_under_way_is_taken_back() -> None:
    """Recorded in time, heard too late: the records never showed a breach, but it was said."""
    notifier = Notifier()
    await notifier.hears(OPENED, now=0.2)
    await notifier.looks(now=60.1)
    await notifier.hears(version(an_incident({"pushed": 59}), 2, told=59), now=60.2)
    assert notifier.facts[-1] == "amended/1/push"
    assert not notifier.store.tables.legs[ID, 1, "push"].amended


async def test_a_leg_that_is_void_is_stored_and_not_said() -> None:
    notifier = Notifier()
    await notifier.hears(version(an_incident({"pushed": 5}, ended=20), 2, told=20), now=20.1)
    assert notifier.outcomes()["assign"] == "void"
    assert not any("assign" in fact for fact in notifier.facts)


async def test_an_end_reported_late_takes_back_the_breach_of_what_it_makes_void() -> None:
    notifier = Notifier()
    await notifier.hears(version(an_incident({"pushed": 5}), 2, told=5), now=5.1)
    await notifier.looks(now=66)
    assert "breached/1/assign" in notifier.facts
    ended = an_incident({"pushed": 5}, also=[a_moment("ended", 40, recorded=80)], ended=40)
    await notifier.hears(version(ended, 3, told=80), now=80.1)
    assert notifier.outcomes()["assign"] == "void"
    assert "amended/1/assign" in notifier.facts


async def test_nothing_is_to_come_once_the_incident_has_ended() -> None:
    notifier = Notifier()
    await notifier.hears(version(an_incident({"pushed": 5}), 1, told=5), now=5)
    assert ID in notifier.store.tables.deadlines
    await notifier.hears(version(an_incident({"pushed": 5}, ended=20), 2, told=20), now=20)
    assert ID not in notifier.store.tables.deadlines


async def test_an_alert_without_incident_has_the_legs_that_a_receipt_ends() -> None:
    notifier = Notifier()
    await notifier.hears(an_alert(), now=0.1)
    assert notifier.outcomes() == {"station": "pending", "push": "pending"}
    assert notifier.store.tables.legs[ID, 1, "push"].organisation == "park-center"
    assert notifier.facts == []


async def test_the_incident_takes_over_from_its_alert() -> None:
    notifier = Notifier()
    await notifier.hears(an_alert(), now=0.1)
    await notifier.hears(OPENED, now=0.2)
    assert notifier.store.tables.legs[ID, 1, "push"].organisation == CENTER
    assert "total" in notifier.outcomes()


async def test_an_alert_after_its_incident_changes_no_clock() -> None:
    notifier = Notifier()
    await notifier.hears(PUSHED, now=20)
    legs = notifier.store.tables.legs
    assert await notifier.hears(an_alert(), now=21) == []
    assert notifier.store.tables.legs == legs
    assert notifier.store.tables.known[ID].alert_received_at == at(0)


async def test_of_two_copies_of_an_alert_the_first_counts() -> None:
    notifier = Notifier()
    second = replace(an_alert(), received_at=at(30))
    await notifier.hears(an_alert(), second, now=30)
    await notifier.hears(second, now=31)
    assert notifier.store.tables.known[ID].alert_received_at == at(0)
    assert notifier.store.tables.deadlines[ID].point.due_at < at(61)


async def test_a_withdrawn_alert_has_no_clock() -> None:
    notifier = Notifier()
    await notifier.hears(an_alert(), now=0.1)
    await notifier.hears(now=10, cancelled={ID: at(10)})
    assert notifier.store.tables.deadlines == {}
    overtaken = Notifier()
    await overtaken.hears(now=10, cancelled={ID: at(10)})
    assert await overtaken.hears(an_alert(), now=11) == []


async def test_a_withdrawal_leaves_the_clocks_of_an_incident_alone() -> None:
    notifier = Notifier()
    await notifier.hears(OPENED, an_alert(), now=1)
    await notifier.hears(now=10, cancelled={ID: at(10)})
    assert ID in notifier.store.tables.deadlines


def _other_profile() -> Lookup:
    document = park_document() | {"kinds": [{"code": "police-alert", "profile": "unheard-of"}]}
    return Lookup(read(document))


@pytest.mark.parametrize(
    ("lookup", "kind"),
    [(None, "police-alert"), (LOOKUP, "flood"), (_other_profile(), "police-alert")],
    ids=["no directory", "unknown kind", "unknown profile"],
)
async def test_an_alert_nobody_can_place_yet_is_kept_without_clock(
    lookup: Lookup | None, kind: str
) -> None:
    notifier, alert = Notifier(lookup=lookup), replace(an_alert(), kind=kind)
    assert await notifier.hears(alert, now=1) == []
    assert notifier.store.tables.known[ID].alert_received_at == at(0)


async def test_a_red_alert_is_placed_like_any_other() -> None:
    notifier = Notifier()
    await notifier.hears(an_alert(severity=Severity.RED, reported=None), now=1)
    assert notifier.outcomes() == {"station": "not_measured", "push": "pending"}


async def test_the_partition_an_id_was_spoken_of_in_is_kept() -> None:
    notifier = Notifier()
    await notifier.hears(now=1, dead={ID: at(1)})
    await notifier.hears(OPENED, now=2)
    assert notifier.store.tables.known[ID].partition == 3
    assert notifier.store.tables.dead == {ID: at(1)}


async def test_what_is_said_is_never_recorded_before_what_was_said() -> None:
    """Two notifiers' clocks may differ a little; the log of one incident still goes forward."""
    notifier = Notifier()
    await notifier.hears(version(an_incident({"pushed": 20}), 1, told=20), now=25)
    await notifier.hears(TAKEN, now=24)
    moments = [line.recorded_at for line in notifier.store.tables.log]
    assert moments == sorted(moments)
    assert moments[-1] == at(25)


async def test_signs_of_life_are_kept() -> None:
    notifier = Notifier()
    await notifier.hears(now=1, pulses=[Pulse(service="dispatcher", instance="a", sent_at=at(1))])
    assert list(notifier.store.tables.pulses) == [("dispatcher", "a")]


def _changed(incident: Incident) -> IncidentChanged:
    return IncidentChanged(event="{}", previous="0" * 64, hash="1" * 64, incident=incident)


async def test_every_new_event_is_handed_on_once_and_by_version() -> None:
    notifier = Notifier()
    await notifier.hears(OPENED, now=1)
    told = [_changed(one) for one in (TAKEN, OPENED, PUSHED, TAKEN)]
    (judged,) = await notifier.hears(TAKEN, now=31, events=told)
    assert [one.incident.version for one in judged.events] == [2, 3]
    assert await notifier.hears(TAKEN, now=31, events=told) == []
