"""Hand-over at shift change (交接班): the list is made, each incident is accepted by name, the end.

Rule 1. The list is what the center has open; what comes while it runs is put on it.
Rule 2. An incident changes hands only when the incoming operator accepts it by name; until then it
is the outgoing operator's, and every alarm runs on.
Rule 3. It ends when nothing is left to accept: an incident that ended meanwhile is left out.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from incident.alert import IncidentId
from incident.errors import HandoverEnded, HandoverUnaccepted, NotTheIncoming, UnknownThing


class HandoverState(StrEnum):
    """Where a hand-over stands."""

    OPEN = "open"
    FINISHED = "finished"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An incident to be handed over.

    Attributes:
        late: It came after the list was made.
        ended_at: When the incident ended, if it did while the hand-over ran.
    """

    incident: IncidentId
    late: bool = False
    accepted_at: datetime | None = None
    accepted_by: str | None = None
    ended_at: datetime | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do about it."""
        return self.accepted_at is not None or self.ended_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A hand-over of one center.

    Attributes:
        outgoing: The operator who hands over.
        incoming: The operator who takes over.
        ended_at: When it was finished or withdrawn, by `ended_by`.
    """

    id: UUID
    center: str
    outgoing: str
    incoming: str
    prepared_at: datetime
    items: tuple[Item, ...]
    state: HandoverState = HandoverState.OPEN
    ended_at: datetime | None = None
    ended_by: str | None = None


def prepare(
    *,
    id_: UUID,
    center: str,
    outgoing: str,
    incoming: str,
    live: Collection[IncidentId],
    now: datetime,
) -> Handover:
    """Make the list of what a center has open.

    Raises:
        NotTheIncoming: It is handed to who hands it over.
    """
    if outgoing == incoming:
        raise NotTheIncoming("a shift is handed over to somebody else")
    return Handover(
        id=id_,
        center=center,
        outgoing=outgoing,
        incoming=incoming,
        prepared_at=now,
        items=tuple(Item(incident=incident) for incident in live),
    )


def renew(
    handover: Handover, *, live: Collection[IncidentId], ended: dict[IncidentId, datetime]
) -> Handover:
    """Bring an open list level with the center: what came is put on it, what ended is marked.

    Args:
        handover: As kept.
        live: What the center has open now, in the order to show.
        ended: When each item ended, or left the center, of those that are no longer there.
    """
    if handover.state is not HandoverState.OPEN:
        return handover
    known = {item.incident for item in handover.items}
    came = tuple(Item(incident=one, late=True) for one in live if one not in known)
    kept = tuple(
        replace(item, ended_at=ended.get(item.incident) if item.incident not in live else None)
        for item in handover.items
    )
    return replace(handover, items=kept + came)


def left(handover: Handover) -> tuple[IncidentId, ...]:
    """The incidents that are still to be accepted."""
    return tuple(item.incident for item in handover.items if not item.is_settled)


def accept(handover: Handover, incident: IncidentId, *, by: str, now: datetime) -> Handover:
    """Accept one incident; a second time changes nothing.

    Raises:
        HandoverEnded: It runs no more.
        NotTheIncoming: Somebody else accepts.
        UnknownThing: The incident is not on the list.
    """
    _check_open(handover)
    _check_incoming(handover, by)
    found = next((item for item in handover.items if item.incident == incident), None)
    if found is None:
        raise UnknownThing(f"incident {incident} is not on the list of this hand-over")
    if found.is_settled:
        return handover
    accepted = replace(found, accepted_at=now, accepted_by=by)
    items = tuple(accepted if item is found else item for item in handover.items)
    return replace(handover, items=items)


def finish(handover: Handover, *, by: str, now: datetime) -> Handover:
    """End it once nothing is left to accept; finishing it again changes nothing.

    Raises:
        HandoverEnded: It was withdrawn.
        NotTheIncoming: Somebody else finishes.
        HandoverUnaccepted: Incidents are left.
    """
    if handover.state is HandoverState.FINISHED:
        return handover
    _check_open(handover)
    _check_incoming(handover, by)
    open_ = left(handover)
    if open_:
        raise HandoverUnaccepted(open_)
    return replace(handover, state=HandoverState.FINISHED, ended_at=now, ended_by=by)


def withdraw(handover: Handover, *, by: str, chief: bool, now: datetime) -> Handover:
    """Take it back; what was accepted stays accepted.

    Raises:
        HandoverEnded: It was finished.
        NotTheIncoming: It is neither who hands over nor a chief.
    """
    if handover.state is HandoverState.WITHDRAWN:
        return handover
    _check_open(handover)
    if not chief and by != handover.outgoing:
        raise NotTheIncoming(f"{handover.outgoing} or a chief takes it back")
    return replace(handover, state=HandoverState.WITHDRAWN, ended_at=now, ended_by=by)


def _check_open(handover: Handover) -> None:
    if handover.state is not HandoverState.OPEN:
        raise HandoverEnded(f"this hand-over was {handover.state}")


def _check_incoming(handover: Handover, by: str) -> None:
    if by != handover.incoming:
        raise NotTheIncoming(f"{handover.incoming} takes over, nobody else")
