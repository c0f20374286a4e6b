"""Supervision, questions, confirmation and follow-up calls: beside the course of an incident."""

from dataclasses import replace
from datetime import timedelta

import pytest

from incident import commands as c
from incident import events as e
from incident.alert import IncidentId, OrganisationId, Status
from incident.decisions.center import check_late_entry
from incident.decisions.decide import decide
from incident.decisions.following import MOST
from incident.errors import AlreadyDone, BadDisposition, BadTarget, UnknownThing
from incident.following import Owner
from incident.lifecycle import RoundCause, State
from incident.moments import Actor
from incident.replay import BrokenHistoryError, replay
from tests.builders import CENTER, an_actor, an_alert, at
from tests.incident.world import KIND, OFFICER, OTHER_CENTER, SUPERVISOR, World, started

OWNER = Owner(organisation=CENTER, post="chief")
CLOSE = c.Close(disposition="handled_on_site")
NAMED = replace(SUPERVISOR, person="p-80")


def supervise(until: float = 3600, owner: Owner = OWNER) -> c.Supervise:
    """Supervision up to a moment, in seconds like the world's."""
    return c.Supervise(owner=owner, deadline=at(until), text="digest")


def supervised(by: Actor = SUPERVISOR) -> tuple[World, IncidentId]:
    """An incident under supervision for an hour."""
    world, id_ = started()
    world.do(id_, supervise(), actor=by)
    return world, id_


def closed(
    disposition: str = "handled_on_site", status: Status = Status.ACTUAL
) -> tuple[World, IncidentId]:
    """A closed incident."""
    world = World()
    id_ = world.open(replace(an_alert(), status=status))
    world.do(id_, c.Close(disposition=disposition))
    return world, id_


class TestSupervision:
    def test_it_says_who_answers_until_when_and_who_asked(self) -> None:
        world, id_ = supervised()
        (found,) = world[id_].supervisions
        assert (found.number, found.by, found.owner) == (1, SUPERVISOR, OWNER)
        assert (found.deadline, found.supervised_at) == (at(3600), at(1))
        assert found.remind_at_percent == KIND.remind_at_percent
        assert found.version == world[id_].version
        assert found.is_open

    def test_only_an_organisation_that_is_known_answers_for_it(self) -> None:
        world, id_ = started()
        nobody = Owner(organisation=OrganisationId("moon"), post="chief")
        with pytest.raises(UnknownThing, match="moon"):
            world.do(id_, supervise(owner=nobody), actor=SUPERVISOR)

    @pytest.mark.parametrize("until", [0, 60.9, 1 + 366 * 86_400 + 1])
    def test_its_deadline_is_neither_past_nor_near_nor_years_away(self, until: float) -> None:
        world, id_ = started()
        with pytest.raises(BadTarget, match="deadline"):
            world.do(id_, supervise(until), actor=SUPERVISOR)

    def test_one_minute_is_enough(self) -> None:
        world, id_ = started()
        world.do(id_, supervise(61), actor=SUPERVISOR)
        assert world[id_].supervisions[0].deadline - at(1) == timedelta(minutes=1)

    def test_its_author_ends_it(self) -> None:
        world, id_ = supervised()
        world.now = 50
        world.do(id_, c.EndSupervision(number=1, text="digest"), actor=SUPERVISOR)
        (found,) = world[id_].supervisions
        assert found.ended is not None
        assert (found.ended.at, found.ended.actor) == (at(50), SUPERVISOR)
        assert not found.is_open

    @pytest.mark.parametrize(
        "other", [an_actor(), OFFICER, replace(SUPERVISOR, role="admin")], ids=str
    )
    def test_nobody_but_its_author_ends_it(self, other: Actor) -> None:
        world, id_ = supervised()
        with pytest.raises(BadTarget, match="only its author"):
            world.do(id_, c.EndSupervision(number=1, text="digest"), actor=other)

    def test_who_put_it_there_by_name_ends_it_by_name(self) -> None:
        world, id_ = supervised(NAMED)
        end = c.EndSupervision(number=1, text="digest")
        for other in (SUPERVISOR, replace(SUPERVISOR, person="p-81")):
            with pytest.raises(BadTarget, match="p-80 of park"):
                world.do(id_, end, actor=other)
        assert world.do(id_, end, actor=replace(NAMED, id="another-key"))

    @pytest.mark.parametrize("number", [0, 2])
    def test_one_that_is_not_there_does_not_end(self, number: int) -> None:
        world, id_ = supervised()
        with pytest.raises(UnknownThing) as refused:
            world.do(id_, c.EndSupervision(number=number, text="digest"), actor=SUPERVISOR)
        assert refused.value.allowed == ("1",)

    @pytest.mark.parametrize(("by", "name"), [(SUPERVISOR, "key-8"), (NAMED, "p-80")])
    def test_it_ends_once(self, by: Actor, name: str) -> None:
        world, id_ = supervised(by)
        world.do(id_, c.EndSupervision(number=1, text="digest"), actor=by)
        with pytest.raises(AlreadyDone) as refused:
            world.do(id_, c.EndSupervision(number=1, text="other"), actor=by)
        assert refused.value.by == name

    def test_its_end_cannot_be_told_to_lie_before_its_beginning(self) -> None:
        world, id_ = supervised()
        world.now = 100
        end = c.EndSupervision(number=1, text="digest")
        world.do(id_, end, actor=SUPERVISOR, told_at=0.5)
        ended = world[id_].supervisions[0].ended
        assert ended is not None
        assert ended.at == at(100)

    def test_several_stand_beside_one_another_up_to_a_bound(self) -> None:
        world, id_ = supervised()
        world.do(id_, *[supervise()] * (MOST - 1), actor=SUPERVISOR)
        assert [entry.number for entry in world[id_].supervisions] == list(range(1, MOST + 1))
        with pytest.raises(BadTarget, match="50"):
            world.do(id_, supervise(), actor=SUPERVISOR)


