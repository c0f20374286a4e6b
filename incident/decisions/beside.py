"""What the station, police and others add: withdrawal, updates, hand-over, links, notes."""

from incident import commands as c
from incident import events as e
from incident.commands import Context, Facts
from incident.decisions.outcome import Decided, releases
from incident.decisions.teams import find_assignment
from incident.errors import AssignmentEnded, BadTarget, UnknownThing
from incident.lifecycle import ENDED, Incident, State
from incident.moments import MomentName


def cancel(incident: Incident, command: c.Cancel, context: Context, facts: Facts) -> Decided:
    """The station withdraws its alert; teams are released."""
    del context, facts
    cancelled = e.IncidentCancelled(reason=command.reason, text=command.text)
    return Decided(bodies=(cancelled, *releases(incident, e.EndReason.CANCELLED)))


def request_police(
    incident: Incident, command: c.RequestPolice, context: Context, facts: Facts
) -> Decided:
    """Ask for police; the team stays and the incident goes on."""
    del incident, context, facts
    return Decided(bodies=(e.PoliceRequested(reason=command.reason, text=command.text),))


def police_arrive(
    incident: Incident, command: c.PoliceArrive, context: Context, facts: Facts
) -> Decided:
    """Police are on scene; told twice in a round says nothing new."""
    del command, context, facts
    if incident.has(MomentName.POLICE_ON_SCENE):
        return Decided()
    return Decided(bodies=(e.PoliceArrived(),))


def hand_over(incident: Incident, command: c.HandOver, context: Context, facts: Facts) -> Decided:
    """Offer it to the police. It goes on, and is the center's, until an officer accepts.

    Raises:
        UnknownThing: If no such police organisation is known.
    """
    del context
    if command.to not in facts.police:
        raise UnknownThing(f"no station {command.to}", allowed=tuple(sorted(facts.police)))
    if incident.handover == command.to:
        return Decided()
    offered = e.HandoverOffered(to=command.to, reason=command.reason, text=command.text)
    return Decided(bodies=(offered,))


def accept_handover(
    incident: Incident, command: c.AcceptHandover, context: Context, facts: Facts
) -> Decided:
    """A named officer of the organisation it was offered to accepts it; that ends it here.

    Raises:
        BadTarget: If it was not offered, or offered to others.
    """
    del facts
    to = incident.handover
    if to is None:
        raise BadTarget("it was not offered to anyone", allowed=("hand-over",))
    if context.actor.organisation != to:
        raise BadTarget(f"it was offered to {to}", allowed=(to,))
    accepted = e.HandoverAccepted(to=to, officer=command.officer)
    return Decided(bodies=(accepted, *releases(incident, e.EndReason.HANDED_OVER)))


def update(incident: Incident, command: c.Update, context: Context, facts: Facts) -> Decided:
    """Tell new facts. Severity may rise and never falls; what says nothing new is no event.

    Content of a revision that was overtaken or spoken for is kept as a conflict: it is never
    dropped, and never undoes what is newer.

    Raises:
        UnknownThing: If the place is not in the directory.
        BadTarget: If a revision that is not newer comes without a fingerprint to keep it by.
    """
    if command.fingerprint in incident.fingerprints:
        return Decided()
    if command.revision is not None and command.revision <= incident.revision:
        return _overtaken(incident, command, command.revision, context)
    if command.place is not None and command.place not in facts.places:
        raise UnknownThing(f"no place {command.place}")
    asked = command.severity or incident.severity
    severity = asked if asked.rank < incident.severity.rank else incident.severity
    circumstances = command.circumstances or incident.circumstances
    if command.facts is not None:
        circumstances = command.facts.over(circumstances)
    moved = command.place is not None and command.place != incident.place
    changed = severity is not incident.severity or circumstances != incident.circumstances or moved
    if not changed and command.text is None and command.revision is None:
        return Decided()
    updated = e.IncidentUpdated(
        number=len(incident.updates) + 1,
        severity=severity,
        circumstances=circumstances,
        revision=command.revision,
        fingerprint=command.fingerprint,
        place=command.place,
        text=command.text,
    )
    return Decided(bodies=(updated,))


def _overtaken(incident: Incident, command: c.Update, revision: int, context: Context) -> Decided:
    """Keep content whose revision is not newer than what the incident stands at."""
    if command.fingerprint is None:
        raise BadTarget(
            f"revision {revision} is not newer than {incident.revision}",
            allowed=(str(incident.revision + 1),),
        )
    conflict = e.ConflictRecorded(
        fingerprint=command.fingerprint,
        revision=revision,
        received_at=context.occurred_at or context.now,
    )
    return Decided(bodies=(conflict,))


