"""Late entry (补录): what was handled by telephone during an outage is entered whole, afterwards.

It opens and closes an incident in one transaction. Its profile is empty, so that no clock runs for
it and no step is ever due; it carries the mark `late_entry`, by which it is counted apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from incident import events as e
from incident.alert import (
    Alert,
    Circumstances,
    IncidentId,
    OrganisationId,
    Place,
    Reference,
    Severity,
    Source,
    Status,
    TeamId,
    alert_id,
)
from incident.commands import Context, Result
from incident.decisions.center import check_late_entry
from incident.decisions.decide import begin, record
from incident.decisions.opening import open_incident
from incident.lifecycle import Incident
from incident.moments import Actor, MomentName, Via
from incident.profile import Profile
from services.dispatcher.ports import Answered, Asked, Atlas, Change, Store, Work
from services.runtime import codec

UNTIMED = Profile(code="late-entry", legs=(), ladder=())
"""Measures nothing and does nothing."""

COMMAND = "late-entry"


class BadEntryError(ValueError):
    """An entry is not plausible.

    Attributes:
        field: The field at fault.
    """

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


class ReferenceTakenError(Exception):
    """There is an incident of this reference with other content.

    Attributes:
        incident: Which.
    """

    def __init__(self, incident: IncidentId) -> None:
        super().__init__(f"incident {incident} has this reference")
        self.incident = incident


class EntryKeyReusedError(Exception):
    """The idempotency key was used for another entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is entered.

    Attributes:
        sender: Whose reference it is: a station, or the center itself.
        center: Whose it was; None for whoever is in charge of the place.
        moments: When each happened, in the order of a life; at least received and closed.
        digest: Keyed, of the whole: tells a retry from other content.
        sealed: What was said in free text.
    """

    sender: OrganisationId
    source: Source
    reference: Reference
    center: OrganisationId | None
    place: str | None
    kind: str
    severity: Severity
    status: Status
    moments: tuple[tuple[MomentName, datetime], ...]
    team: TeamId | None
    disposition: str
    result: Result
    outage: str
    digest: str
    sealed: str | None

    @property
    def id(self) -> IncidentId:
        """Derived from sender and reference: a retry is the same incident."""
        return alert_id(self.sender, self.reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """Where it stands."""

    id: IncidentId
    version: int
    state: str


async def enter(
    entry: Entry, *, actor: Actor, key: str, now: datetime, store: Store, atlas: Atlas
) -> Entered:
    """Keep an entry; a retry of one that was kept gets its answer.

    Raises:
        BadEntryError: Its moments, place, team or kind are not plausible.
        BadDisposition: Its disposition or result does not fit the kind.
        ReferenceTakenError: The reference has other content already.
        EntryKeyReusedError: The key was used for another entry.
    """
    check(entry, now=now, atlas=atlas)
    async with store.work() as work:
        asked = Asked(caller=actor.id, command=COMMAND, key=key)
        locked, earlier = await work.take([entry.id], asked)
        if earlier is not None:
            if earlier.digest != entry.digest:
                raise EntryKeyReusedError
            return codec.decode(earlier.body, Entered)
        known = locked.get(entry.id)
        if known is not None:
            return _same(entry, known)
        if entry.team is not None:
            await work.lock_teams([entry.team])
        change = _change(entry, actor=actor, now=now, atlas=atlas)
        return await _keep(change, asked, entry.digest, work)


def _same(entry: Entry, known: Incident) -> Entered:
    if known.alert.fingerprint != entry.digest:
        raise ReferenceTakenError(known.id)
    return Entered(id=known.id, version=known.version, state=known.state)


async def _keep(change: Change, asked: Asked, digest: str, work: Work) -> Entered:
    incident = change.incident
    answer = Entered(id=incident.id, version=incident.version, state=incident.state)
    remembered = Answered(digest=digest, body=codec.text(answer))
    if not await work.settle(asked, remembered, [change]):
        raise EntryKeyReusedError  # meanwhile
    return answer


def check(entry: Entry, *, now: datetime, atlas: Atlas) -> None:
    """Check an entry whole.

    Raises:
        BadEntryError: As `enter` says.
    """
    lookup = atlas.lookup
    if entry.kind not in atlas.kinds:
        raise BadEntryError("kind", f"no kind {entry.kind}")
    if entry.place is not None and entry.place not in lookup.places:
        raise BadEntryError("place", f"no place {entry.place}")
    if entry.center is not None and entry.center not in lookup.centers:
        raise BadEntryError("center", f"no center {entry.center}")
    if entry.team is not None and entry.team not in lookup.teams:
        raise BadEntryError("team", f"no team {entry.team}")
    last: tuple[MomentName, datetime] | None = None
    for name, at in entry.moments:
        if at > now:
            raise BadEntryError(f"moments.{name}", "must not lie in the future")
        if last is not None and at < last[1]:
            raise BadEntryError(f"moments.{name}", f"must not lie before {last[0]}")
        last = name, at
    _check_team(entry)


def _check_team(entry: Entry) -> None:
    told = {name for name, _ in entry.moments}
    acts = told & {
        MomentName.ASSIGNED, MomentName.ACCEPTED, MomentName.EN_ROUTE, MomentName.ON_SCENE
    }  # fmt: skip
    if acts and entry.team is None:
        raise BadEntryError("team", f"must be given, as there is {', '.join(sorted(acts))}")
    if (acts or entry.team is not None) and MomentName.ASSIGNED not in told:
        raise BadEntryError("moments.assigned", "must be given, as a team was sent")


def _change(entry: Entry, *, actor: Actor, now: datetime, atlas: Atlas) -> Change:
    """Give the whole life at once, each event when it happened."""
    alert = _alert(entry)
    kind = atlas.kinds[entry.kind]
    opened = open_incident(alert, lookup=atlas.lookup, kind=kind, profile=UNTIMED)
    opened = replace(opened, late_entry=True, outage=entry.outage)
    times = dict(entry.moments)

    def happened(at: datetime) -> Context:
        return Context(now=now, actor=actor, via=Via.TELEPHONE, occurred_at=at)

    incident, first = begin(opened, context=happened(alert.received_at))
    check_late_entry(incident, entry.disposition, entry.result, kind)
    events = [first]
    for name, body in _bodies(entry, atlas):
        incident, more = record(incident, (body,), context=happened(times[name]))
        events += more
    return Change(
        before=None,
        incident=incident,
        events=tuple(events),
        sealed={} if entry.sealed is None else {1: entry.sealed},
    )


_ACTS: dict[MomentName, type[e.TeamAccepted | e.TeamDeparted | e.TeamArrived]] = {
    MomentName.ACCEPTED: e.TeamAccepted,
    MomentName.EN_ROUTE: e.TeamDeparted,
    MomentName.ON_SCENE: e.TeamArrived,
}


def _bodies(entry: Entry, atlas: Atlas) -> Iterator[tuple[MomentName, e.Body]]:
    """What happened, by the moment each is told for."""
    for name, _ in entry.moments:
        if entry.team is not None:
            for body in _of_team(name, entry.team, atlas):
                yield name, body
        if name is MomentName.ACKNOWLEDGED:
            yield name, e.IncidentPushed()
            yield name, e.IncidentAcknowledged()
        elif name is MomentName.RESOLVED:
            yield name, e.IncidentResolved(team=entry.team, disposition=entry.disposition)
        elif name is MomentName.CLOSED:
            yield name, e.IncidentClosed(disposition=entry.disposition, result=entry.result)


def _of_team(name: MomentName, team: TeamId, atlas: Atlas) -> Iterator[e.Body]:
    """What the team did at a moment; it is free again before the closing."""
    if name is MomentName.ASSIGNED:
        lent = atlas.lookup.teams[team].organisation
        yield e.TeamAssigned(assignment=1, team=team, team_organisation=lent)
    elif name in _ACTS:
        yield _ACTS[name](assignment=1, team=team)
    elif name is MomentName.CLOSED:
        yield e.TeamReleased(assignment=1, team=team, reason=e.EndReason.CLOSED)


def _alert(entry: Entry) -> Alert:
    times = dict(entry.moments)
    return Alert(
        id=entry.id,
        station=entry.sender,
        reference=entry.reference,
        revision=1,
        kind=entry.kind,
        severity=entry.severity,
        status=entry.status,
        source=entry.source,
        place=Place(center=entry.center, place=entry.place),
        circumstances=Circumstances(),
        fingerprint=entry.digest,
        late=True,
        reported_at=times.get(MomentName.REPORTED),
        received_at=times[MomentName.RECEIVED],
    )
