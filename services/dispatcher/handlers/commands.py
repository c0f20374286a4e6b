"""A command over HTTP: the caller's right, the decision and its record, in one transaction."""

from dataclasses import dataclass, replace
from uuid import UUID

import structlog

from incident import commands as c
from incident.alert import IncidentId, TeamId
from incident.commands import Command, Context, Facts, TeamFacts
from incident.decisions.decide import decide, record
from incident.errors import NotAllowed
from incident.lifecycle import Incident
from services.dispatcher.access import Relation, check_team, check_verb, relation
from services.dispatcher.handlers.opening import kind_of
from services.dispatcher.handlers.receipts import check_desk
from services.dispatcher.ports import Answered, Asked, Atlas, Change, StaleError, Store, Work
from services.runtime import codec
from services.runtime.auth import Principal

LOCK_TRIES = 3

_COMING = c.Transfer | c.Reopen | c.FollowUp
"""Commands by which it comes to a center's desk, which may be away."""

_log = structlog.get_logger(__name__)


class NotYetOpenError(Exception):
    """No incident of this id, yet: its alert may still be on the way."""


class VersionMismatchError(Exception):
    """The incident is not at the version the caller saw.

    Attributes:
        version: Where it stands.
    """

    def __init__(self, version: int) -> None:
        super().__init__(f"the incident is at version {version}")
        self.version = version


class KeyReusedError(Exception):
    """The idempotency key was used for another request."""


