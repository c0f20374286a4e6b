"""What a rung waits from: a moment of the round, or each cause of a trigger that still stands."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from incident.alert import Circumstances, TeamId
from incident.events import EndReason
from incident.lifecycle import ENDED, Incident, RoundCause, State
from incident.moments import Moment, MomentName
from incident.profile import Phase, Rung, Trigger
from incident.timing.spans import began_at

Stamped = Mapping[MomentName, Sequence[Moment]]
"""The moments of the present round, by name."""

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something a rung waits from.

    Attributes:
        start: When the wait began.
        round: The round that its steps' keys name.
        suffix: What stands behind the rung's code in them; empty where there is one cause a round.
        team: The team it concerns.
    """

    start: datetime
    round: int
    suffix: str = ""
    team: TeamId | None = None


def stamped_in_round(incident: Incident) -> Stamped:
    """The moments of the present round."""
    number = incident.round.number
    found: dict[MomentName, list[Moment]] = {}
    for entry in incident.moments:
        if entry.round == number:
            found.setdefault(entry.name, []).append(entry)
    return found


def runs(rung: Rung, incident: Incident) -> bool:
    """Whether the rung may run for this incident, as far as it has come (rules 4 and 5)."""
    if incident.late_entry or (rung.away and not incident.away):
        return False
    if rung.during is Phase.CANCELLED:
        return incident.state is State.CANCELLED
    if incident.state in ENDED:
        return False
    return rung.during is Phase.LIVE or incident.state is not State.RESOLVED


def causes(rung: Rung, incident: Incident, stamped: Stamped) -> Iterator[Cause]:
    """What the rung waits from, as things stand: one cause, or several, or none."""
    if rung.since is not None:
        yield from _TRIGGERS[rung.since](rung, incident)
        return
    name = rung.start or MomentName.RECEIVED
    start = began_at(incident.round, name, stamped=stamped.get(name, ()))
    if start is not None:
        yield Cause(start=start, round=incident.round.number)


def is_about(code: str, incident: Incident, *, at_opening: bool = False) -> bool:
    """Whether an incident is about something: weapons, injured, or what its sender named.

    Args:
        code: `weapons`, `injured`, a hazard, a category, or a detail that is a flag.
        incident: The incident.
        at_opening: As it was opened, not as it is now.
    """
    alert = incident.alert
    known: Circumstances = alert.circumstances if at_opening else incident.circumstances
    if (code == "weapons" and known.weapons) or (code == "injured" and (known.injured or 0) > 0):
        return True
    return code in known.hazards or code == alert.category or (code, True) in alert.details


def _opened(rung: Rung, incident: Incident) -> Iterator[Cause]:
    """The opening; or the newest update, where it was not about this when it opened."""
    then = not rung.when or any(is_about(code, incident, at_opening=True) for code in rung.when)
    newest = incident.updates[-1:]
    told = incident.opened_at if then or not newest else newest[0].recorded_at
    yield Cause(start=told, round=1)


def _came(rung: Rung, incident: Incident) -> Iterator[Cause]:
    """That it came to the center; a return to the team is no coming."""
    del rung
    present = incident.round
    if present.cause is not RoundCause.RETURNED:
        yield Cause(start=present.started_at, round=present.number)


def _updated(rung: Rung, incident: Incident) -> Iterator[Cause]:
    """Each update that a team, sent before it was told, has not noted."""
    del rung
    for update in incident.updates:
        for entry in incident.live_assignments:
            if entry.team not in update.noted_by and entry.assigned_at <= update.recorded_at:
                yield Cause(
                    start=update.recorded_at,
                    round=entry.round,
                    suffix=f".{entry.team}.{update.number}",
                    team=entry.team,
                )


def _heard_of(rung: Rung, incident: Incident) -> Iterator[Cause]:
    """The last sign of life of each team on scene: that it arrived, or that it is safe."""
    del rung
    for entry in incident.live_assignments:
        if entry.state is State.ON_SCENE:
            arrived = [
                moment.judged_at
                for moment in incident.moments
                if moment.name is MomentName.ON_SCENE and moment.team == entry.team
            ]
            yield Cause(
                start=max([*arrived, entry.checked_in_at or entry.assigned_at]),
                round=entry.round,
                suffix=f".{entry.team}.{entry.check_ins}",
                team=entry.team,
            )


def _offered(rung: Rung, incident: Incident) -> Iterator[Cause]:
    """The offer to the police that stands, named by the second of the round it came in."""
    del rung
    if incident.handover_at is not None:
        after = (incident.handover_at - incident.round.started_at) // SECOND
        number = incident.round.number
        yield Cause(start=incident.handover_at, round=number, suffix=f".{after}")


def _withdrawn(rung: Rung, incident: Incident) -> Iterator[Cause]:
    """The withdrawal, for each team that was on it then and has not noted it."""
    del rung
    for entry in incident.assignments:
        was_on_it = entry.end_reason is EndReason.CANCELLED and entry.ended_at == incident.ended_at
        if was_on_it and entry.team not in incident.end_noted_by:
            yield Cause(
                start=incident.ended_at or incident.updated_at,
                round=entry.round,
                suffix=f".{entry.team}.{len(incident.updates) + 1}",
                team=entry.team,
            )


_TRIGGERS: dict[Trigger, Callable[[Rung, Incident], Iterator[Cause]]] = {
    Trigger.OPENED: _opened,
    Trigger.CAME: _came,
    Trigger.UPDATE: _updated,
    Trigger.CHECK_IN: _heard_of,
    Trigger.HANDOVER: _offered,
    Trigger.CANCELLATION: _withdrawn,
}
