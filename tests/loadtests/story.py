"""Whole small histories with what was kept after them, to plant wrongs in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from incident import events as e
from incident.alert import IncidentId, OrganisationId, Place, TeamId
from incident.chain import GENESIS, Entry, Head, canonical, link
from incident.events import Body, Event
from incident.lifecycle import Incident
from incident.moments import Via
from incident.replay import replay
from incident.timing import Outcome, Verdict, judge
from loadtests.chaos.callers import person
from loadtests.chaos.checker.plain import count_legs
from loadtests.chaos.checker.state import Leg, State
from loadtests.chaos.history import History, Kind, Line
from services.runtime import codec, eventlog
from tests.builders import PROFILE_115, an_actor, an_alert, at

CENTER, STATION, TEAM = "heling", "station-1", "heling-1"
READ_AT = at(1000)
FIGURES = ("n", "met", "amended", "breached", "void", "no_end", "pending", "not_measured")

ACTS: tuple[tuple[str, Body], ...] = (
    ("receipt", e.IncidentPushed()),
    ("acknowledge", e.IncidentAcknowledged()),
    (
        "assign",
        e.TeamAssigned(assignment=1, team=TeamId(TEAM), team_organisation=OrganisationId(CENTER)),
    ),
    ("accept", e.TeamAccepted(assignment=1, team=TeamId(TEAM))),
    ("depart", e.TeamDeparted(assignment=1, team=TeamId(TEAM))),
    ("arrive", e.TeamArrived(assignment=1, team=TeamId(TEAM))),
    ("resolve", e.IncidentResolved(disposition=None)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A history and what was kept."""

    lines: list[Line]
    state: State


class Teller:
    """Tells a life of each incident asked for, one after another, ten seconds an act."""

    def __init__(self) -> None:
        self.history = History()
        self.chains: dict[UUID, list[Entry]] = {}
        self.incidents: dict[UUID, Incident] = {}
        self.sequence = 0
        self.clock = 0.0

    def live(self, number: int) -> UUID:
        """Live one incident from its report to its end; gives its id."""
        alert = replace(
            an_alert(number=number, reported=None),
            place=Place(center=OrganisationId(CENTER)),
            received_at=at(self.clock),
        )
        id_ = alert.id
        sent = {
            "reference": {"number": alert.reference.number, "order": alert.reference.order},
            "revision": 1,
            "kind": "police-alert",
            "severity": alert.severity.value,
            "status": alert.status.value,
            "place": {"center": CENTER},
        }
        who = f"station:{STATION}"
        operation = self.history.invoke(who, "alert", {"id": str(id_), "alert": sent})
        self.history.add(Kind.OK, who, "alert", {"id": str(id_)}, operation=operation)
        opened = e.IncidentOpened(
            alert=alert,
            center=OrganisationId(CENTER),
            fallback=False,
            console=True,
            profile=PROFILE_115,
            dispositions=("handled_on_site",),
        )
        events = [self._event(id_, 1, opened, operation=None)]
        for verb, body in ACTS:
            events += self._act(id_, verb, [body], version=len(events) + 1)
        released = e.TeamReleased(assignment=1, team=TeamId(TEAM), reason=e.EndReason.CLOSED)
        closed = e.IncidentClosed(disposition="handled_on_site")
        events += self._act(id_, "close", [released, closed], version=len(events) + 1)
        self.chains[id_] = chained([eventlog.to_text(event) for event in events])
        self.incidents[id_] = replay(events)
        return id_

    def told(self) -> Told:
        """The whole, with nothing wrong."""
        return Told(lines=list(self.history.lines), state=self._state())

    def _act(self, id_: UUID, verb: str, bodies: Sequence[Body], *, version: int) -> list[Event]:
        self.clock += 10
        said = {"id": str(id_), "verb": verb}
        who = f"operator:{CENTER}"
        operation = self.history.invoke(who, "act", said)
        events = [
            self._event(id_, version + place, body, operation=operation)
            for place, body in enumerate(bodies)
        ]
        done = {"version": events[-1].version, "changed": True}
        self.history.add(Kind.OK, who, "act", done, operation=operation)
        return events

    def _event(self, id_: UUID, version: int, body: Body, *, operation: int | None) -> Event:
        self.sequence += 1
        said = {"sequence": self.sequence, "incident": str(id_), "version": version}
        self.history.add(Kind.FRAME, f"center:{CENTER}", e.type_name(body), said)
        actor = an_actor(organisation=OrganisationId(CENTER))
        return Event(
            incident=IncidentId(id_),
            version=version,
            occurred_at=at(self.clock),
            recorded_at=at(self.clock),
            disbelieved=False,
            actor=actor if operation is None else replace(actor, person=person(operation)),
            via=Via.CONSOLE,
            body=body,
        )

    def _state(self) -> State:
        legs, facts = list[Leg](), dict[UUID, list[str]]()
        for id_, incident in self.incidents.items():
            verdicts = judge(incident, now=READ_AT)
            legs += [_leg(id_, verdict) for verdict in verdicts]
            facts[id_] = [
                f"{verdict.outcome}/{verdict.round}/{verdict.leg}"
                for verdict in verdicts
                if verdict.outcome in {Outcome.MET, Outcome.BREACHED}
            ]
        timing = {
            id_: chained([canonical({"fact": fact}) for fact in told])
            for id_, told in facts.items()
        }
        state = State(
            read_at=READ_AT,
            incidents=self.incidents,
            heads=heads_of(self.chains),
            chains=self.chains,
            timing_heads=heads_of(timing),
            timing=timing,
            facts=facts,
            legs=legs,
            channels={f"center:{CENTER}": self.sequence},
            left={"dispatcher_outbox": 0},
            conservation={"difference": 0},
        )
        return replace(state, figures=[figures_of(state)])