class TestQuestions:
    def test_a_question_waits_for_its_answer(self) -> None:
        world, id_ = started()
        world.do(id_, c.Ask(text="digest"), c.Ask(text="other"), actor=OFFICER)
        world.now = 30
        world.do(id_, c.Answer(number=2, text="answer"))
        first, second = world[id_].questions
        assert (first.by, first.answered) == (OFFICER.organisation, None)
        assert second.answered is not None
        assert second.answered.at == at(30)
        assert (first.version, second.version) == (2, 3)

    @pytest.mark.parametrize("number", [0, 2])
    def test_what_was_not_asked_is_not_answered(self, number: int) -> None:
        world, id_ = started(c.Ask(text="digest"))
        with pytest.raises(UnknownThing) as refused:
            world.do(id_, c.Answer(number=number, text="digest"))
        assert refused.value.allowed == ("1",)

    @pytest.mark.parametrize(
        ("by", "name"), [(an_actor(), "key-1"), (replace(an_actor(), person="p-1"), "p-1")]
    )
    def test_it_is_answered_once(self, by: Actor, name: str) -> None:
        world, id_ = started(c.Ask(text="digest"))
        world.do(id_, c.Answer(number=1, text="digest"), actor=by)
        with pytest.raises(AlreadyDone) as refused:
            world.do(id_, c.Answer(number=1, text="other"))
        assert refused.value.by == name


class TestConfirmation:
    def test_an_outcome_is_confirmed_once(self) -> None:
        world, id_ = started(c.Resolve())
        world.now = 20
        assert world.do(id_, c.ConfirmOutcome(), actor=OFFICER)
        assert world[id_].outcome_confirmed_at == at(20)
        world.do(id_, CLOSE)
        assert not world.do(id_, c.ConfirmOutcome(), actor=OFFICER)

    def test_what_goes_on_is_no_longer_confirmed(self) -> None:
        world, id_ = started(CLOSE, c.ConfirmOutcome())
        world.do(id_, c.Reopen(reason="again"))
        assert world[id_].outcome_confirmed_at is None

    def test_a_returned_outcome_is_no_longer_confirmed(self) -> None:
        world, id_ = started(c.Resolve(), c.ConfirmOutcome(), c.Return(reason="incomplete"))
        assert world[id_].outcome_confirmed_at is None


