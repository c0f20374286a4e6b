"""Decides and saves in a store, with what a test needs at hand."""

from incident import commands as c
from incident.alert import Alert, TeamId
from incident.commands import Command, Context, Facts, TeamFacts
from incident.decisions.decide import begin, decide, record
from incident.events import Event
from incident.lifecycle import Incident
from incident.moments import Via
from services.dispatcher.handlers.alerts import MACHINE
from services.dispatcher.handlers.opening import opening_of
from services.dispatcher.ports import Change
from tests.builders import KINDS, an_actor, at
from tests.contract.dispatcher_stores import Kept
from tests.fakes.dispatcher import FakeAtlas
from tests.services.dispatcher.park import (
    EAST,
    OTHER_STATION,
    WEST,
    document,
    incident_id,
    lookup_of,
)

A, B, LENT = TeamId("west-a"), TeamId("west-b"), TeamId("east-a")
ORGANISATIONS = {A: WEST, B: WEST, LENT: EAST}
ATLAS = FakeAtlas(lookup_of(document()))
FACTS = Facts(
    teams={team: TeamFacts(organisation=whose) for team, whose in ORGANISATIONS.items()},
    consoles={WEST: True, EAST: False},
    police=frozenset({OTHER_STATION}),
    dispositions={entry.code: entry for entry in KINDS["police-alert"].dispositions},
    result_fields=(),
    places=(),
    others={},
    organisations=frozenset({WEST, EAST}),
    remind_at_percent=(75,),
    follow_up=KINDS["police-alert"].follow_up,
)
CLOSE = c.Close(disposition="by_telephone")


class Desk:
    """Decides and saves, one transaction a call."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.now = 0.0
        self.actor = an_actor()

    async def open(self, *alerts: Alert, sealed: str | None = None) -> None:
        """Open incidents for alerts, in one transaction."""
        async with self.kept.store.work() as work:
            await work.save([opened(entry, sealed=sealed) for entry in alerts])

    async def do(self, number: int, *commands: Command) -> Incident:
        """Give commands to the numbered incident, in one transaction."""
        async with self.kept.store.work() as work:
            before = (await work.lock([incident_id(number)]))[incident_id(number)]
            await work.lock_teams(ORGANISATIONS)
            change = self.changed(before, *commands)
            await work.save([change])
        return change.incident

    def changed(self, before: Incident, *commands: Command) -> Change:
        """What commands do to an incident."""
        incident, events = before, list[Event]()
        for command in commands:
            decided = decide(incident, command, context=self.context, facts=FACTS)
            incident, further = record(incident, decided.bodies, context=self.context)
            events += further
        return Change(before=before, incident=incident, events=tuple(events))

    @property
    def context(self) -> Context:
        """Somebody, now."""
        return Context(now=at(self.now), actor=self.actor, via=Via.CONSOLE)


def opened(raised: Alert, *, sealed: str | None = None, now: float = 0) -> Change:
    """What opening an alert does."""
    context = Context(now=at(now), actor=MACHINE, via=Via.AUTOMATIC)
    incident, event = begin(opening_of(raised, atlas=ATLAS, follows=None), context=context)
    texts = {} if sealed is None else {1: sealed}
    return Change(before=None, incident=incident, events=(event,), sealed=texts)
