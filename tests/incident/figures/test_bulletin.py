"""A bulletin's counts."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from incident.alert import Status
from incident.figures.bulletin import Asked, Bulletin, Period, bulletin_of
from incident.figures.case import Called, Case, Supervised
from incident.figures.closure import Counted
from incident.lifecycle import State
from tests.builders import CENTER, RECEIVED
from tests.incident.figures.cases import HOUR, a_case, reopened

BEIJING = ZoneInfo("Asia/Shanghai")


def week(days: int) -> Period:
    """The week that began so many days after the first receipt."""
    since = RECEIVED + timedelta(days=days)
    return Period(since=since, until=since + timedelta(days=7), days=7)


def bulletin(*cases: Case, hours: float = 200) -> Bulletin:
    asked = Asked(
        week=week(0),
        last_week=week(-7),
        last_year=week(-364),
        as_of=RECEIVED + hours * HOUR,
        zone=BEIJING,
        repeat_hours=24,
    )
    return bulletin_of(cases, asked)


def test_each_week_counts_its_own() -> None:
    found = bulletin(
        a_case(1),
        a_case(2, hours=167.9),
        a_case(3, hours=168),
        a_case(4, hours=-1),
        a_case(5, hours=-364 * 24),
    )
    received = (found.totals.received, found.last_week.received, found.last_year.received)
    assert received == (2, 1, 1)
    assert found.totals.daily == 2 / 7


def test_valid_is_what_is_no_duplicate_not_withdrawn_and_no_false_alarm() -> None:
    found = bulletin(
        a_case(1),
        a_case(2, merged=True),
        a_case(3, state=State.CANCELLED),
        a_case(4, disposition="false_alarm"),
    )
    assert (found.totals.received, found.totals.valid) == (4, 1)


def test_drills_are_counted_apart_and_enter_nothing() -> None:
    drill = a_case(2, status=Status.EXERCISE, closed=None, late_entry=True)
    found = bulletin(a_case(1), drill)
    assert (found.totals.received, found.not_actual, found.unfinished) == (1, 1, ())
    assert (found.late_entries, sum(found.hours), found.kinds) == (0, 1, {"police-alert": 1})


def test_hours_are_those_of_the_park() -> None:
    found = bulletin(a_case(1), a_case(2, hours=23))
    assert [hour for hour, count in enumerate(found.hours) if count] == [11, 12]
    assert found.centers == {CENTER: 2}


def test_what_became_of_cases() -> None:
    again = reopened(ended=1, again=2)
    found = bulletin(
        a_case(1, closed=None),
        a_case(2, hours=1, state=State.REFUSED),
        a_case(3, hours=1, state=State.HANDED_OVER),
        a_case(4, hours=2, reopenings=(again,)),
        a_case(5, hours=2, place="gate", late_entry=True),
        a_case(6, hours=4, place="gate"),
    )
    assert [case.number for case in found.unfinished] == [a_case(1).number]
    counts = (found.refused, found.handed_over, found.reopened, found.repeats, found.late_entries)
    assert counts == (1, 1, 1, 1, 1)
    assert found.totals.closure.counts[Counted.REPEATED] == 1


def test_a_repeat_after_the_week_counts_against_it_all_the_same() -> None:
    found = bulletin(a_case(1, hours=160, place="gate"), a_case(2, hours=170, place="gate"))
    assert (found.totals.closure.rate.k, found.repeats) == (0, 0)


def test_supervisions_are_judged_as_of_the_moment() -> None:
    def watched(due: float, ended: float | None) -> Supervised:
        end = None if ended is None else RECEIVED + ended * HOUR
        return Supervised(organisation=CENTER, due_at=RECEIVED + due * HOUR, ended_at=end)

    case = a_case(
        1, supervisions=(watched(5, 5), watched(5, 6), watched(9, None), watched(10, None))
    )
    found = bulletin(case, hours=10).supervisions
    assert (found.on_time, found.late, found.overdue, found.open) == (1, 1, 1, 1)


def test_follow_ups_count_the_last_answer_of_those_reached() -> None:
    yes, no, nobody = (
        Called(reached=True, satisfied=True),
        Called(reached=True, satisfied=False),
        Called(reached=False),
    )
    found = bulletin(
        a_case(1, calls=(no, yes)), a_case(2, calls=(nobody,)), a_case(3, call_due=True), a_case(4)
    ).follow_ups
    assert (found.coverage.k, found.coverage.n) == (1, 3)
    assert (found.satisfied.k, found.satisfied.n) == (1, 1)