class TestFollowUp:
    def test_a_call_is_to_be_made_within_a_day_of_the_closing(self) -> None:
        world, id_ = closed()
        assert world[id_].follow_up_due == at(1) + timedelta(hours=24)

    @pytest.mark.parametrize("status", [Status.EXERCISE, Status.TEST])
    def test_nobody_is_called_after_a_drill(self, status: Status) -> None:
        world, id_ = closed(status=status)
        assert world[id_].follow_up_due is None

    def test_nobody_is_called_after_a_false_alarm(self) -> None:
        world, id_ = closed("false_alarm")
        assert world[id_].follow_up_due is None
        with pytest.raises(BadTarget, match="no follow-up call"):
            world.do(id_, c.FollowUp(reached=True, satisfied=True))

    def test_a_kind_that_says_nothing_has_no_calls(self) -> None:
        world, id_ = started()
        facts = replace(world.facts(id_), follow_up=None)
        (body, *_) = by_other_facts(world, id_, CLOSE, facts)
        assert isinstance(body, e.IncidentClosed)
        assert body.follow_up_by is None

    def test_who_is_satisfied_leaves_it_closed(self) -> None:
        world, id_ = closed()
        world.do(id_, c.FollowUp(reached=True, satisfaction=4))
        (call,) = world[id_].follow_up_calls
        assert (call.reached, call.satisfied, call.satisfaction) == (True, True, 4)
        assert world[id_].state is State.CLOSED
        assert world[id_].follow_up_due is None

    @pytest.mark.parametrize("said", [{"satisfied": False}, {"satisfaction": 2}])
    def test_who_is_not_satisfied_reopens_it(self, said: dict[str, int]) -> None:
        world, id_ = closed()
        world.away = frozenset({CENTER})
        happened = world.do(id_, c.FollowUp(reached=True, **said))  # type: ignore[arg-type]  # a flag or a mark
        assert [type(body) for body in happened] == [e.FollowUpCalled, e.IncidentReopened]
        assert world[id_].round.cause is RoundCause.REOPENED
        assert world[id_].away
        assert world[id_].follow_up_due is None

    def test_nobody_there_is_called_again_three_times_in_all(self) -> None:
        world, id_ = closed()
        for left in (True, True, False):
            world.do(id_, c.FollowUp(reached=False))
            assert (world[id_].follow_up_due is not None) is left
        assert [call.satisfied for call in world[id_].follow_up_calls] == [None] * 3

    def test_a_kind_that_dropped_its_calls_tries_once(self) -> None:
        world, id_ = closed()
        facts = replace(world.facts(id_), follow_up=None)
        (body,) = by_other_facts(world, id_, c.FollowUp(reached=False), facts)
        assert isinstance(body, e.FollowUpCalled)
        assert body.done

    @pytest.mark.parametrize(
        "said",
        [
            c.FollowUp(reached=True),
            c.FollowUp(reached=False, satisfied=True),
            c.FollowUp(reached=False, satisfaction=1),
            c.FollowUp(reached=True, satisfied=True, satisfaction=1),
            c.FollowUp(reached=True, satisfied=False, satisfaction=5),
        ],
    )
    def test_answers_that_contradict_one_another_are_refused(self, said: c.FollowUp) -> None:
        world, id_ = closed()
        with pytest.raises(BadTarget):
            world.do(id_, said)

    def test_a_new_closing_is_followed_by_a_new_call(self) -> None:
        world, id_ = closed()
        world.do(id_, c.FollowUp(reached=True, satisfied=False), CLOSE)
        assert world[id_].follow_up_due is not None
        world.do(id_, c.Reopen(reason="again"))
        assert world[id_].follow_up_due is None


class TestLateEntry:
    def entered(self) -> tuple[World, IncidentId]:
        """An incident that was over when it was entered."""
        world, id_ = closed()
        world.incidents[id_] = replace(world[id_], late_entry=True)
        return world, id_

    def test_it_is_not_reopened(self) -> None:
        world, id_ = self.entered()
        with pytest.raises(BadTarget, match="new alert"):
            world.do(id_, c.Reopen(reason="again"))

    def test_its_outcome_must_be_one_of_its_kind_and_whole(self) -> None:
        world, id_ = self.entered()
        check_late_entry(world[id_], "handed_to_department", (("department", "fire"),), KIND)
        for disposition, wrong in (("magic", "magic"), ("handed_to_department", "department")):
            with pytest.raises(BadDisposition, match=wrong):
                check_late_entry(world[id_], disposition, (), KIND)
        with pytest.raises(BadDisposition, match="floor"):
            check_late_entry(world[id_], "handled_on_site", (("floor", 3),), KIND)


class TestAway:
    def test_a_transfer_says_whether_the_other_desk_is_away(self) -> None:
        world, id_ = started()
        world.away = frozenset({OTHER_CENTER})
        world.do(id_, c.Transfer(center=OTHER_CENTER, reason="theirs"))
        assert world[id_].away
        world.do(id_, c.Transfer(center=CENTER, reason="ours"))
        assert not world[id_].away

    def test_a_reopening_says_it_anew(self) -> None:
        world, id_ = started(CLOSE)
        world.away = frozenset({CENTER})
        world.do(id_, c.Reopen(reason="again"))
        assert world[id_].away


@pytest.mark.parametrize(
    "body",
    [
        e.IncidentSupervised(number=2, owner=OWNER, deadline=at(99), text="digest"),
        e.SupervisionEnded(number=1, text="digest"),
        e.IncidentAsked(number=2, text="digest"),
        e.IncidentAnswered(number=1, text="digest"),
    ],
)
def test_a_number_that_does_not_follow_breaks_the_history(body: e.Body) -> None:
    world, id_ = started()
    last = world.log[id_][-1]
    stray = replace(last, version=last.version + 1, body=body)
    with pytest.raises(BrokenHistoryError):
        replay([*world.log[id_], stray])


def by_other_facts(
    world: World, id_: IncidentId, command: c.Command, facts: c.Facts
) -> tuple[e.Body, ...]:
    """What a command would come to by other facts than the world's."""
    return decide(world[id_], command, context=world.context(), facts=facts).bodies
