"""Reading legs: what a profile measures."""

from incident.alert import Source
from incident.directory.fields import CODE
from incident.kinds.fields import KindFields
from incident.moments import MomentName
from incident.profile import Leg, Scope


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
