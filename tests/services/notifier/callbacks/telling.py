"""Things that happen to an incident, and the callbacks they become."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from incident import events as e
from incident.alert import IncidentId, OrganisationId, Severity, TeamId
from incident.events import Body, Event
from incident.events.following import IncidentAnswered, IncidentSupervised
from incident.following import Owner
from incident.lifecycle import Incident
from incident.messages import (
    STEP_DUE,
    TARGET_AMENDED,
    TARGET_AT_RISK,
    TARGET_BREACHED,
    IncidentChanged,
    StepDue,
    TargetChanged,
)
from incident.moments import Proof, Via
from incident.profile import rungs_of
from services.notifier.handlers.callbacks.deriving import callbacks_of
from services.notifier.handlers.callbacks.kinds import Callback
from services.notifier.ports import Fact, Judged, Known
from services.runtime import eventlog
from tests.builders import CENTER, PROFILE_115, an_actor, an_alert, an_incident, at

POLICE = OrganisationId("police-2")
TEAM = TeamId("team-1")
OTHER = IncidentId(UUID(int=99))
SECRET_TEXT = "d1f2" * 16
"""A digest of a free text: nobody outside is told even that."""


def bodies() -> list[Body]:
    """One of each event a station is told of, with all its fields."""
    alert = an_alert()
    return [
        e.IncidentOpened(
            alert=alert,
            center=CENTER,
            fallback=False,
            console=True,
            profile=PROFILE_115,
            dispositions=(),
        ),
        e.IncidentPushed(),
        e.IncidentAcknowledged(),
        e.TeamAssigned(assignment=1, team=TEAM, team_organisation=CENTER),
        e.TeamArrived(assignment=1, team=TEAM),
        e.IncidentResolved(team=TEAM, disposition="handled_on_site", text=SECRET_TEXT),
        e.IncidentClosed(disposition="handled_on_site", text=SECRET_TEXT),
        e.IncidentMerged(into=OTHER),
        e.IncidentRefused(reason="not_ours", text=SECRET_TEXT),
        e.PoliceRequested(reason="weapon", text=SECRET_TEXT),
        e.HandoverOffered(to=alert.station, reason="crime", text=SECRET_TEXT),
        e.HandoverAccepted(to=alert.station, officer="officer-007"),
        e.IncidentTransferred(center=OrganisationId("west"), console=True, reason="nearer"),
        e.IncidentReopened(reason="unsatisfied", text=SECRET_TEXT),
        e.IncidentSplit(from_incident=OTHER, reason="not_the_same"),
        e.ConflictRecorded(fingerprint="f" * 64, revision=1, received_at=at(3)),
        e.IncidentCancelled(reason="false_alarm", text=SECRET_TEXT),
        e.CancellationRefused(reason="false_alarm", text=SECRET_TEXT),
        e.IncidentUpdated(
            number=1, severity=Severity.RED, circumstances=alert.circumstances, text=SECRET_TEXT
        ),
        IncidentSupervised(
            number=1,
            owner=Owner(organisation=CENTER, post="chief"),
            deadline=at(3600),
            text=SECRET_TEXT,
        ),
        IncidentAnswered(number=1, text=SECRET_TEXT),
    ]


def changed(
    body: Body, *, incident: Incident | None = None, version: int = 1, now: datetime | None = None
) -> IncidentChanged:
    """What the dispatcher says of an incident."""
    state = replace(incident or an_incident(), version=version)
    moment = now or at(version)
    event = Event(
        incident=state.id,
        version=version,
        occurred_at=moment,
        recorded_at=moment,
        disbelieved=False,
        actor=an_actor(),
        via=Via.CONSOLE,
        body=body,
        proof=Proof.TAP if isinstance(body, e.TeamArrived) else None,
    )
    return IncidentChanged(
        event=eventlog.to_text(event), previous="0" * 64, hash="1" * 64, incident=state
    )


def target(type_: str, leg: str = "push", *, incident: Incident | None = None) -> Fact:
    """What a clock says."""
    name = type_.split(".")[1]
    body = TargetChanged(
        incident=(incident or an_incident()).id,
        round=1,
        leg=leg,
        organisation=CENTER,
        due_at=at(60),
        at=at(61),
        percent=75 if type_ == TARGET_AT_RISK else None,
    )
    return Fact(key=f"{name}/1/{leg}", type=type_, body=body)


def targets() -> list[Fact]:
    """One of each that a station is told."""
    return [target(type_) for type_ in (TARGET_AT_RISK, TARGET_BREACHED, TARGET_AMENDED)]


def steps() -> list[Fact]:
    """The steps of the built-in ladder that are callbacks as well."""
    return [
        Fact(
            key=f"step/1/{rung.code}/1",
            type=STEP_DUE,
            body=StepDue(
                incident=an_incident().id,
                step=f"1/{rung.code}/1",
                due_at=at(60),
                fired_at=at(60.1),
            ),
        )
        for rung in rungs_of(PROFILE_115)
    ]


def judged(
    *events: IncidentChanged, facts: Sequence[Fact] = (), subject: Incident | None = None
) -> Judged:
    """What the notifier makes of it."""
    incident = events[-1].incident if events else subject or an_incident()
    return Judged(
        known=Known(id=incident.id, partition=0, version=1, alert_received_at=at(0)),
        subject=incident,
        incident=incident,
        verdicts=(),
        facts=tuple(facts),
        wake=None,
        judged_to=at(0),
        events=tuple(events),
    )


def told(one: Judged) -> list[Callback]:
    """The callbacks of it."""
    return list(callbacks_of(one, read=eventlog.from_text))


def every_callback() -> list[Callback]:
    """At least one of each type but the test."""
    events = [changed(body, version=number) for number, body in enumerate(bodies(), start=1)]
    return told(judged(*events, facts=[*targets(), *steps()]))
