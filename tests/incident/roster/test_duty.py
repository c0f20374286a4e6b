"""Who is on duty, over midnight and over changes of the clock, and when nobody is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.roster import (
    Calendar,
    Duty,
    Override,
    PersonCode,
    Roster,
    Why,
    gaps,
    on_duty,
)
from tests.incident.roster.rosters import A, B, C, D, a_shift, document, local, read, with_shifts

NEW_YORK = ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)


def shift(*people: PersonCode) -> Duty:
    return Duty(people=people, why=Why.SHIFT)


def override(
    since: datetime,
    until: datetime,
    *people: PersonCode,
    instead_of: PersonCode | None = None,
    post: str = "operator",
) -> Override:
    return Override(
        id=UUID(int=1),
        post=post,
        since=since,
        until=until,
        people=people,
        instead_of=instead_of,
        made_at=since,
        made_by="k",
    )


def test_a_night_shift_lasts_over_midnight() -> None:
    roster = read(document())
    assert on_duty(roster, "operator", local(2, 23)) == shift(B)
    assert on_duty(roster, "operator", local(3, 7, 59)) == shift(B)
    assert on_duty(roster, "operator", local(4, 3)) == shift(C)


def test_shifts_that_touch_follow_one_another_at_that_very_moment() -> None:
    roster = read(document())
    assert on_duty(roster, "operator", local(3, 8)) == shift(B)
    assert on_duty(roster, "operator", local(3, 8) - timedelta(microseconds=1)) == shift(B)
    assert on_duty(roster, "operator", local(2, 8)) == shift(A)
    assert on_duty(roster, "operator", local(2, 20)) == shift(B)


def test_whoever_is_off_duty_is_named_only_as_the_last_resort_which_says_so() -> None:
    roster = read(document())
    before = on_duty(roster, "operator", local(2, 7, 59))
    assert before == Duty(people=(D,), why=Why.LAST_RESORT)


@pytest.mark.parametrize("post", ["chief", "unknown"])
def test_a_post_without_last_resort_has_nobody(post: str) -> None:
    roster = read(document())
    assert on_duty(roster, post, local(1, 12)) == Duty(people=(), why=Why.NOBODY)


def test_a_turn_lasts_the_days_it_is_given() -> None:
    roster = with_shifts(a_shift(turn_days=7, turns=[["a"], ["b"]]))
    days = [on_duty(roster, "operator", local(day, 12)).people for day in (2, 8, 9, 15, 16)]
    assert days == [(A,), (A,), (B,), (B,), (A,)]


def test_a_shift_ends_with_its_last_day() -> None:
    roster = with_shifts(a_shift(start="20:00", end="08:00", last="2026-03-03"))
    assert on_duty(roster, "operator", local(4, 7)) == shift(A)
    assert on_duty(roster, "operator", local(4, 21)).why is Why.LAST_RESORT


def test_workdays_and_holidays_go_by_the_calendar() -> None:
    roster = with_shifts(
        a_shift(code="w", days="workday"),
        a_shift(code="h", days="holiday", turns=[["b"]]),
        holidays={"country": "CN", "free": ["2026-03-05"], "worked": ["2026-03-06"]},
    )
    public = Calendar(
        free=frozenset({date(2026, 3, 4), date(2026, 3, 6)}), worked=frozenset({date(2026, 3, 7)})
    )
    roster = replace(roster, calendar=public)
    named = [on_duty(roster, "operator", local(day, 12)).people for day in range(3, 9)]
    # Tuesday; a public day off; an own one; one worked all the same; a Saturday worked; a Sunday.
    assert named == [(A,), (B,), (B,), (A,), (A,), (B,)]


def test_weekdays_are_those_a_shift_begins_on() -> None:
    roster = with_shifts(a_shift(start="20:00", end="08:00", weekdays=["sun"]))
    assert on_duty(roster, "operator", local(9, 7)) == shift(A)
    assert on_duty(roster, "operator", local(8, 7)).why is Why.LAST_RESORT


def test_an_override_goes_before_the_shift_while_it_holds() -> None:
    roster = replace(read(document()), overrides=(override(local(2, 10), local(2, 12), C),))
    people = [on_duty(roster, "operator", local(2, hour)) for hour in (9, 10, 11, 12)]
    assert people == [shift(A), *[Duty(people=(C,), why=Why.OVERRIDE)] * 2, shift(A)]
    assert on_duty(roster, "chief", local(2, 10)) == shift(D)


def test_one_person_is_replaced_and_nobody_else() -> None:
    roster = with_shifts(a_shift(turns=[["a", "b"]]))
    span = (local(2, 10), local(2, 12))
    stands_in = replace(roster, overrides=(override(*span, C, instead_of=A),))
    assert on_duty(stands_in, "operator", local(2, 10)).people == (C, B)
    elsewhere = replace(roster, overrides=(override(*span, C, instead_of=D),))
    assert on_duty(elsewhere, "operator", local(2, 10)) == shift(A, B)


def test_an_absence_leaves_a_gap_and_the_last_resort() -> None:
    span = (local(2, 10), local(2, 12))
    roster = replace(read(document()), overrides=(override(*span, instead_of=A),))
    assert on_duty(roster, "operator", local(2, 11)) == Duty(people=(D,), why=Why.LAST_RESORT)
    (gap,) = gaps(roster, local(2, 8), local(3, 8))
    assert (gap.post, gap.since, gap.until, gap.last_resort) == ("operator", *span, (D,))


def test_the_override_made_last_goes_before_those_before_it() -> None:
    span = (local(2, 10), local(2, 12))
    roster = replace(read(document()), overrides=(override(*span, C), override(*span, B)))
    assert on_duty(roster, "operator", local(2, 11)).people == (B,)


def test_nobody_is_missed_when_nobody_is_needed() -> None:
    posts = [
        {
            "code": "operator",
            "name": {"zh": "值班员", "en": "Operator"},
            "needed": {"start": "09:00", "end": "18:00", "days": "workday"},
        }
    ]
    roster = read(document(posts=posts, shifts=[a_shift(start="08:00", end="12:00")]))
    found = [(gap.since, gap.until) for gap in gaps(roster, local(6, 0), local(10, 0))]
    assert found == [(local(6, 12), local(6, 18)), (local(9, 12), local(9, 18))]


def test_a_gap_that_goes_on_ends_with_what_was_asked() -> None:
    roster = with_shifts(a_shift(start="08:00", end="12:00"))
    assert [gap.until for gap in gaps(roster, local(2, 8), local(2, 20))] == [local(2, 20)]


def test_gaps_are_told_of_31_days_at_once() -> None:
    with pytest.raises(ValueError, match="31 days"):
        gaps(read(document()), local(1, 0), local(1, 0) + timedelta(days=31, seconds=1))


def in_new_york(**changes: object) -> Roster:
    return with_shifts(
        a_shift(code="late", start="22:00", end="02:30"),
        a_shift(code="early", start="02:30", end="06:00", turns=[["b"]]),
        a_shift(code="rest", start="06:00", end="22:00", turns=[["c"]]),
        time_zone="America/New_York",
        **changes,
    )


def test_an_hour_left_out_begins_and_ends_at_the_change() -> None:
    roster = in_new_york()
    change = datetime(2026, 3, 8, 7, tzinfo=UTC)  # 02:00 becomes 03:00
    assert on_duty(roster, "operator", change - timedelta(microseconds=1)).people == (A,)
    assert on_duty(roster, "operator", change).people == (B,)


def test_of_an_hour_there_twice_the_first_counts() -> None:
    roster = with_shifts(
        a_shift(start="01:30", end="06:00", turns=[["b"]]), time_zone="America/New_York"
    )
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 01:30 for the first time
    assert on_duty(roster, "operator", first).people == (B,)
    assert on_duty(roster, "operator", first - timedelta(microseconds=1)).why is Why.LAST_RESORT
    assert on_duty(roster, "operator", first + 5 * HOUR).people == (B,)
    assert on_duty(roster, "operator", datetime(2026, 11, 1, 11, tzinfo=UTC)).people == (D,)


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)])
def test_shifts_around_the_clock_leave_no_gap_where_clocks_change(day: date) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).astimezone(UTC) - 24 * HOUR
    assert gaps(in_new_york(), start, start + 72 * HOUR) == ()


MOMENTS = st.integers(0, 365 * 86_400).map(
    lambda seconds: datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=seconds)
)
ZONES = st.sampled_from(
    ["Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe"]
)
CUTS = st.lists(st.integers(0, 1439), min_size=1, max_size=4, unique=True).map(sorted)


def around_the_clock(cuts: list[int], zone: str) -> Roster:
    """Shifts that follow one another through the whole day."""
    hours = [f"{cut // 60:02}:{cut % 60:02}" for cut in cuts]
    listed = [
        a_shift(
            code=f"s{number}",
            start=hour,
            end=hours[(number + 1) % len(hours)],
            first="2026-02-20",
            turns=[["a"], ["b"], ["c"]],
        )
        for number, hour in enumerate(hours)
    ]
    return with_shifts(*listed, time_zone=zone)


@given(cuts=CUTS, zone=ZONES, at=MOMENTS)
def test_shifts_around_the_clock_always_name_exactly_one_turn(
    cuts: list[int], zone: str, at: datetime
) -> None:
    found = on_duty(around_the_clock(cuts, zone), "operator", at)
    assert found.why is Why.SHIFT
    assert len(found.people) == 1


@given(cuts=CUTS, zone=ZONES, since=MOMENTS, days=st.integers(1, 31))
def test_shifts_around_the_clock_have_no_gap(
    cuts: list[int], zone: str, since: datetime, days: int
) -> None:
    assert gaps(around_the_clock(cuts, zone), since, since + timedelta(days=days)) == ()


@given(
    start=st.integers(0, 1439),
    end=st.integers(0, 1439),
    zone=ZONES,
    since=MOMENTS,
    offsets=st.lists(st.integers(0, 3 * 86_400), max_size=8),
)
def test_a_moment_lies_in_a_gap_exactly_if_nobody_is_on_duty_then(
    *, start: int, end: int, zone: str, since: datetime, offsets: list[int]
) -> None:
    shown = [f"{minute // 60:02}:{minute % 60:02}" for minute in (start, end)]
    roster = with_shifts(
        a_shift(start=shown[0], end=shown[1], weekdays=["mon", "wed", "sun"], turns=[["a"], []]),
        time_zone=zone,
    )
    until = since + timedelta(days=3)
    found = gaps(roster, since, until)
    assert all(since <= gap.since < gap.until <= until for gap in found)
    assert all(one.until < other.since for one, other in pairwise(found))
    for at in (since + timedelta(seconds=offset) for offset in offsets):
        inside = any(gap.since <= at < gap.until for gap in found)
        missing = on_duty(roster, "operator", at).why in {Why.LAST_RESORT, Why.NOBODY}
        assert inside == (missing and at < until)
