"""A database that went back in time takes back what was published, and only what fits."""

from dataclasses import replace
from datetime import timedelta

import pytest

from incident import chain
from incident import commands as c
from incident.alert import IncidentId
from incident.lifecycle import Incident
from incident.replay import replay
from services.dispatcher.adapters.reclaiming import in_order
from services.dispatcher.handlers.reclaiming import Published, Stored, reclaim
from services.runtime import eventlog
from tests.incident.world import A, started


def a_life() -> tuple[IncidentId, list[Published]]:
    world, id_ = started(c.Acknowledge(), c.Assign(teams=(A,)), c.Close(disposition="false_alarm"))
    published, head = [], chain.GENESIS
    for event in world.log[id_]:
        new = chain.link(head, eventlog.to_text(event))
        published.append(Published(event=event, previous=head, hash=new))
        head = new
    return id_, published


def stored(published: list[Published], upto: int) -> Stored:
    events = [entry.event for entry in published[:upto]]
    return Stored(incident=replay(events), head=published[upto - 1].hash)


def whole(published: list[Published]) -> Incident:
    return replay([entry.event for entry in published])


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_what_is_missing_is_stored_again_as_it_was(kept: int) -> None:
    id_, published = a_life()
    before = stored(published, kept)

    found = reclaim(reversed(published * 2), stored={id_: before}, sealed={})

    (change,) = found.changes
    assert change.before == before.incident
    assert change.events == tuple(entry.event for entry in published[kept:])
    assert change.incident == whole(published)
    assert found.forked == set()


def test_an_incident_that_is_gone_is_opened_again_with_what_the_alert_came_with() -> None:
    id_, published = a_life()

    (change,) = reclaim(published, stored={}, sealed={id_: "sealed"}).changes

    assert change.before is None
    assert change.incident == whole(published)
    assert change.sealed == {1: "sealed"}


def test_what_is_stored_is_left_alone() -> None:
    id_, published = a_life()

    found = reclaim(published, stored={id_: stored(published, len(published))}, sealed={})

    assert (found.changes, found.forked) == ([], set())


def test_a_store_that_was_written_to_meanwhile_is_left_for_a_person() -> None:
    id_, published = a_life()
    other = replace(stored(published, 3), head="0" * 64)

    found = reclaim(published, stored={id_: other}, sealed={})

    assert (found.changes, found.forked) == ([], {id_})


def test_what_hangs_in_the_air_is_left_for_a_person() -> None:
    id_, published = a_life()
    torn = [published[0], *published[2:]]

    found = reclaim(torn, stored={id_: stored(published, 1)}, sealed={})

    assert (found.changes, found.forked) == ([], {id_})


def test_a_clock_that_went_back_never_turns_an_incident_s_own_order() -> None:
    _, published = a_life()
    early = replace(
        published[2].event, recorded_at=published[2].event.recorded_at - timedelta(minutes=5)
    )
    mixed = [published[3], replace(published[2], event=early), published[1], published[0]]

    assert [entry.event.version for entry in in_order(mixed)] == [1, 2, 3, 4]