class MovedError(Exception):
    """What the command touches kept changing while it was being locked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A command as it was asked.

    Attributes:
        verb: The verb of the path; with `act`, a report on behalf of a team.
        key: The caller's idempotency key.
        digest: Of the whole request, to tell a retry from another request.
        act: What is reported on behalf of a team, where the verb is `report`.
        version: The version the caller saw, if it says so.
        sealed: The command's free text, sealed; its digest is in the command.
        desk: That confirms receipt.
    """

    caller: Principal
    incident: IncidentId
    verb: str
    command: Command
    context: Context
    key: str
    digest: str
    act: str | None = None
    version: int | None = None
    sealed: str | None = None
    desk: UUID | None = None

    @property
    def asked(self) -> Asked:
        """What its answer is kept under."""
        return Asked(caller=self.caller.key_id, command=self.verb, key=self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Where an incident stands after a command.

    Attributes:
        changed: False where the command said nothing new.
    """

    id: IncidentId
    version: int
    state: str
    changed: bool


async def execute(request: Request, *, store: Store, atlas: Atlas) -> Answer:
    """Carry out a command; a retry of one that succeeded gets its first answer.

    Raises:
        NotYetOpenError: No such incident yet.
        AccessRefusedError: The caller may not.
        VersionMismatchError: The caller saw another version.
        KeyReusedError: The key was used for another request.
        Refusal: The rules refuse it; nothing was changed.
        MovedError: Teams moved faster than they could be locked; asking again helps.
    """
    answer = await _at_a_glance(request, store=store, atlas=atlas)
    tries = 0
    while answer is None:
        if tries == LOCK_TRIES:
            raise MovedError(f"the teams of {request.incident} changed {tries} times in a row")
        tries += 1
        async with store.work() as work:
            answer = await _attempt(request, work=work, atlas=atlas)
    _tell(request, answer)
    return answer


async def _at_a_glance(request: Request, *, store: Store, atlas: Atlas) -> Answer | None:
    """Decide on what is seen without a lock; None if it changed before that could be saved.

    Few commands meet another on the same incident. Those that do not need no lock held over a
    way there and back; those that do, and commands on several incidents, take the locks and decide.
    """
    if _diverts(request.command) or isinstance(request.command, c.Merge | c.Split):
        return None
    try:
        async with store.glance() as work:
            return await _attempt(request, work=work, atlas=atlas)
    except StaleError:
        return None


def _tell(request: Request, answer: Answer) -> None:
    """Say what was done, once it is committed; what was said in free text stands nowhere here."""
    _log.info(
        "act_done",
        incident_id=str(answer.id),
        verb=request.verb,
        caller=request.caller.key_id,
        version=answer.version,
        changed=answer.changed,
    )


async def _attempt(request: Request, *, work: Work, atlas: Atlas) -> Answer | None:
    """Try once; None if a team moved between looking and locking."""
    ids = await _touched(request, work)
    named = _teams(request.command)
    locked, earlier = await work.take(ids, request.asked, teams=named)
    incident = locked.get(request.incident)
    if incident is None:
        raise NotYetOpenError
    if earlier is not None:
        return _repeat(request, earlier)
    _check(request, incident)
    if isinstance(request.command, c.Receipt):
        await check_desk(request.caller, request.desk, work=work, now=request.context.now)
    engaged = await work.lock_teams(named) if named else {}
    if _diverts(request.command) and not set(engaged.values()) <= ids:
        return None
    await _check_taking(request, engaged, work=work, atlas=atlas)
    others = _others(request, locked)
    facts = _facts(request.command, incident, atlas=atlas, engaged=engaged, others=others)
    if isinstance(request.command, _COMING):
        facts = replace(facts, away=await work.find_away(now=request.context.now))
    return await _carry_out(request, incident, facts=facts, work=work)


async def _carry_out(request: Request, incident: Incident, *, facts: Facts, work: Work) -> Answer:
    decided = decide(incident, request.command, context=request.context, facts=facts)
    changes = []
    if decided.bodies:
        after, events = record(incident, decided.bodies, context=request.context)
        sealed = {} if request.sealed is None else {events[0].version: request.sealed}
        changes.append(Change(before=incident, incident=after, events=events, sealed=sealed))
        incident = after
    for other, bodies in decided.others:
        before = facts.others[other]
        after, events = record(before, bodies, context=request.context)
        changes.append(Change(before=before, incident=after, events=events))
    answer = Answer(
        id=incident.id,
        version=incident.version,
        state=incident.state,
        changed=bool(decided.bodies),
    )
    remembered = Answered(digest=request.digest, body=codec.text(answer))
    if not await work.settle(request.asked, remembered, changes):
        raise KeyReusedError  # meanwhile, on another incident: this one's lock was ours
    return answer


def _repeat(request: Request, earlier: Answered) -> Answer:
    if earlier.digest != request.digest:
        raise KeyReusedError
    return codec.decode(earlier.body, Answer)


def _check(request: Request, incident: Incident) -> None:
    now = request.context.now
    found = check_verb(request.caller, request.verb, incident, now=now, act=request.act)
    team = getattr(request.command, "team", None)
    check_team(request.caller, found, team, incident, now=now)
    if request.version is not None and request.version != incident.version:
        raise VersionMismatchError(incident.version)


async def _check_taking(
    request: Request, engaged: dict[TeamId, IncidentId], *, work: Work, atlas: Atlas
) -> None:
    """Keep another center's team on that center's incident; where it is stays unsaid as well.

    A center's own team, and one that all centers share, may be taken from anywhere.

    Raises:
        NotAllowed: A team named is another center's, on an incident that is not the caller's own.
    """
    caller, lookup = request.caller, atlas.lookup
    may_take = {caller.organisation, lookup.directory.park.code}
    theirs = {
        where: team
        for team, where in engaged.items()
        if (known := lookup.team(team)) is not None and known.organisation not in may_take
    }
    if not theirs:
        return
    for where, incident in (await work.find(theirs)).items():
        if relation(caller, incident, now=request.context.now) is not Relation.OWN:
            detail = f"team {theirs[where]} is at work for its own center, which alone can spare it"
            raise NotAllowed(detail)


async def _touched(request: Request, work: Work) -> set[IncidentId]:
    """Every incident the command may touch, so that all are locked in the order of their ids."""
    command = request.command
    ids = {request.incident}
    if _diverts(command):
        ids |= set((await work.find_engaged(_teams(command))).values())
    if isinstance(command, c.Merge):
        ids.add(command.into)
    if isinstance(command, c.Split):
        found = (await work.find([request.incident])).get(request.incident)
        if found is not None and found.merged_into is not None:
            ids.add(found.merged_into)
    return ids


def _teams(command: Command) -> tuple[TeamId, ...]:
    """The teams whose engagement the command decides on."""
    return command.teams if isinstance(command, c.Assign) else ()


def _diverts(command: Command) -> bool:
    return isinstance(command, c.Assign) and command.divert


def _others(request: Request, locked: dict[IncidentId, Incident]) -> dict[IncidentId, Incident]:
    """The other incidents locked; one to merge with only if it is the caller's own as well."""
    others = {id_: other for id_, other in locked.items() if id_ != request.incident}
    if not isinstance(request.command, c.Merge):
        return others
    now = request.context.now
    return {
        id_: other
        for id_, other in others.items()
        if relation(request.caller, other, now=now) is Relation.OWN
    }


def _facts(
    command: Command,
    incident: Incident,
    *,
    atlas: Atlas,
    engaged: dict[TeamId, IncidentId],
    others: dict[IncidentId, Incident],
) -> Facts:
    lookup = atlas.lookup
    kind = kind_of(incident.alert, atlas=atlas)
    known = {team: lookup.team(team) for team in _teams(command)}
    return Facts(
        teams={
            code: TeamFacts(organisation=team.organisation, engaged_on=engaged.get(code))
            for code, team in known.items()
            if team is not None
        },
        consoles={center.code: center.consoles for center in lookup.centers.values()},
        police=frozenset(station.code for station in lookup.directory.stations),
        dispositions={entry.code: entry for entry in kind.dispositions},
        result_fields=kind.details,
        places=lookup.places,
        others=others,
        organisations=frozenset(lookup.organisations),
        remind_at_percent=kind.remind_at_percent,
        follow_up=kind.follow_up,
    )
