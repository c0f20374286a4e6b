"""Plays a plan on the rules themselves, without services, and the plain figures to compare with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from incident import commands as c
from incident.alert import IncidentId, OrganisationId, Place, TeamId
from incident.commands import Command, Context, Facts, TeamFacts
from incident.decisions.decide import begin, decide, record
from incident.errors import Refusal
from incident.events import Body, Event, IncidentOpened
from incident.lifecycle import Incident
from incident.moments import Via
from incident.timing import judge
from services.cli.replay.calls import Call
from services.cli.replay.dispositions import meaning
from services.cli.replay.plan import Act, Plan, Verb
from tests.builders import KINDS, OBSERVE, an_actor, an_alert

KIND = KINDS["police-alert"]
PARK = OrganisationId("park")
TARGETS: Mapping[str, int | None] = {"assign": 60, "on_scene": 300, "response": None}


@dataclass(kw_only=True)
class Played:
    """What the rules made of a plan.

    Attributes:
        refused: Why each act that was refused was refused.
        events: Every event, in the order they were recorded.
    """

    calls: Sequence[Call]
    incidents: dict[int, Incident] = field(default_factory=dict)
    refused: list[tuple[Act, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def carry_out(self, act: Act, now: datetime) -> None:
        """Do an act at a moment."""
        if act.verb is Verb.ALERT:
            self._open(act, now)
            return
        context = Context(now=now, actor=an_actor(), via=Via.RADIO, occurred_at=act.occurred_at)
        incident = self.incidents[act.call]
        engaged = {
            entry.team: each.id
            for each in self.incidents.values()
            for entry in each.live_assignments
        }
        try:
            decided = decide(
                incident, _command(act, self.calls[act.call]), context=context,
                facts=self._facts(act, engaged),
            )  # fmt: skip
        except Refusal as error:
            self.refused.append((act, error.code))
            return
        self._record(incident.id, decided.bodies, context)
        for other, bodies in decided.others:
            self._record(other, bodies, context)

    def _open(self, act: Act, now: datetime) -> None:
        id_ = IncidentId(UUID(int=act.call + 1))
        alert = replace(an_alert(), id=id_, reported_at=act.occurred_at, received_at=now)
        opened = IncidentOpened(
            alert=replace(alert, place=Place(center=OrganisationId("heling"))),
            center=OrganisationId("heling"),
            fallback=False,
            console=True,
            profile=OBSERVE,
            dispositions=tuple(entry.code for entry in KIND.dispositions),
        )
        context = Context(now=now, actor=an_actor(), via=Via.API)
        self.incidents[act.call], event = begin(opened, context=context)
        self.events.append(event)

    def _facts(self, act: Act, engaged: Mapping[TeamId, IncidentId]) -> Facts:
        unit = TeamId(act.unit or "")
        own = UUID(int=act.call + 1)
        return Facts(
            teams={unit: TeamFacts(organisation=PARK, engaged_on=engaged.get(unit))},
            consoles={},
            police=frozenset(),
            dispositions={entry.code: entry for entry in KIND.dispositions},
            result_fields=KIND.details,
            places=(),
            others={each.id: each for each in self.incidents.values() if each.id != own},
        )

    def _record(self, id_: IncidentId, bodies: Sequence[Body], context: Context) -> None:
        place = id_.int - 1
        after, events = record(self.incidents[place], bodies, context=context)
        self.incidents[place] = after
        self.events += events


def play(plan: Plan, calls: Sequence[Call], *, behind: timedelta = timedelta()) -> Played:
    """Play a plan in its order, each act some time behind its moment."""
    played = Played(calls=calls)
    for act in plan.acts:
        played.carry_out(act, act.at + behind)
    return played


def _command(act: Act, call: Call) -> Command:
    team, closing = TeamId(act.unit or ""), meaning(call.disposition)
    commands: dict[Verb, Command] = {
        Verb.RECEIPT: c.Receipt(),
        Verb.ACKNOWLEDGE: c.Acknowledge(),
        Verb.ASSIGN: c.Assign(teams=(team,), divert=act.divert),
        Verb.ACCEPT: c.Accept(team=team),
        Verb.DEPART: c.Depart(team=team),
        Verb.ARRIVE: c.Arrive(team=team),
        Verb.RELEASE: c.Release(team=team),
        Verb.LAST_RELEASE: c.Release(team=team),
        Verb.RESOLVE: c.Resolve(
            disposition=closing.code, result=tuple(sorted(closing.result.items()))
        ),
        Verb.CLOSE: c.Close(disposition=closing.code, original=call.disposition),
        Verb.CANCEL: c.Cancel(reason="never-taken"),
    }
    return commands[act.verb]


Span = tuple[datetime | None, datetime | None]


def plain_spans(call: Call) -> dict[str, Span]:
    """Start and end of each leg, straight from a call's stamps."""
    dispatched = min((one.dispatched for one in call.turnouts if one.dispatched), default=None)
    arrived = min((one.arrived for one in call.turnouts if one.arrived), default=None)
    return {
        "assign": (call.entry, dispatched),
        "on_scene": (dispatched, arrived),
        "response": (call.received, arrived),
    }


def judged_spans(incident: Incident) -> dict[str, Span]:
    """Start and end of each leg, as the rules judge them."""
    verdicts = {verdict.leg: verdict for verdict in judge(incident, now=incident.updated_at)}
    found = {name: verdicts.get(name) for name in TARGETS}
    return {
        name: (None, None) if verdict is None else (verdict.start, verdict.end)
        for name, verdict in found.items()
    }
