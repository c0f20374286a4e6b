"""Hand-over at shift change (交接班): each step in one transaction with what it moves."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from incident import commands as c
from incident.alert import IncidentId, OrganisationId
from incident.commands import Context, Facts
from incident.decisions.decide import decide, record
from incident.lifecycle import Incident
from incident.moments import Actor, ActorKind, Via
from incident.shift import Handover, HandoverState, accept, finish, prepare, renew, withdraw
from services.dispatcher.ports import Change
from services.runtime.auth import Principal

MOST = 1000
"""Incidents that one hand-over lists."""


class HandoverRunningError(Exception):
    """A hand-over of the center runs already.

    Attributes:
        id: Of the one that runs.
    """

    def __init__(self, id_: UUID) -> None:
        super().__init__(f"hand-over {id_} runs")
        self.id = id_


class NoHandoverError(Exception):
    """The center has no such hand-over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A hand-over as it is kept.

    Attributes:
        sealed: The notes, sealed.
        shown: What is printed of it once it ended, as it stood then; `hash` is its SHA-256.
    """

    handover: Handover
    sealed: str | None = None
    shown: str | None = None
    hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A hand-over with the incidents on its list, as they stand."""

    kept: Kept
    incidents: Mapping[IncidentId, Incident]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A hand-over that is to begin; the notes are sealed."""

    id: UUID
    center: str
    outgoing: str
    incoming: str
    sealed: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a hand-over is to end.

    Attributes:
        by: Who says so.
        chief: That is a chief, who may take any back.
        back: It is taken back, not finished.
    """

    by: str
    chief: bool
    back: bool


class Handing(Protocol):
    """One transaction on the hand-overs of one center, held against every other."""

    async def find(self, id_: UUID | None) -> Kept | None:
        """Give a hand-over of the center; the one that runs where no id is given."""
        ...

    async def list_live(self) -> list[IncidentId]:
        """Give what the center has open, oldest received first."""
        ...

    async def lock(self, ids: Sequence[IncidentId]) -> dict[IncidentId, Incident]:
        """Lock incidents, in the order of their ids, and give those that exist."""
        ...

    async def read(self, ids: Sequence[IncidentId]) -> dict[IncidentId, Incident]:
        """Give incidents, without a lock."""
        ...

    async def put(self, kept: Kept) -> None:
        """Keep a hand-over."""
        ...

    async def save(self, change: Change) -> None:
        """Write what became of an incident; the last act of all."""
        ...


class Handovers(Protocol):
    """Where hand-overs are kept."""

    def work(self, center: str) -> AbstractAsyncContextManager[Handing]:
        """Begin a transaction: committed at the end, rolled back on any error."""
        ...

    async def list_ended(self, center: str, *, after: UUID | None, limit: int) -> list[Kept]:
        """Give a page of a center's hand-overs, newest first."""
        ...


async def begin(proposal: Proposal, *, now: datetime, handovers: Handovers) -> Seen:
    """Make the list of what a center has open.

    Raises:
        HandoverRunningError: One runs already.
        NotTheIncoming: It is handed to who hands it over.
    """
    async with handovers.work(proposal.center) as work:
        running = await work.find(None)
        if running is not None:
            raise HandoverRunningError(running.handover.id)
        handover = prepare(
            id_=proposal.id,
            center=proposal.center,
            outgoing=proposal.outgoing,
            incoming=proposal.incoming,
            live=await work.list_live(),
            now=now,
        )
        kept = Kept(handover=handover, sealed=proposal.sealed)
        await work.put(kept)
        return await _seen(kept, work)


async def look(center: str, id_: UUID | None, *, now: datetime, handovers: Handovers) -> Seen:
    """Give a hand-over as it stands now; the one that runs where no id is given.

    Raises:
        NoHandoverError: There is none.
    """
    async with handovers.work(center) as work:
        return await _seen(await _renewed(id_, work, now=now), work)


async def take(
    center: str,
    id_: UUID,
    incident: IncidentId,
    *,
    actor: Actor,
    now: datetime,
    handovers: Handovers,
) -> Seen:
    """Accept one incident by name: from then on it is the incoming operator's.

    Raises:
        NoHandoverError: There is no such hand-over.
        Refusal: It runs no more, somebody else accepts, or the incident is not on its list.
    """
    by = actor.person or actor.id
    async with handovers.work(center) as work:
        locked = await work.lock([incident])
        kept = await _renewed(id_, work, now=now)
        accepted = accept(kept.handover, incident, by=by, now=now)
        changed = replace(kept, handover=accepted)
        await work.put(changed)
        seen = await _seen(changed, work)
        if accepted == kept.handover or incident not in locked:
            return seen
        change = _taken(locked[incident], c.TakeOver(handover=id_, operator=by), actor, now)
        await work.save(change)
    return replace(seen, incidents={**seen.incidents, incident: change.incident})


async def end(
    center: str, id_: UUID, ending: Ending, *, now: datetime, handovers: Handovers, write: "Write"
) -> Seen:
    """Finish a hand-over, or take it back.

    Args:
        center: Whose.
        id_: Which.
        ending: How.
        now: When.
        handovers: Where they are kept.
        write: Writes out what is printed of it, with its SHA-256.

    Raises:
        NoHandoverError: There is no such hand-over.
        Refusal: Somebody else does, incidents are left, or it ended otherwise.
    """
    async with handovers.work(center) as work:
        kept = await _renewed(id_, work, now=now)
        if ending.back:
            ended = withdraw(kept.handover, by=ending.by, chief=ending.chief, now=now)
        else:
            ended = finish(kept.handover, by=ending.by, now=now)
        seen = await _seen(replace(kept, handover=ended), work)
        if ended == kept.handover:
            return seen
        shown, digest = write(seen)
        seen = replace(seen, kept=replace(seen.kept, shown=shown, hash=digest))
        await work.put(seen.kept)
        return seen


class Write(Protocol):
    """Writes out what is printed of a hand-over."""

    def __call__(self, seen: Seen) -> tuple[str, str]:
        """Give the text and its SHA-256."""
        ...


def actor_of(caller: Principal, person: str | None) -> Actor:
    """Who accepts, as the incident's chain keeps it."""
    return Actor(
        kind=ActorKind.PERSON,
        id=caller.key_id,
        role=caller.role.value,
        organisation=OrganisationId(caller.organisation),
        person=caller.person or person,
    )


async def _renewed(id_: UUID | None, work: Handing, *, now: datetime) -> Kept:
    """Find a hand-over and bring its list level with the center."""
    kept = await work.find(id_)
    if kept is None:
        raise NoHandoverError
    if kept.handover.state is not HandoverState.OPEN:
        return kept
    live = await work.list_live()
    gone = [item.incident for item in kept.handover.items if item.incident not in set(live)]
    found = await work.read(gone)
    ended = {one: found[one].ended_at or now if one in found else now for one in gone}
    return replace(kept, handover=renew(kept.handover, live=live, ended=ended))


async def _seen(kept: Kept, work: Handing) -> Seen:
    ids = [item.incident for item in kept.handover.items]
    return Seen(kept=kept, incidents=await work.read(ids))


def _taken(incident: Incident, command: c.TakeOver, actor: Actor, now: datetime) -> Change:
    context = Context(now=now, actor=actor, via=Via.CONSOLE)
    decided = decide(incident, command, context=context, facts=_NOTHING)
    after, events = record(incident, decided.bodies, context=context)
    return Change(before=incident, incident=after, events=events)


_NOTHING = Facts(
    teams={},
    consoles={},
    police=frozenset(),
    dispositions={},
    result_fields=(),
    places=frozenset(),
    others={},
)