def two_lives() -> Told:
    """Two incidents, each lived to its end; nothing is wrong."""
    teller = Teller()
    teller.live(1)
    teller.live(2)
    return teller.told()


def chained(texts: Sequence[str]) -> list[Entry]:
    """Chain texts, the first from the beginning."""
    entries, previous = list[Entry](), GENESIS
    for version, text in enumerate(texts, start=1):
        hash_ = link(previous, text)
        entries.append(Entry(version=version, text=text, previous=previous, hash=hash_))
        previous = hash_
    return entries


def heads_of(chains: dict[UUID, list[Entry]]) -> dict[UUID, Head]:
    """The ends of chains."""
    return {
        id_: Head(incident=id_, version=len(chain), hash=chain[-1].hash if chain else GENESIS)
        for id_, chain in chains.items()
    }


def retold(state: State, id_: UUID, events: Sequence[dict[str, Any]]) -> State:
    """The state with an incident's events told otherwise; its chain is whole, and it follows."""
    chain = chained([canonical(event) for event in events])
    chains = {**state.chains, id_: chain}
    incident = replay([eventlog.from_text(entry.text) for entry in chain])
    return replace(
        state,
        chains=chains,
        heads=heads_of({key: list(each) for key, each in chains.items()}),
        incidents={**state.incidents, id_: incident},
    )


def figures_of(state: State) -> tuple[dict[str, Any], dict[str, Any]]:
    """A question and the answer that fits the events."""
    as_of = READ_AT + timedelta(seconds=1)
    counted = count_legs(state.stories.values(), as_of=as_of, by_center=False)
    legs = [{"leg": leg, **found} for (_, leg), found in counted.items()]
    told = {"as_of": codec.to_builtins(as_of), "groups": [{"group": "all", "legs": legs}]}
    return {"from": "2026-03-01", "to": "2026-03-04"}, told


def _leg(id_: UUID, verdict: Verdict) -> Leg:
    return Leg(
        incident=id_,
        round=verdict.round,
        leg=verdict.leg,
        organisation=verdict.organisation,
        outcome=verdict.outcome.value,
        amended=verdict.amended,
        start=verdict.start,
        due=verdict.due,
        end=verdict.end,
        seconds=verdict.seconds,
    )
