"""The effect against a baseline."""

from datetime import timedelta

import pytest

from incident.alert import Status
from incident.figures.bulletin import Period
from incident.figures.case import Measure
from incident.figures.effect import Kept, Sample, effect_of, sample_of
from incident.moments import ActorKind
from tests.builders import RECEIVED
from tests.incident.figures.cases import a_case


def a_sample(*response: float, on_site: int = 8) -> Sample:
    return Sample(days=7, alerts=20, response=response, on_site=on_site, closable=10)


def test_a_sample_holds_the_actual_cases_of_its_period() -> None:
    period = Period(since=RECEIVED, until=RECEIVED + timedelta(days=7), days=7)
    slow, fast = (Measure(seconds=s, by=ActorKind.PERSON) for s in (400, 300))
    cases = [
        a_case(1, response=slow),
        a_case(2, hours=2, response=fast),
        a_case(3, hours=3, status=Status.EXERCISE, response=fast),
        a_case(4, hours=-1, response=fast),
    ]
    found = sample_of(cases, period, hours=24)
    assert found == Sample(days=7, alerts=2, response=(300, 400), on_site=2, closable=2)
    assert found.closure.share == 1


SLOW = tuple(float(500 + n) for n in range(40))


@pytest.mark.parametrize(
    ("factor", "kept"), [(0.3, Kept.YES), (0.39, Kept.YES), (0.4, Kept.UNSURE), (0.5, Kept.NO)]
)
def test_a_promise_is_kept_for_sure_surely_not_or_open(factor: float, kept: Kept) -> None:
    effect = effect_of(a_sample(*SLOW), a_sample(*(factor * one for one in SLOW)))
    assert effect.promise is kept
    assert effect.closure is not None
    assert effect.closure.difference == 0
    assert effect.alerts.ratio == 0


def test_without_arrivals_nothing_is_sure() -> None:
    assert effect_of(a_sample(), a_sample(1)).promise is Kept.UNSURE
    assert effect_of(a_sample(1), a_sample(1)).promise is Kept.UNSURE
