"""The on-site closure rate, case by case."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.alert import Status
from incident.figures.case import Case
from incident.figures.closure import IN_RATE, Counted, closure_rate, counted_as, find_repeats
from incident.lifecycle import State
from incident.profile import OnSite
from tests.incident.figures.cases import a_case, reopened


def carried_off(number: int = 1) -> Case:
    """A case that was closed, but not on site."""
    return a_case(number, disposition="medical", on_site=OnSite.NO)


@pytest.mark.parametrize(
    ("case", "counted"),
    [
        (a_case(), Counted.ON_SITE),
        (carried_off(), Counted.NOT_ON_SITE),
        (a_case(state=State.HANDED_OVER, disposition=None, on_site=None), Counted.NOT_ON_SITE),
        (a_case(state=State.REFUSED, disposition=None, on_site=None), Counted.NOT_ON_SITE),
        (a_case(merged=True, disposition=None, on_site=None), Counted.DUPLICATE),
        (a_case(disposition="duplicate", on_site=OnSite.EXCLUDED), Counted.DUPLICATE),
        (a_case(state=State.CANCELLED, disposition=None, on_site=None), Counted.CANCELLED),
        (a_case(disposition="cancelled", on_site=OnSite.EXCLUDED), Counted.CANCELLED),
        (a_case(disposition="false_alarm", on_site=OnSite.EXCLUDED), Counted.FALSE_ALARM),
        (a_case(disposition="malicious_report", on_site=OnSite.EXCLUDED), Counted.FALSE_ALARM),
        (a_case(disposition="new", on_site=OnSite.EXCLUDED), Counted.EXCLUDED),
        (a_case(closed=None), Counted.UNFINISHED),
        (a_case(status=Status.EXERCISE), Counted.NOT_ACTUAL),
        (a_case(status=Status.TEST), Counted.NOT_ACTUAL),
        (a_case(reopenings=(reopened(ended=1, again=25),)), Counted.REOPENED),
        (a_case(reopenings=(reopened(ended=1, again=25.01),)), Counted.ON_SITE),
        (a_case(closed=None, reopenings=(reopened(ended=1, again=2),)), Counted.REOPENED),
        (a_case(closed=None, reopenings=(reopened(ended=1, again=90),)), Counted.UNFINISHED),
    ],
)
def test_what_a_case_counts_as(case: Case, counted: Counted) -> None:
    assert counted_as(case, repeated=(), hours=24) is counted


def test_what_was_repeated_is_not_on_site() -> None:
    assert counted_as(a_case(), repeated={UUID(int=1)}, hours=24) is Counted.REPEATED
    assert counted_as(carried_off(), repeated={UUID(int=1)}, hours=24) is Counted.NOT_ON_SITE


def test_the_rate_comes_with_all_it_left_out() -> None:
    cases = [a_case(n) for n in range(1, 10)] + [
        carried_off(10),
        a_case(11, merged=True),
        a_case(12, status=Status.EXERCISE),
        a_case(13, closed=None),
    ]
    found = closure_rate(cases, repeated=(), hours=24)
    assert (found.rate.k, found.rate.n, found.rate.few) == (9, 10, False)
    assert found.counts[Counted.DUPLICATE] == found.counts[Counted.NOT_ACTUAL] == 1
    assert sum(found.counts.values()) == len(cases)


@given(st.lists(st.sampled_from(State), max_size=30), st.integers(1, 48))
def test_nothing_is_counted_twice_and_nothing_forgotten(states: list[State], hours: int) -> None:
    cases = [a_case(n, state=state) for n, state in enumerate(states, 1)]
    found = closure_rate(cases, repeated=(), hours=hours)
    assert sum(found.counts.values()) == len(cases)
    assert found.rate.n == sum(found.counts[code] for code in IN_RATE)
    assert found.rate.k == found.counts[Counted.ON_SITE]


def test_the_same_again_at_one_place_within_the_hours_is_a_repeat() -> None:
    first = a_case(1, place="gate")
    again = a_case(2, hours=25, place="gate")  # the first ended an hour after its receipt
    assert find_repeats([again, first], hours=24) == {again.id: first.id}
    assert find_repeats([again, first], hours=23) == {}


@pytest.mark.parametrize(
    "other",
    [
        a_case(2, hours=2),
        a_case(2, hours=2, place="yard"),
        a_case(2, hours=2, place="gate", kind="patrol"),
        a_case(2, hours=2, place="gate", category="theft"),
        a_case(2, hours=2, place="gate", status=Status.TEST),
        a_case(2, hours=2, place="gate", merged=True),
        a_case(2, hours=0.5, place="gate"),
    ],
    ids=["no place", "place", "kind", "category", "test", "duplicate", "before its end"],
)
def test_what_is_no_repeat(other: Case) -> None:
    assert find_repeats([a_case(1, place="gate"), other], hours=24) == {}


def test_a_repeat_is_one_of_the_last_that_ended() -> None:
    cases = [a_case(n, hours=2 * n, place="gate") for n in (1, 2, 3)]
    found = find_repeats([*cases, a_case(4, hours=6.5, place="gate", closed=None)], hours=24)
    assert found == {
        UUID(int=2): UUID(int=1), UUID(int=3): UUID(int=2), UUID(int=4): UUID(int=2),
    }  # fmt: skip


def test_nothing_repeats_a_case_that_is_still_open() -> None:
    cases = [a_case(1, place="gate", closed=None), a_case(2, hours=1, place="gate")]
    assert find_repeats(cases, hours=24) == {}


def test_a_reopened_case_had_ended_when_it_first_did() -> None:
    first = a_case(1, place="gate", closed=None, reopenings=(reopened(ended=1, again=9),))
    again = a_case(2, hours=5, place="gate")
    assert find_repeats([first, again], hours=24) == {again.id: first.id}


def test_people_may_link_a_repeat_wherever_it_was_and_both_ways_is_one() -> None:
    first = a_case(1, repeats=(UUID(int=2),))
    again = a_case(2, hours=100, place="gate", repeats=(UUID(int=1), UUID(int=9)))
    found = find_repeats([first, again], hours=24)
    assert found == {again.id: first.id}
