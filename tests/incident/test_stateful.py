"""Any history: several incidents and teams, time, commands repeated, told late and out of order."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from incident import commands as c
from incident import events as e
from incident.alert import IncidentId, TeamId
from incident.assignment import Candidate, Ranking
from incident.decisions.steps import Found, bodies_of, find_due
from incident.directory import FunctionGroup, Team
from incident.errors import Refusal
from incident.ladder import plan
from incident.lifecycle import ASSIGNMENT_STATES, ENDED, UNRESOLVED, Incident, State
from incident.moments import ActorKind, MomentName, Via
from incident.replay import replay
from incident.timing import SUPERVISION, Outcome, judge
from services.runtime.eventlog import from_text, to_text
from tests.builders import CENTER, PROFILE_115, an_actor, at
from tests.incident.asked import (
    ACTS,
    BESIDE,
    ENDS,
    FURTHER_LIVES,
    INCIDENTS,
    OF_OTHERS,
    OF_THE_CENTER,
    OUTCOMES,
    TOLD,
    life_of,
)
from tests.incident.world import OFFICER, A, B, C, World, seconds

ORDER = tuple(State)


class Histories(RuleBasedStateMachine):
    """A dispatcher's day, with everything that may go wrong around it."""

    @initialize(stages=st.tuples(*[st.integers(0, len(life_of(A)))] * 3))
    def three_incidents_have_come_so_far(self, stages: tuple[int, ...]) -> None:
        self.world = World(A, B, C)
        self.ids = [self.world.open(profile=PROFILE_115) for _ in range(3)]
        self.given: list[tuple[IncidentId, c.Command, float | None, bool]] = []
        for id_, team, stage in zip(self.ids, (A, B, C), stages, strict=True):
            for command in life_of(team)[:stage]:
                self.world.now += 10
                self.give(id_, command, None, officer=isinstance(command, c.AcceptHandover))

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
        lambda self: any(entry.state in UNRESOLVED for entry in self.world.incidents.values())
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

    @rule(which=INCIDENTS, command=OF_OTHERS | BESIDE, officer=st.booleans())
    def someone_beside_acts(self, which: int, command: c.Command, officer: bool) -> None:
        self.give(self.ids[which], command, None, officer=officer)

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def a_command_comes_again(self, data: st.DataObject) -> None:
        id_, command, told_at, officer = data.draw(st.sampled_from(self.given))
        self.give(id_, command, told_at, officer=officer)

    @rule(which=INCIDENTS)
    def the_ladder_acts(self, which: int) -> None:
        id_ = self.ids[which]
        for step in plan(self.world[id_], now=at(self.world.now)).due:
            incident = self.world[id_]
            still_due = find_due(incident, step.key, now=at(self.world.now))
            if still_due is None:  # an earlier step forestalled it
                continue
            found = Found(ranking=self.free_teams(), has_endpoint=True)
            bodies = bodies_of(incident, still_due, found)
            machine = self.world.context(actor=an_actor(ActorKind.MACHINE), via=Via.AUTOMATIC)
            self.world.keep(id_, bodies, machine)
            assert step.key in self.world[id_].steps

    def free_teams(self) -> Ranking:
        """A ranking that leaves out the engaged."""
        free = [team for team in self.world.teams if team not in self.world.engaged]
        return Ranking(
            candidates=tuple(Candidate(team=a_team(team), reasons=()) for team in free), left_out=()
        )

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
    def the_state_is_not_behind_what_its_teams_and_its_center_said(self) -> None:
        for incident in self.world.incidents.values():
            live = [ORDER.index(entry.state) for entry in incident.live_assignments]
            if incident.state in UNRESOLVED:
                assert ORDER.index(incident.state) >= max(live, default=0)
                sent = incident.state in ASSIGNMENT_STATES and incident.state is not State.ON_SCENE
                assert not sent or live
                arrived = incident.has(MomentName.ON_SCENE) or incident.state is State.ON_SCENE
                assert not arrived or incident.state is State.ON_SCENE

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

    @invariant()
    def clocks_and_ladder_speak_of_every_history(self) -> None:
        now = at(self.world.now)
        for incident in self.world.incidents.values():
            verdicts = judge(incident, now=now)
            assert len({(entry.round, entry.leg) for entry in verdicts}) == len(verdicts)
            pending = [
                entry
                for entry in verdicts
                if entry.outcome is Outcome.PENDING and entry.leg != SUPERVISION
            ]
            assert incident.state not in ENDED or not pending
            planned = plan(incident, now=now)
            assert planned.wake_at is None or planned.wake_at > now
            assert not {step.key for step in planned.due} & set(incident.steps)
            assert len(set(incident.steps)) == len(incident.steps)


def a_team(code: TeamId) -> Team:
    return Team(
        code=code,
        name=code,
        organisation=CENTER,
        function_group=FunctionGroup.DUTY_LINKAGE,
        on_duty=True,
    )


Histories.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestHistories = Histories.TestCase
