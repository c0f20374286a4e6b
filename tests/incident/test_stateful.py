"""Any history: several incidents and teams, time, commands repeated, told late and out of order."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from incident import commands as c
from incident import events as e
from incident.alert import Circumstances, IncidentId, Severity, TeamId
from incident.errors import Refusal
from incident.lifecycle import ENDED, WORKING, Incident, State
from incident.moments import ActorKind, Via
from incident.replay import replay
from services.runtime.eventlog import from_text, to_text
from tests.builders import CENTER, PROFILE_115, STATION, an_actor, at
from tests.incident.world import (
    GATE,
    HALL,
    OFFICER,
    OTHER_CENTER,
    OTHER_STATION,
    A,
    B,
    C,
    World,
    seconds,
)

TEAMS = (A, B, C, TeamId("Z"))  # nobody knows Z
INCIDENTS = st.integers(0, 2)
CODES = st.sampled_from(["handled_on_site", "false_alarm", "handed_to_department", "magic"])
RESULTS = st.sampled_from([(), (("department", "fire"),), (("injured", -1),)])
TOLD = st.sampled_from([None, None, 0.0, 5.0, -3.0])
DIGESTS = st.sampled_from([None, "1" * 64, "2" * 64, "3" * 64])
team = st.sampled_from(TEAMS)
reason = st.just("reason")

ACTS = st.one_of(
    *(st.builds(act, team=team) for act in (c.Accept, c.Depart, c.Arrive, c.Release)),
    st.builds(c.Decline, team=team),
    st.builds(c.CheckIn, team=team),
    st.builds(c.Noted, number=st.integers(0, 3), team=team),
    st.builds(c.RequestHelp, team=st.none() | team),
)
OF_THE_CENTER = st.one_of(
    st.builds(c.Receipt),
    st.builds(c.Acknowledge),
    st.builds(
        c.Assign, teams=st.lists(team, min_size=1, max_size=3).map(tuple), divert=st.booleans()
    ),
    st.builds(c.Transfer, center=st.sampled_from([CENTER, OTHER_CENTER]), reason=reason),
)
OUTCOMES = st.one_of(
    st.builds(c.Resolve),
    st.builds(c.Resolve, team=st.none() | team, disposition=st.none() | CODES, result=RESULTS),
    st.builds(c.Return, reason=reason),
)
ENDS = st.one_of(
    st.builds(c.Close, disposition=CODES, result=RESULTS),
    st.builds(c.Refuse, reason=reason),
    st.builds(c.Cancel, reason=reason),
)
FURTHER_LIVES = st.one_of(st.builds(c.Reopen, reason=reason), st.builds(c.Split, reason=reason))
OF_OTHERS = st.one_of(
    st.builds(c.RequestPolice, reason=reason),
    st.builds(c.PoliceArrive),
    st.builds(c.HandOver, to=st.sampled_from([STATION, OTHER_STATION]), reason=reason),
    st.builds(c.AcceptHandover, officer=st.just("110")),
    st.builds(
        c.Update,
        severity=st.none() | st.sampled_from(Severity),
        circumstances=st.none() | st.builds(Circumstances, people=st.integers(0, 3)),
        place=st.sampled_from([None, GATE, HALL, "moon"]),
        revision=st.none() | st.integers(1, 4),
        fingerprint=DIGESTS,
    ),
    st.builds(c.Note, text=st.just("digest")),
    st.builds(c.Urge),
    st.builds(
        c.RecordConflict,
        fingerprint=st.sampled_from(["1" * 64, "4" * 64]),
        revision=st.integers(1, 4),
        received_at=st.just(at(0)),
    ),
)


class Histories(RuleBasedStateMachine):
    """A dispatcher's day, with everything that may go wrong around it."""

    @initialize()
    def open_three(self) -> None:
        self.world = World(A, B, C)
        self.ids = [self.world.open(profile=PROFILE_115) for _ in range(3)]
        self.given: list[tuple[IncidentId, c.Command, float | None, bool]] = []

    @rule(pause=st.sampled_from([0.0, 0.000001, 4.0, 61.0, 700.0]))
    def time_passes(self, pause: float) -> None:
        self.world.now += pause

    @rule(which=INCIDENTS, command=OF_THE_CENTER, told=TOLD)
    def the_center_acts(self, which: int, command: c.Command, told: float | None) -> None:
        self.give(self.ids[which], command, self.ago(told))

    @precondition(lambda self: self.world.engaged)
    @rule(data=st.data(), act=st.sampled_from([c.Accept, c.Depart, c.Arrive]), told=TOLD)
    def a_team_goes_on(
        self, data: st.DataObject, act: type[c.Accept | c.Depart | c.Arrive], told: float | None
    ) -> None:
        team = data.draw(st.sampled_from(sorted(self.world.engaged)))
        self.give(self.world.engaged[team], act(team=team), self.ago(told))

    @precondition(
        lambda self: any(entry.state in WORKING for entry in self.world.incidents.values())
    )
    @rule(which=INCIDENTS, command=OUTCOMES)
    def an_outcome_is_told_or_returned(self, which: int, command: c.Command) -> None:
        self.give(self.ids[which], command, None)

    @rule(which=INCIDENTS, into=INCIDENTS, command=ENDS | st.none(), told=TOLD)
    def one_ends(
        self, which: int, into: int, command: c.Command | None, told: float | None
    ) -> None:
        self.give(self.ids[which], command or c.Merge(into=self.ids[into]), self.ago(told))

    @precondition(lambda self: any(entry.state in ENDED for entry in self.world.incidents.values()))
    @rule(command=FURTHER_LIVES)
    def one_goes_on(self, command: c.Command) -> None:
        ended = [id_ for id_ in self.ids if self.world[id_].state in ENDED]
        self.give(ended[0], command, None)

    @rule(which=INCIDENTS, command=ACTS, told=st.floats(-100, 3000).map(lambda at_: round(at_, 3)))
    def something_is_told_late(self, which: int, command: c.Command, told: float) -> None:
        self.give(self.ids[which], command, told)

    @rule(which=INCIDENTS, command=OF_OTHERS, officer=st.booleans())
    def someone_beside_acts(self, which: int, command: c.Command, officer: bool) -> None:
        self.give(self.ids[which], command, None, officer=officer)

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def a_command_comes_again(self, data: st.DataObject) -> None:
        id_, command, told_at, officer = data.draw(st.sampled_from(self.given))
        self.give(id_, command, told_at, officer=officer)

    @rule(which=INCIDENTS, team=st.sampled_from([A, B, C]))
    def the_ladder_sends_a_team(self, which: int, team: TeamId) -> None:
        id_ = self.ids[which]
        incident = self.world[id_]
        free = team not in self.world.engaged
        if not free or incident.state in ENDED or incident.state is State.RESOLVED:
            return
        step = f"{incident.round.number}/auto-assign/{incident.version}"
        sent = e.TeamAssigned(
            assignment=len(incident.assignments) + 1,
            team=team,
            team_organisation=CENTER,
            step=step,
        )
        machine = self.world.context(actor=an_actor(ActorKind.MACHINE), via=Via.AUTOMATIC)
        self.world.keep(id_, (sent,), machine)
        assert step in self.world[id_].steps

    def give(
        self, id_: IncidentId, command: c.Command, told_at: float | None, *, officer: bool = False
    ) -> None:
        """Give a command; it is carried out or refused, and a refusal changes nothing."""
        before = dict(self.world.incidents)
        try:
            happened = self.world.do(
                id_, command, told_at=told_at, actor=OFFICER if officer else None
            )
        except Refusal:
            assert self.world.incidents == before
            return
        if not happened:
            assert self.world.incidents == before
        self.given = [*self.given[-19:], (id_, command, told_at, officer)]
        self.ended_is_ended(before, id_, command)

    def ago(self, seconds_: float | None) -> float | None:
        """So many seconds before now; None for an act that is told as it happens."""
        return None if seconds_ is None else self.world.now - seconds_

    def ended_is_ended(
        self, before: dict[IncidentId, Incident], id_: IncidentId, command: c.Command
    ) -> None:
        for other, was in before.items():
            now = self.world[other]
            if was.state in ENDED and now.state is not was.state:
                assert other == id_
                assert isinstance(command, c.Reopen | c.Split)
                assert was.state is not State.HANDED_OVER
                assert now.state is State.PUSHED

    @invariant()
    def a_team_is_on_one_incident_at_most(self) -> None:
        on = [
            (entry.team, incident.id)
            for incident in self.world.incidents.values()
            for entry in incident.live_assignments
        ]
        assert len({team for team, _ in on}) == len(on)
        assert dict(on) == self.world.engaged

    @invariant()
    def no_team_is_on_an_ended_incident(self) -> None:
        for incident in self.world.incidents.values():
            assert incident.state not in ENDED or not incident.live_assignments

    @invariant()
    def the_log_is_the_incident(self) -> None:
        for id_, incident in self.world.incidents.items():
            log = self.world.log[id_]
            assert [event.version for event in log] == list(range(1, incident.version + 1))
            assert replay(log) == incident
            assert from_text(to_text(log[-1])) == log[-1]

    @invariant()
    def an_end_is_stamped_exactly_where_there_is_one(self) -> None:
        for incident in self.world.incidents.values():
            assert (incident.ended_at is not None) is (incident.state in ENDED)
            assert (incident.round.ended_at is not None) is (incident.state in ENDED)
            assert incident.handover is None or incident.state not in ENDED
            assert incident.merged_into is None or incident.state is State.CLOSED

    @invariant()
    def rounds_follow_one_another_and_hold_every_moment(self) -> None:
        for incident in self.world.incidents.values():
            numbers = [entry.number for entry in incident.rounds]
            assert numbers == list(range(1, len(numbers) + 1))
            assert all(entry.ended_at is not None for entry in incident.rounds[:-1])
            assert incident.round.organisation == incident.center
            assert {entry.round for entry in incident.moments} <= set(numbers)
            assert {entry.round for entry in incident.assignments} <= set(numbers)

    @invariant()
    def every_moment_is_judged_by_what_was_told_or_recorded(self) -> None:
        for incident in self.world.incidents.values():
            for moment in incident.moments:
                judged = moment.recorded_at if moment.disbelieved else moment.occurred_at
                assert moment.judged_at == judged
                assert seconds(judged) >= -20  # never before the call

    @invariant()
    def severity_and_revision_only_rise(self) -> None:
        for incident in self.world.incidents.values():
            told = [event.body for event in self.world.log[incident.id]]
            severities = [
                body.severity.rank for body in told if isinstance(body, e.IncidentUpdated)
            ]
            assert severities == sorted(severities, reverse=True)
            revisions = [
                body.revision or 0
                for body in told
                if isinstance(body, e.IncidentUpdated) and body.revision
            ]
            assert revisions == sorted(set(revisions))
            assert len(set(incident.fingerprints)) == len(incident.fingerprints)


Histories.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestHistories = Histories.TestCase
