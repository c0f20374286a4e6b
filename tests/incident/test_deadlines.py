"""Deadlines: what the keeper of clocks writes down and looks at again."""

from datetime import timedelta

from incident.lifecycle import RoundCause
from incident.timing import DeadlineKind, Outcome, deadlines, deadlines_of, judge
from tests.builders import a_moment, a_round, an_alert, an_incident, at

ONE_MICROSECOND = timedelta(microseconds=1)


def test_each_pending_leg_has_its_warning_and_its_due() -> None:
    found = deadlines(an_incident({}), now=at(0))
    assert [(entry.key, entry.kind) for entry in found] == [
        ("1/station/75", DeadlineKind.AT_RISK),
        ("1/station/due", DeadlineKind.DUE),
        ("1/push/75", DeadlineKind.AT_RISK),
        ("1/push/due", DeadlineKind.DUE),
        ("1/total/75", DeadlineKind.AT_RISK),
        ("1/total/due", DeadlineKind.DUE),
    ]
    assert found[0].due_at == at(25)
    assert found[1].due_at == at(40) + ONE_MICROSECOND
    assert {(entry.round, entry.leg) for entry in found} == {
        (1, "station"),
        (1, "push"),
        (1, "total"),
    }


def test_a_due_deadline_is_the_first_moment_at_which_the_leg_is_breached() -> None:
    incident = an_incident({}, alert=an_alert(reported=None))
    (due,) = (entry for entry in deadlines(incident, now=at(0)) if entry.key == "1/push/due")
    for moment, outcome in (
        (due.due_at - ONE_MICROSECOND, Outcome.PENDING),
        (due.due_at, Outcome.BREACHED),
    ):
        (push,) = (entry for entry in judge(incident, now=moment) if entry.leg == "push")
        assert push.outcome is outcome


def test_a_warning_that_has_passed_stays_as_long_as_its_leg_is_pending() -> None:
    keys = {entry.key for entry in deadlines(an_incident({}), now=at(50))}
    assert keys == {"1/push/75", "1/push/due", "1/total/75", "1/total/due"}


def test_a_leg_without_target_and_a_decided_leg_have_none() -> None:
    incident = an_incident({"pushed": 10, "acknowledged": 20, "assigned": 30}, ended=40)
    assert deadlines(incident, now=at(40)) == ()


def test_a_later_round_has_keys_of_its_own() -> None:
    incident = an_incident(
        {"pushed": 10},
        also=[a_moment("pushed", 100, round_number=2)],
        rounds=[
            a_round(1, RoundCause.OPENED, 0, ended=50),
            a_round(2, RoundCause.TRANSFERRED, 50),
        ],
    )
    keys = {entry.key for entry in deadlines_of(judge(incident, now=at(100)))}
    assert {"2/assign/75", "2/assign/due", "1/total/due"} <= keys
    assert not {"1/assign/due", "2/total/due"} & keys
