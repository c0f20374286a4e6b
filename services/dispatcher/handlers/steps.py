"""What the notifier says is due: look again under lock, and take the step if it still is."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from incident.alert import IncidentId, TeamId
from incident.assignment import Ranking, rank_teams, scene_of
from incident.commands import Context
from incident.decisions.decide import record
from incident.decisions.steps import Found, asks_endpoint, bodies_of, find_due, needs_ranking
from incident.directory import Team
from incident.events import Body
from incident.ladder import Step
from incident.lifecycle import Incident
from incident.messages import StepDue
from incident.moments import CLOCK_TOLERANCE, Via
from services.dispatcher.handlers.alerts import MACHINE
from services.dispatcher.ports import Atlas, Change, Delivery, Work
from services.runtime import trace

_log = structlog.get_logger(__name__)


async def take_steps(
    steps: Sequence[StepDue],
    *,
    work: Work,
    atlas: Atlas,
    now: datetime,
    traces: Mapping[IncidentId, str] | None = None,
) -> list[Change]:
    """Take the steps that are still due, each at most once, in one transaction.

    Two steps of one batch never send the same team: a team sent by the first is engaged for
    the second.

    Args:
        steps: As told.
        work: The transaction.
        atlas: The directory and the kinds.
        now: Decides what is due.
        traces: The `traceparent` that an incident's step came with.

    Returns:
        What was done.
    """
    incidents = await work.lock({step.incident for step in steps})
    due = [
        (incidents[message.incident], message, found)
        for message in steps
        if message.incident in incidents
        and (found := _find(incidents[message.incident], message, now=now)) is not None
    ]
    engaged = await work.lock_teams(_wanted([(entry[0], entry[2]) for entry in due], atlas))
    changes: dict[IncidentId, Change] = {}
    deliveries: list[Delivery] = []
    for incident, message, step in due:
        earlier = changes.get(incident.id)
        present = incident if earlier is None else earlier.incident
        if _find(present, message, now=now) is None:
            continue
        bodies = _decide(present, step, atlas=atlas, engaged=engaged, now=now)
        after, events = record(
            present, bodies, context=Context(now=now, actor=MACHINE, via=Via.AUTOMATIC)
        )
        told = events if earlier is None else (*earlier.events, *events)
        came_with = (traces or {}).get(incident.id)
        changes[incident.id] = Change(
            before=incident, incident=after, events=told, traceparent=came_with
        )
        engaged |= {entry.team: incident.id for entry in after.live_assignments}
        if asks_endpoint(step) and _has_endpoint(present, atlas):
            deliveries.append(
                Delivery(incident=after.id, center=after.center, round=after.round.number)
            )
        _tell(step, changes[incident.id])
    await work.queue_deliveries(deliveries)
    await work.save(list(changes.values()))
    return list(changes.values())


def _tell(step: Step, change: Change) -> None:
    _log.info(
        "step_taken",
        incident_id=str(change.incident.id),
        trace_id=trace.id_of(change.traceparent),
        step=step.key,
    )


def rank(
    incident: Incident, *, atlas: Atlas, engaged: dict[TeamId, IncidentId], now: datetime
) -> Ranking:
    """Rank the teams that the incident's center may send, and after them its neighbours'."""
    lookup = atlas.lookup
    return rank_teams(
        _teams(incident, atlas),
        scene=scene_of(incident),
        lookup=lookup,
        engaged=engaged,
        now=now,
    )


def _find(incident: Incident, message: StepDue, *, now: datetime) -> Step | None:
    """The step, if it is still due.

    It is told once. Where this clock stands behind the notifier's, by no more than clocks may, it
    is due all the same: else nobody would ever take it.
    """
    looked_at = min(max(now, message.due_at), now + CLOCK_TOLERANCE)
    return find_due(incident, message.step, now=looked_at)


def _decide(
    incident: Incident,
    step: Step,
    *,
    atlas: Atlas,
    engaged: dict[TeamId, IncidentId],
    now: datetime,
) -> tuple[Body, ...]:
    if needs_ranking(step):
        ranking = rank(incident, atlas=atlas, engaged=engaged, now=now)
        return bodies_of(incident, step, Found(ranking=ranking))
    return bodies_of(incident, step, Found(has_endpoint=_has_endpoint(incident, atlas)))


def _wanted(due: Sequence[tuple[Incident, Step]], atlas: Atlas) -> set[TeamId]:
    """Every team that one of the steps might send or propose."""
    return {
        team.code
        for incident, step in due
        if needs_ranking(step)
        for team in _teams(incident, atlas)
    }


def _teams(incident: Incident, atlas: Atlas) -> tuple[Team, ...]:
    lookup = atlas.lookup
    return lookup.teams_for(incident.center) + lookup.teams_by_agreement(incident.center)


def _has_endpoint(incident: Incident, atlas: Atlas) -> bool:
    center = atlas.lookup.centers.get(incident.center)
    return center is not None and center.webhook is not None
