"""What the center's own people decide among themselves: set it aside, take it over."""

from datetime import timedelta

from incident import commands as c
from incident import events as e
from incident.alert import Severity
from incident.commands import Context, Facts
from incident.decisions.outcome import Decided
from incident.errors import BadTarget, NotAllowed
from incident.lifecycle import Incident

SHELVED_FOR = ("duplicate", "test-source")
LONGEST_MINUTES = 30


def shelve(incident: Incident, command: c.Shelve, context: Context, facts: Facts) -> Decided:
    """Set it aside: a duplicate or a test source, never a red one, half an hour at most.

    Raises:
        NotAllowed: If it is red.
        BadTarget: If it is neither, or for too long.
    """
    del facts
    if incident.severity is Severity.RED:
        raise NotAllowed("a red incident is never set aside")
    if command.reason not in SHELVED_FOR:
        raise BadTarget("only duplicates and test sources are set aside", allowed=SHELVED_FOR)
    if not 1 <= command.minutes <= LONGEST_MINUTES:
        raise BadTarget(f"it is set aside for 1 to {LONGEST_MINUTES} minutes")
    until = context.now + timedelta(minutes=command.minutes)
    return Decided(bodies=(e.IncidentShelved(reason=command.reason, until=until),))


def take_over(incident: Incident, command: c.TakeOver, context: Context, facts: Facts) -> Decided:
    """The incoming operator has it from now on; once for each hand-over."""
    del context, facts
    taken = e.IncidentTakenOver(
        handover=command.handover, operator=command.operator, previous=incident.operator
    )
    return Decided(bodies=(taken,))