def confirm_update(incident: Incident, command: c.Noted, context: Context, facts: Facts) -> Decided:
    """A live team confirms that it knows of an update, or one that was on it of its withdrawal.

    The withdrawal has the number after that of the last update.

    Raises:
        UnknownThing: If there is no update of that number.
        NotAssigned: If the team was never on it.
        AssignmentEnded: If the team is no longer on it.
    """
    del facts
    if incident.state is State.CANCELLED:
        return _confirm_withdrawal(incident, command, context)
    if not 1 <= command.number <= len(incident.updates):
        numbers = tuple(str(entry.number) for entry in incident.updates)
        raise UnknownThing(f"no update {command.number}", allowed=numbers)
    entry = find_assignment(incident, command.team, context)
    if not entry.is_live:
        raise AssignmentEnded(f"team {entry.team} is no longer on it")
    if command.team in incident.updates[command.number - 1].noted_by:
        return Decided()
    return Decided(bodies=(e.UpdateNoted(number=command.number, team=command.team),))


def _confirm_withdrawal(incident: Incident, command: c.Noted, context: Context) -> Decided:
    number = len(incident.updates) + 1
    if command.number != number:
        raise UnknownThing(f"no update {command.number} to note now", allowed=(str(number),))
    if find_assignment(incident, command.team, context).end_reason is not e.EndReason.CANCELLED:
        raise AssignmentEnded(f"team {command.team} was no longer on it when it was withdrawn")
    if command.team in incident.end_noted_by:
        return Decided()
    return Decided(bodies=(e.UpdateNoted(number=number, team=command.team),))


def urge(incident: Incident, command: c.Urge, context: Context, facts: Facts) -> Decided:
    """Urge those who have it."""
    del incident, context, facts
    return Decided(bodies=(e.IncidentUrged(text=command.text),))


def request_help(
    incident: Incident, command: c.RequestHelp, context: Context, facts: Facts
) -> Decided:
    """Ask for help, for a team or for the center itself.

    Raises:
        NotAssigned: If the team named was never on it.
    """
    del facts
    if command.team is not None:
        find_assignment(incident, command.team, context)
    return Decided(bodies=(e.HelpRequested(team=command.team, text=command.text),))


def note(incident: Incident, command: c.Note, context: Context, facts: Facts) -> Decided:
    """Add a note, at any time."""
    del incident, context, facts
    return Decided(bodies=(e.NoteAdded(text=command.text),))


def merge(incident: Incident, command: c.Merge, context: Context, facts: Facts) -> Decided:
    """End it as a duplicate of a live incident that has its own teams.

    Raises:
        BadTarget: If the other is unknown, itself, ended, or a drill where this one is not; or if
            teams are still on this one.
    """
    del context
    into = facts.others.get(command.into)
    if into is None or into.id == incident.id or into.state in ENDED:
        raise BadTarget(f"incident {command.into} cannot take a duplicate: it must be live")
    if into.alert.status is not incident.alert.status:
        raise BadTarget(f"incident {into.id} is {into.alert.status}, this one is not")
    teams = tuple(entry.team for entry in incident.live_assignments)
    if teams:
        raise BadTarget(
            f"teams are still on it: {', '.join(teams)}; divert them to {into.id} or release them",
            allowed=("release",),
        )
    linked = e.IncidentLinked(other=incident.id, link=e.LinkKind.DUPLICATE)
    return Decided(bodies=(e.IncidentMerged(into=into.id),), others=((into.id, (linked,)),))


def split(incident: Incident, command: c.Split, context: Context, facts: Facts) -> Decided:
    """Undo a merge on both sides; a new round begins.

    Raises:
        BadTarget: If it was not merged.
    """
    del context, facts
    origin = incident.merged_into
    if origin is None:
        raise BadTarget("it was not merged into another incident", allowed=("reopen",))
    unlinked = e.IncidentUnlinked(other=incident.id, link=e.LinkKind.DUPLICATE)
    gone = e.IncidentSplit(from_incident=origin, reason=command.reason)
    return Decided(bodies=(gone,), others=((origin, (unlinked,)),))


def record_conflict(
    incident: Incident, command: c.RecordConflict, context: Context, facts: Facts
) -> Decided:
    """Keep that other content came under the same reference and revision; once per content."""
    del context, facts
    if command.fingerprint in incident.fingerprints:
        return Decided()
    conflict = e.ConflictRecorded(
        fingerprint=command.fingerprint,
        revision=command.revision,
        received_at=command.received_at,
    )
    return Decided(bodies=(conflict,))
