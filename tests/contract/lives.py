"""Lives of incidents, played through the decisions: the golden histories are recordings of them.

`python -m tests.contract.lives` writes the histories and states that are not there yet. Those that
are there are never written again: they are what a released version recorded, and every later one
must read them as it did.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from incident import commands as c
from incident import events as e
from incident.alert import Alert, Circumstances, Point, Severity, Source
from incident.following import Owner
from incident.moments import ActorKind, Proof, Via
from incident.profile import Profile
from services.runtime.codec import to_builtins
from services.runtime.eventlog import to_text
from tests.builders import CENTER, PROFILE_115, STATION, an_actor, an_alert, at
from tests.incident.world import GATE, HALL, OFFICER, OTHER_CENTER, SUPERVISOR, A, B, C, World

HISTORIES = Path(__file__).parent / "histories"
DIGEST = "5e" * 32
CLOSED = c.Close(
    disposition="handed_to_department",
    result=(("department", "消防"),),
    original="Fire",
    text=DIGEST,
)
GUARD = replace(an_actor(), id="key-3", role="team", person="p-31")


def a_dispute() -> Alert:
    """An alert that says all it can say."""
    alert = an_alert(severity=Severity.ORANGE)
    point = Point(lon=121.4737, lat=31.2304, crs="gcj02", sent_lon=121.478, sent_lat=31.2285)
    return replace(
        alert,
        place=replace(alert.place, place=HALL, point=point),
        circumstances=Circumstances(people=4, injured=0, hazards=("forklift",)),
        category="dispute",
        batch_sent_at=at(-1),
        details=(("gate_open", True), ("language", "闽南语"), ("witnesses", 2)),
    )


def usual_life() -> World:
    """From the call to the closing, with everything said beside it."""
    world = World()
    id_ = world.open(a_dispute(), profile=PROFILE_115)
    world.now = 4
    world.do(id_, c.Receipt(), via=Via.WEBHOOK, actor=an_actor(ActorKind.MACHINE))
    world.now = 21.5
    world.do(id_, c.Acknowledge())
    world.now = 33
    world.do(id_, c.Assign(teams=(A,)))
    world.now = 40.25
    world.do(id_, c.Accept(team=A), actor=GUARD, via=Via.PHONE)
    world.now = 61
    world.do(id_, c.Depart(team=A), actor=GUARD, via=Via.PHONE)
    world.do(id_, c.Update(severity=Severity.RED, place=GATE, text=DIGEST))
    world.do(id_, c.Noted(number=1, team=A), actor=GUARD, via=Via.PHONE)
    world.do(id_, c.Urge(text=DIGEST), c.Note(text=DIGEST))
    world.now = 190
    world.do(id_, c.Arrive(team=A), actor=GUARD, via=Via.PHONE, proof=Proof.GATE_QR)
    world.do(id_, c.RequestHelp(team=A, text=DIGEST), c.RequestPolice(reason="knife", text=DIGEST))
    world.now = 400
    world.do(id_, c.CheckIn(team=A), actor=GUARD, via=Via.PHONE)
    world.do(id_, c.PoliceArrive(), told_at=395, via=Via.RADIO)
    world.now = 900
    world.do(id_, c.Resolve(team=A, disposition="handed_to_department", text=DIGEST), actor=GUARD)
    world.now = 960
    world.do(id_, CLOSED)
    return world


def two_teams_and_a_divert() -> World:
    """Two teams go; one declines, the other is taken to a second incident."""
    world = World()
    first, second = world.open(profile=PROFILE_115), world.open(profile=PROFILE_115)
    world.do(first, c.Acknowledge(), via=Via.TELEPHONE)
    world.now = 10
    world.do(first, c.Assign(teams=(A, B)))
    world.now = 20
    world.do(first, c.Decline(team=A, reason="resting", text=DIGEST), via=Via.RADIO)
    world.do(first, c.Accept(team=B), c.Depart(team=B), via=Via.RADIO)
    world.now = 45
    world.do(second, c.Assign(teams=(B, C), divert=True))
    world.now = 130
    world.do(second, c.Arrive(team=C), proof=Proof.POSITION)
    world.do(second, c.Release(team=B))
    world.do(first, c.Assign(teams=(B,)))
    world.now = 300
    world.do(first, c.Arrive(team=B), proof=Proof.RADIO, via=Via.RADIO)
    world.do(second, c.Resolve(team=C), c.Close(disposition="mediated_on_site"))
    return world


def rounds() -> World:
    """A transfer, the ladder at the new center, a return and a reopening."""
    world = World()
    id_ = world.open(an_alert(source=Source.CENTER, reported=None), profile=PROFILE_115)
    machine = an_actor(ActorKind.MACHINE, OTHER_CENTER)
    world.do(id_, c.Acknowledge(), c.Assign(teams=(A, B)))
    world.now = 50
    world.do(id_, c.Transfer(center=OTHER_CENTER, reason="their_building", text=DIGEST))
    world.now = 55
    automatic = world.context(actor=machine, via=Via.AUTOMATIC)
    webhook = e.StepTaken(step="2/enterprise-webhook/1", outcome="no_endpoint")
    world.keep(id_, (webhook,), automatic)
    world.now = 110
    automatic = world.context(actor=machine, via=Via.AUTOMATIC)
    sent = e.TeamAssigned(
        assignment=3, team=C, team_organisation=CENTER, step="2/direct-assign/1",
        mark="undelivered", reasons=("farther", "shared"),
    )  # fmt: skip
    none = e.StepTaken(step="2/add-team/1", outcome="no_team", reasons=("A:busy", "B:off_duty"))
    world.keep(id_, (sent, none), automatic)
    world.now = 300
    world.do(id_, c.Arrive(team=C), c.Resolve(team=C, disposition="handled_on_site"))
    world.now = 500
    world.do(id_, c.Return(reason="incomplete", text=DIGEST))
    world.now = 600
    world.do(id_, c.Resolve(team=C, disposition="handled_on_site"))
    world.do(id_, c.Close(disposition="handled_on_site"))
    world.now = 5000
    world.do(id_, c.Reopen(reason="they came back", text=DIGEST))
    world.do(id_, c.Acknowledge(), c.Refuse(reason="not_ours", text=DIGEST))
    return world


def late_facts() -> World:
    """What was told late, out of order, or cannot be believed."""
    world = World()
    id_ = world.open(an_alert(late=True), profile=PROFILE_115)
    world.now = 30
    world.do(id_, c.Assign(teams=(A, B)), told_at=12)
    world.now = 60
    world.do(id_, c.Arrive(team=A), told_at=58)
    world.do(id_, c.Depart(team=A), told_at=-3600)  # before its assignment: not believed
    world.do(id_, c.Accept(team=A), told_at=5000)  # not yet: not believed
    world.now = 90
    world.do(id_, c.Release(team=B))
    world.now = 100
    world.do(id_, c.Accept(team=B), c.Depart(team=B), told_at=70)
    world.do(id_, c.Arrive(team=B), told_at=95)
    world.do(id_, c.Acknowledge(), via=Via.TELEPHONE, told_at=15)
    world.do(id_, c.Close(disposition="by_telephone"))
    world.now = 200
    world.do(id_, c.Release(team=A), told_at=180)
    refused = e.CancellationRefused(reason="caller called off", text=DIGEST)
    station = world.context(actor=OFFICER, via=Via.API)
    world.keep(id_, (refused,), station)
    return world


def merge_and_split() -> World:
    """A duplicate that turns out to be none, and one that is withdrawn."""
    world = World()
    first, second, third = (world.open(profile=PROFILE_115) for _ in range(3))
    world.do(first, c.Receipt())
    world.now = 20
    world.do(second, c.Merge(into=first))
    world.do(third, c.Merge(into=first))
    world.now = 80
    world.do(third, c.Split(reason="another floor"))
    world.do(third, c.Acknowledge(), c.Assign(teams=(C,)))
    world.now = 90
    world.do(third, c.Cancel(reason="called_off", text=DIGEST), actor=OFFICER, via=Via.API)
    return world


def conflict_and_hand_over() -> World:
    """Revisions, other content under one of them, and the police who take it."""
    world = World()
    id_ = world.open(profile=PROFILE_115)
    world.now = 10
    newer = c.Update(revision=3, fingerprint="3" * 64, circumstances=Circumstances(people=2))
    overtaken = c.Update(revision=2, fingerprint="2" * 64, place=HALL)
    world.do(id_, newer, overtaken, actor=OFFICER, via=Via.API)
    received_at = world.context().now
    other = c.RecordConflict(fingerprint="9" * 64, revision=1, received_at=received_at)
    world.do(id_, other, actor=OFFICER, via=Via.API)
    world.do(id_, c.Assign(teams=(A,)), c.Accept(team=A), c.Arrive(team=A))
    world.now = 60
    world.do(id_, c.HandOver(to=STATION, reason="crime", text=DIGEST))
    world.now = 600
    world.do(id_, c.AcceptHandover(officer="110233"), actor=OFFICER, via=Via.API)
    return world


def followed_and_supervised() -> World:
    """Asked about while it ran, supervised after its end, and reopened by who was called."""
    world = World()
    id_ = world.open(profile=Profile(code="bare", legs=(), ladder=()))
    world.now = 10
    world.do(id_, c.Acknowledge())
    world.do(id_, c.Ask(text=DIGEST), actor=OFFICER, via=Via.API)
    world.now = 30
    world.do(id_, c.Answer(number=1, text=DIGEST))
    world.do(id_, c.Resolve(disposition="by_telephone"))
    world.do(id_, c.ConfirmOutcome(), actor=OFFICER, via=Via.API)
    world.now = 60
    world.do(id_, c.Close(disposition="by_telephone"))
    owner = Owner(organisation=CENTER, post="chief")
    supervise = c.Supervise(owner=owner, deadline=at(3600), text=DIGEST)
    world.do(id_, supervise, supervise, actor=SUPERVISOR)
    world.now = 1800
    world.do(id_, c.FollowUp(reached=False))
    world.do(id_, c.EndSupervision(number=1, text=DIGEST), actor=SUPERVISOR)
    world.now = 4000
    world.away = frozenset({CENTER})
    world.do(id_, c.FollowUp(reached=True, satisfaction=1, text=DIGEST), via=Via.TELEPHONE)
    return world


def shelved_and_taken_over() -> World:
    """Set aside as a duplicate, handed over to the next shift, then red."""
    world = World()
    id_ = world.open(a_dispute())
    world.do(id_, c.Acknowledge(), c.Shelve(reason="duplicate", minutes=10))
    world.now = 300
    world.do(id_, c.TakeOver(handover=UUID(int=115), operator="p-32"))
    world.do(id_, c.Update(severity=Severity.RED))
    world.do(id_, CLOSED)
    return world


LIVES: dict[str, Callable[[], World]] = {
    play.__name__: play
    for play in (
        usual_life, two_teams_and_a_divert, rounds, late_facts, merge_and_split,
        conflict_and_hand_over,
        followed_and_supervised, shelved_and_taken_over,
    )
}  # fmt: skip


def write_missing() -> None:
    """Record the lives that were not recorded yet."""
    HISTORIES.mkdir(exist_ok=True)
    for name, play in LIVES.items():
        log, state = HISTORIES / f"{name}.jsonl", HISTORIES / f"{name}.state.json"
        if log.exists():
            continue
        world = play()
        events = [event for events in world.log.values() for event in events]
        log.write_text("".join(f"{to_text(event)}\n" for event in events))
        states = {str(id_): to_builtins(incident) for id_, incident in world.incidents.items()}
        state.write_text(json.dumps(states, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write_missing()
