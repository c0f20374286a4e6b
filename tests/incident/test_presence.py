"""A center's desk: away while somebody is away and nobody is there."""

import pytest

from incident.presence import Presence, counting, is_away
from tests.builders import at


def says(operator: str, *, away: bool, until: float = 100) -> Presence:
    """What an operator said at the beginning."""
    return Presence(operator=operator, away=away, since=at(0), until=at(until))


AWAY, THERE = says("b", away=True), says("a", away=False)


@pytest.mark.parametrize(
    ("said", "away"),
    [
        ((), False),
        ((AWAY,), True),
        ((THERE,), False),
        ((AWAY, THERE), False),
        ((AWAY, says("c", away=True)), True),
        ((AWAY, says("c", away=False, until=5)), True),
        ((says("c", away=True, until=5),), False),
    ],
)
def test_a_desk_is_away_while_all_who_count_are(said: tuple[Presence, ...], *, away: bool) -> None:
    assert is_away(said, now=at(5)) is away


def test_what_an_operator_said_counts_up_to_its_end_and_no_longer() -> None:
    assert counting((AWAY, THERE), now=at(99.9)) == (THERE, AWAY)
    assert counting((AWAY, THERE), now=at(100)) == ()
