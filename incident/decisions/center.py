"""What the center that has it decides: take it, refuse it, give it away, close it."""

from incident import commands as c
from incident import events as e
from incident.commands import Context, Facts, Result
from incident.decisions.following import follow_up_by
from incident.decisions.outcome import Decided, releases
from incident.errors import AlreadyDone, BadDisposition, BadTarget, NotAssigned, UnknownThing
from incident.lifecycle import Incident
from incident.moments import MomentName
from incident.profile import DetailField, Disposition, FieldType, Kind
from incident.replay import is_acknowledged, is_pushed


def confirm_receipt(
    incident: Incident, command: c.Receipt, context: Context, facts: Facts
) -> Decided:
    """The center has it. A second receipt says nothing new."""
    del command, context, facts
    if is_pushed(incident):
        return Decided()
    return Decided(bodies=(e.IncidentPushed(),))


def acknowledge(
    incident: Incident, command: c.Acknowledge, context: Context, facts: Facts
) -> Decided:
    """Somebody of the center takes it; that is also a receipt.

    Raises:
        AlreadyDone: If somebody took it before; says who and when.
    """
    del command, context, facts
    if is_acknowledged(incident):
        first = [entry for entry in incident.moments if entry.name is MomentName.ACKNOWLEDGED][-1]
        by = first.actor.person or first.actor.id
        raise AlreadyDone(f"already acknowledged by {by}", by=by, at=first.occurred_at)
    receipt = () if is_pushed(incident) else (e.IncidentPushed(),)
    return Decided(bodies=(*receipt, e.IncidentAcknowledged()))


def refuse(incident: Incident, command: c.Refuse, context: Context, facts: Facts) -> Decided:
    """It is not ours: before any team has departed."""
    del context, facts
    refused = e.IncidentRefused(reason=command.reason, text=command.text)
    return Decided(bodies=(refused, *releases(incident, e.EndReason.REFUSED)))


def transfer(incident: Incident, command: c.Transfer, context: Context, facts: Facts) -> Decided:
    """Give it to another center, before any team has departed.

    Raises:
        UnknownThing: If the directory has no such center.
        BadTarget: If the center has it already.
    """
    del context
    console = facts.consoles.get(command.center)
    if console is None:
        raise UnknownThing(f"no center {command.center}", allowed=tuple(sorted(facts.consoles)))
    if command.center == incident.center:
        raise BadTarget(f"center {command.center} has it already")
    moved = e.IncidentTransferred(
        center=command.center,
        console=console,
        reason=command.reason,
        text=command.text,
        away=command.center in facts.away,
    )
    return Decided(bodies=(moved, *releases(incident, e.EndReason.TRANSFERRED)))


def resolve(incident: Incident, command: c.Resolve, context: Context, facts: Facts) -> Decided:
    """Report the outcome, by a team or for one, or by telephone with no team at all.

    Raises:
        NotAssigned: If the team named was never on it.
        BadDisposition: If the disposition or the result does not fit the kind.
    """
    del context
    if command.team is not None:
        teams = {entry.team for entry in incident.assignments}
        if command.team not in teams:
            raise NotAssigned(
                f"team {command.team} was never on this incident", allowed=tuple(sorted(teams))
            )
    if command.disposition is not None:
        _check_disposition(incident, command.disposition)
    _check_result(command.result, facts.result_fields)
    resolved = e.IncidentResolved(
        team=command.team,
        disposition=command.disposition,
        result=command.result,
        text=command.text,
    )
    return Decided(bodies=(resolved,))


def return_for_completion(
    incident: Incident, command: c.Return, context: Context, facts: Facts
) -> Decided:
    """Return the reported outcome; a new round begins."""
    del incident, context, facts
    return Decided(bodies=(e.IncidentReturned(reason=command.reason, text=command.text),))


def close(incident: Incident, command: c.Close, context: Context, facts: Facts) -> Decided:
    """Close with a disposition; teams that are left are released.

    Raises:
        BadDisposition: If it is none of the kind's, or a field it requires is missing.
    """
    _check_disposition(incident, command.disposition)
    _check_result(command.result, facts.result_fields)
    result = tuple(sorted({**dict(incident.result), **dict(command.result)}.items()))
    chosen = facts.dispositions.get(command.disposition)  # None if dropped from the kind since
    _check_required(command.disposition, result, chosen)
    closed = e.IncidentClosed(
        disposition=command.disposition,
        result=result,
        original=command.original,
        text=command.text,
        follow_up_by=follow_up_by(incident, command.disposition, now=context.now, facts=facts),
    )
    return Decided(bodies=(closed, *releases(incident, e.EndReason.CLOSED)))


def check_late_entry(incident: Incident, disposition: str, result: Result, kind: Kind) -> None:
    """Check the outcome of an incident that is entered late as if it were closed now.

    Raises:
        BadDisposition: If it is none of the kind's, or a field it requires is missing.
    """
    _check_disposition(incident, disposition)
    _check_result(result, kind.details)
    chosen = next((entry for entry in kind.dispositions if entry.code == disposition), None)
    _check_required(disposition, result, chosen)


def _check_required(code: str, result: Result, chosen: Disposition | None) -> None:
    given = {name for name, value in result if value != ""}  # 0 and False are answers
    missing = tuple(name for name in (chosen.required if chosen else ()) if name not in given)
    if missing:
        raise BadDisposition(f"disposition {code} needs: {', '.join(missing)}", allowed=missing)


def reopen(incident: Incident, command: c.Reopen, context: Context, facts: Facts) -> Decided:
    """Let an ended incident go on; a new round begins.

    Raises:
        BadTarget: If it was merged, which a split undoes on both sides, or entered late.
    """
    del context
    if incident.late_entry:
        raise BadTarget("it was over when it was entered: send a new alert", allowed=("note",))
    if incident.merged_into is not None:
        raise BadTarget(f"it was merged into {incident.merged_into}", allowed=("split",))
    away = incident.center in facts.away
    reopened = e.IncidentReopened(reason=command.reason, text=command.text, away=away)
    return Decided(bodies=(reopened,))


def _check_disposition(incident: Incident, code: str) -> None:
    if code not in incident.dispositions:
        raise BadDisposition(f"no disposition {code}", allowed=incident.dispositions)


def _check_result(result: Result, fields: tuple[DetailField, ...]) -> None:
    known = {field.name: field for field in fields if field.at == "result"}
    for name, value in result:
        field = known.get(name)
        if field is None:
            raise BadDisposition(f"no result field {name}", allowed=tuple(sorted(known)))
        if not _fits(field, value):
            raise BadDisposition(
                f"result field {name} must be a {field.type}",
                allowed=field.choices or (field.type.value,),
            )


def _fits(field: DetailField, value: str | int | bool) -> bool:  # noqa: FBT001 - a result's value may be a flag
    if field.type is FieldType.TEXT:
        return isinstance(value, str) and len(value) <= (field.maximum or 200)
    if field.type is FieldType.INTEGER:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and 0 <= int(value) <= (field.maximum or 1_000_000)
    if field.type is FieldType.BOOLEAN:
        return isinstance(value, bool)
    return value in field.choices
