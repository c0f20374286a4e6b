"""A small world for tests of decisions: a few incidents and teams, a clock that is moved by hand.

It does what a dispatcher does around a decision (load, decide, record, keep) and keeps its own book
of who is where, made from the events alone.
"""

from datetime import datetime

from incident import commands as c
from incident import events as e
from incident.alert import Alert, IncidentId, OrganisationId, TeamId
from incident.decisions.decide import begin, decide, record
from incident.lifecycle import Incident
from incident.moments import Actor, ActorKind, Proof, Via
from incident.profile import DetailField, FieldType, Profile
from tests.builders import CENTER, KINDS, OBSERVE, STATION, an_actor, an_alert, at

KIND = KINDS["police-alert"]
A, B, C = TeamId("A"), TeamId("B"), TeamId("C")
OTHER_CENTER = OrganisationId("yunqi")
OTHER_STATION = OrganisationId("station-2")
GUARDS = OrganisationId("guards")
PARK = OrganisationId("park")
SUPERVISOR = Actor(kind=ActorKind.PERSON, id="key-8", role="supervisor", organisation=PARK)
OFFICER = Actor(kind=ActorKind.PERSON, id="key-9", role="station", organisation=STATION)
GATE, HALL = "gate-1", "hall-2"

RESULT_FIELDS = (
    *KIND.details,
    DetailField(name="injured", type=FieldType.INTEGER, at="result", maximum=20),
    DetailField(name="settled", type=FieldType.BOOLEAN, at="result"),
    DetailField(name="cause", type=FieldType.CHOICE, at="result", choices=("noise", "debt")),
    DetailField(name="agency", type=FieldType.TEXT, at="result"),
    DetailField(name="floor", type=FieldType.INTEGER, at="opening"),
)


class World:
    """Incidents with their logs, and where each team is.

    Attributes:
        now: Seconds since the first alert was received; move it at will.
        log: Every event of every incident, in the order of versions.
        engaged: For each team on its way or at work, the incident it is on.
        away: The centers at whose desk everybody is away.
    """

    def __init__(self, *teams: TeamId) -> None:
        self.now = 1.0
        self.teams = teams or (A, B, C)
        self.incidents: dict[IncidentId, Incident] = {}
        self.log: dict[IncidentId, list[e.Event]] = {}
        self.engaged: dict[TeamId, IncidentId] = {}
        self.away: frozenset[str] = frozenset()

    def open(
        self,
        alert: Alert | None = None,
        *,
        center: OrganisationId = CENTER,
        profile: Profile = OBSERVE,
    ) -> IncidentId:
        """Open an incident for an alert; a further one each time by default."""
        raised = alert or an_alert(number=len(self.incidents) + 1)
        opened = e.IncidentOpened(
            alert=raised,
            center=center,
            fallback=False,
            console=True,
            profile=profile,
            dispositions=tuple(entry.code for entry in KIND.dispositions),
            police_required=KIND.police_required,
        )
        machine = an_actor(ActorKind.MACHINE)
        context = c.Context(now=at(self.now), actor=machine, via=Via.AUTOMATIC)
        incident, event = begin(opened, context=context)
        self.incidents[incident.id], self.log[incident.id] = incident, [event]
        return incident.id

    def do(
        self,
        id_: IncidentId,
        *commands: c.Command,
        told_at: float | None = None,
        actor: Actor | None = None,
        via: Via = Via.CONSOLE,
        proof: Proof | None = None,
    ) -> tuple[e.Body, ...]:
        """Give commands to an incident and keep what follows; returns what happened to it.

        What it takes beside the commands is as in `context`.

        Raises:
            Refusal: As decided; nothing was kept of that command.
        """
        context = self.context(told_at=told_at, actor=actor, via=via, proof=proof)
        happened: list[e.Body] = []
        for command in commands:
            decided = decide(self.incidents[id_], command, context=context, facts=self.facts(id_))
            self.keep(id_, decided.bodies, context)
            for other, bodies in decided.others:
                self.keep(other, bodies, context)
            happened += decided.bodies
        return tuple(happened)

    def keep(self, id_: IncidentId, bodies: tuple[e.Body, ...], context: c.Context) -> None:
        """Record what was decided for one incident."""
        self.incidents[id_], events = record(self.incidents[id_], bodies, context=context)
        self.log[id_] += events
        for event in events:
            self._note_teams(id_, event.body)

    def context(
        self,
        *,
        told_at: float | None = None,
        actor: Actor | None = None,
        via: Via = Via.CONSOLE,
        proof: Proof | None = None,
    ) -> c.Context:
        """Who asks, how and when; an operator of the center by default, and no time is told.

        `told_at` is when it is said to have happened, in seconds like `now`.
        """
        return c.Context(
            now=at(self.now),
            actor=actor or an_actor(),
            via=via,
            occurred_at=None if told_at is None else at(told_at),
            proof=proof,
        )

    def facts(self, id_: IncidentId) -> c.Facts:
        """What the directory and the book of teams say."""
        return c.Facts(
            teams={
                team: c.TeamFacts(organisation=GUARDS, engaged_on=self.engaged.get(team))
                for team in self.teams
            },
            consoles={CENTER: True, OTHER_CENTER: False},
            police=frozenset({STATION, OTHER_STATION}),
            dispositions={entry.code: entry for entry in KIND.dispositions},
            result_fields=RESULT_FIELDS,
            places=frozenset({GATE, HALL}),
            others={other: found for other, found in self.incidents.items() if other != id_},
            organisations=frozenset({CENTER, OTHER_CENTER, STATION, PARK}),
            away=self.away,
            remind_at_percent=KIND.remind_at_percent,
            follow_up=KIND.follow_up,
        )

    def _note_teams(self, id_: IncidentId, body: e.Body) -> None:
        """Keep the book: an assignment binds a team, its end frees it, a late fact does nothing."""
        match body:
            case e.TeamAssigned(team=team):
                self.engaged[team] = id_
            case e.TeamDeclined(team=team) | e.TeamReleased(team=team, late=False):
                if self.engaged.get(team) == id_:  # it may have been sent elsewhere by now
                    del self.engaged[team]
            case _:
                pass

    def __getitem__(self, id_: IncidentId) -> Incident:
        return self.incidents[id_]


def started(*commands: c.Command) -> tuple[World, IncidentId]:
    """A world with one incident that was given these commands, one second after its receipt."""
    world = World()
    id_ = world.open()
    world.do(id_, *commands)
    return world, id_


def seconds(moment: datetime) -> float:
    """A moment as seconds like `World.now`."""
    return (moment - at(0)).total_seconds()
