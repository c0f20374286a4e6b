"""Reading legs and rungs: what a profile measures, and what is done if nobody acts."""

from incident.alert import Severity, Source
from incident.directory.fields import CODE
from incident.kinds.fields import KindFields
from incident.moments import MomentName
from incident.profile import Action, Leg, Rung, Scope, SeverityAmount

MOST_TIMES = 10


def read_leg(fields: KindFields) -> Leg:
    """Read one leg."""
    noted = len(fields.faults)
    leg = Leg(
        code=fields.text("code", CODE),
        start=fields.choice("start", MomentName) or MomentName.RECEIVED,
        end=fields.choice("end", MomentName) or MomentName.ENDED,
        scope=fields.choice("scope", Scope) or Scope.ROUND,
        target=fields.optional_amount("target"),
        warn_at_percent=fields.percentages("warn_at_percent"),
        fallback_start=fields.optional_choice("fallback_start", MomentName),
        sources=fields.choices("sources", Source),
    )
    fields.finish()
    if len(fields.faults) == noted:
        _check_leg(leg, fields)
    return leg


def _check_leg(leg: Leg, fields: KindFields) -> None:
    if leg.start is leg.end:
        fields.note("end", wrong="is the start", allowed=f"another moment than {leg.start}")
    if leg.fallback_start in {leg.start, leg.end}:
        allowed = f"another moment than {leg.start} and {leg.end}"
        fields.note("fallback_start", wrong="is the start or the end", allowed=allowed)
    if leg.warn_at_percent and leg.target is None:
        allowed = "warning points only beside a target"
        fields.note("warn_at_percent", wrong="has no target to be a share of", allowed=allowed)


def read_rung(fields: KindFields) -> Rung:
    """Read one rung of a ladder."""
    noted = len(fields.faults)
    rung = Rung(
        code=fields.text("code", CODE),
        action=fields.choice("action", Action) or Action.WEBHOOK,
        start=fields.choice("start", MomentName) or MomentName.RECEIVED,
        wait=fields.amount("wait"),
        wait_by_severity=_waits(fields),
        unless=fields.choices("unless", MomentName),
        times=fields.whole("times", least=1, most=MOST_TIMES, default=1),
        mark=fields.optional_text("mark", CODE),
        late_severities=(
            fields.choices("late_severities", Severity) if fields.says("late_severities") else None
        ),
        at_once_without_console=fields.flag("at_once_without_console", default=False),
    )
    fields.finish()
    if len(fields.faults) == noted and rung.start in rung.unless:
        allowed = f"other moments than its start, {rung.start}"
        fields.note("unless", wrong="holds its start, so it would never run", allowed=allowed)
    return rung


def _waits(fields: KindFields) -> tuple[SeverityAmount, ...]:
    part = fields.optional_part("wait_by_severity")
    if part is None:
        return ()
    waits = tuple(
        SeverityAmount(severity=severity, wait=part.amount(severity))
        for severity in Severity
        if part.says(severity)
    )
    part.finish()
    return waits
