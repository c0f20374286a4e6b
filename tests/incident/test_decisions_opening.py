"""An alert becomes an incident: its center, its profile, and what further content is."""

from dataclasses import replace

import pytest

from incident import commands as c
from incident.alert import OrganisationId, Place, Severity
from incident.decisions.opening import (
    UnknownKindError,
    choose_profile,
    following,
    is_retry,
    is_update,
    must_open_another,
    open_incident,
)
from incident.events import LinkKind
from incident.lifecycle import ENDED, Link, State
from incident.moments import MomentName
from incident.replay import replay
from tests.builders import KINDS, PROFILE_115, PROFILES, an_alert, an_incident, at
from tests.incident.directories import park_lookup
from tests.incident.world import World, started

KIND = KINDS["police-alert"]
LOOKUP = park_lookup()


@pytest.mark.parametrize(
    ("place", "center", "console", "fallback"),
    [
        (Place(center=OrganisationId("west-center")), "west-center", True, False),
        (Place(place="east-1-2"), "east-center", False, False),
        (Place(place="west-9-1"), "east-center", False, False),  # a building lent to the east
        (Place(center=OrganisationId("moon"), place="west-1"), "west-center", True, False),
        (Place(center=OrganisationId("moon")), "park-center", True, True),
        (Place(place="moon"), "park-center", True, True),
        (Place(), "park-center", True, True),
    ],
)
def test_an_alert_goes_to_its_center_and_is_never_lost_for_want_of_one(
    place: Place, center: str, console: bool, fallback: bool
) -> None:
    alert = replace(an_alert(), place=place)
    opened = open_incident(alert, lookup=LOOKUP, kind=KIND, profile=PROFILE_115)
    assert (opened.center, opened.console, opened.fallback) == (center, console, fallback)
    assert opened.profile is PROFILE_115
    assert opened.dispositions == tuple(entry.code for entry in KIND.dispositions)
    assert (opened.follows, opened.follows_as) == (None, None)


def test_the_directory_may_choose_another_profile_for_a_kind() -> None:
    chosen = choose_profile(KIND, Severity.RED, lookup=LOOKUP, profiles=PROFILES)
    assert chosen.code == "observe"  # as the park's directory says


def test_without_a_choice_the_kinds_own_profile_measures() -> None:
    hazard = replace(KIND, code="hazard")
    assert choose_profile(hazard, Severity.RED, lookup=LOOKUP, profiles=PROFILES) is PROFILE_115


def test_a_profile_that_is_not_known_is_named() -> None:
    with pytest.raises(UnknownKindError, match="no profile observe for kind police-alert"):
        choose_profile(KIND, Severity.RED, lookup=LOOKUP, profiles={})


def test_content_seen_before_is_a_retry_and_a_higher_revision_an_update() -> None:
    incident = an_incident()
    assert is_retry(incident, fingerprint="0" * 64)
    assert not is_retry(incident, fingerprint="1" * 64)
    assert is_update(incident, revision=2)
    assert not is_update(incident, revision=1)


@pytest.mark.parametrize("state", State)
def test_further_content_of_an_ended_incident_opens_another(state: State) -> None:
    assert must_open_another(an_incident(state=state)) is (state in ENDED)


def test_the_other_incident_is_the_same_one_however_often_the_content_comes() -> None:
    incident = an_incident()
    one, two = "1" * 64, "2" * 64
    assert following(incident, fingerprint=one) == following(incident, fingerprint=one)
    assert following(incident, fingerprint=one) != following(incident, fingerprint=two)
    assert following(incident, fingerprint=one) != incident.id


def test_an_incident_opened_beside_another_is_linked_to_it() -> None:
    world, first = started()
    alert = an_alert(number=2)
    opened = open_incident(
        alert, lookup=LOOKUP, kind=KIND, profile=PROFILE_115, follows=(first, LinkKind.CONFLICT)
    )
    world.open(alert)
    event = replace(world.log[alert.id][0], body=opened)
    assert replay([event]).links == (Link(other=first, link=LinkKind.CONFLICT),)


def test_an_opened_incident_has_the_moments_of_its_alert() -> None:
    world = World()
    world.now = 3
    reported = world[world.open(an_alert(reported=-20))]
    assert [(entry.name, entry.judged_at) for entry in reported.moments] == [
        (MomentName.REPORTED, at(-20)), (MomentName.RECEIVED, at(0)),
    ]  # fmt: skip
    assert (reported.opened_at, reported.round.started_at) == (at(3), at(0))
    unreported = world[world.open(an_alert(number=2, reported=None))]
    assert [entry.name for entry in unreported.moments] == [MomentName.RECEIVED]
    assert (unreported.version, unreported.state) == (1, State.OPEN)


def test_severity_is_frozen_in_the_alert_and_rises_beside_it() -> None:
    world, id_ = started(c.Update(severity=Severity.RED))
    assert (world[id_].alert.severity, world[id_].severity) == (Severity.YELLOW, Severity.RED)
