"""The distributions of a bulletin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.alert import Status
from incident.figures.times import Timed, times_of
from incident.moments import ActorKind, Proof
from tests.incident.figures.cases import a_case, a_stint


@pytest.mark.parametrize(
    ("seconds", "place"),
    [(-5, 0), (0, 0), (29.9, 0), (30, 1), (59, 1), (60, 2), (120, 3), (179, 3), (180, 4), (9e6, 4)],
)
def test_a_time_on_a_bound_belongs_to_what_follows(seconds: float, place: int) -> None:
    found = times_of([a_case(stints=(a_stint(acknowledge=seconds),))], Timed.ACKNOWLEDGE)
    assert [bool(count) for count in found.counts] == [one == place for one in range(5)]


@given(st.lists(st.tuples(st.floats(-10, 20_000), st.sampled_from(ActorKind)), max_size=40))
def test_people_and_machines_together_are_all(times: list[tuple[float, ActorKind]]) -> None:
    cases = [a_case(n, stints=(a_stint(arrive=s, by=by),)) for n, (s, by) in enumerate(times, 1)]
    found = times_of(cases, Timed.ARRIVE)
    assert found.n == len(times) == sum(found.counts)
    both = zip(found.by[ActorKind.PERSON], found.by[ActorKind.MACHINE], strict=True)
    assert tuple(map(sum, both)) == found.counts
    assert sum(found.proofs.values()) == found.n
    assert [one.seconds for one in found.slowest] == sorted((s for s, _ in times), reverse=True)[:3]


def test_the_slowest_are_named_and_arrivals_say_what_they_rest_on() -> None:
    cases = [
        a_case(1, stints=(a_stint(arrive=100, proof=Proof.TAP),)),
        a_case(2, stints=(a_stint(arrive=400),)),
    ]
    found = times_of(cases, Timed.ARRIVE)
    (slow, _) = found.slowest
    assert (slow.incident, slow.number, slow.organisation, slow.team, slow.seconds) == (
        cases[1].id, cases[1].number, "heling", None, 400,
    )  # fmt: skip
    assert found.proofs == {"none": 1, "tap": 1}
    assert found.median == 250


def test_drills_and_rounds_without_both_moments_are_not_timed() -> None:
    cases = [
        a_case(1, status=Status.EXERCISE, stints=(a_stint(report=1),)),
        a_case(2, stints=(a_stint(),)),
    ]
    found = times_of(cases, Timed.REPORT)
    assert (found.n, found.median, found.proofs) == (0, None, {})
