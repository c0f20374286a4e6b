"""What readiness makes of the desks, as the dispatcher told it last."""

import pytest

from incident.figures.manning import manning_of
from incident.figures.readiness import Part
from incident.messages import CenterDesk
from incident.presence import Presence
from incident.shift import CenterState, Standing
from tests.builders import CENTER, at

AWAY = Presence(operator="a", away=True, since=at(0), until=at(60))
ONLINE = Standing(state=CenterState.ONLINE, on_shift=1, connected=1, audible=1)
SILENT = Standing(state=CenterState.SILENT, on_shift=2, connected=1)
LEFT = Standing(state=CenterState.AWAY, on_shift=1, connected=1, audible=1, away=1)
OFFLINE = Standing(state=CenterState.OFFLINE)
PROGRAM = Standing(state=CenterState.ONLINE, clients=1)
PARTS = (Part.CONSOLE_CONNECTED, Part.CONSOLE_AUDIBLE, Part.OPERATOR_ON_SHIFT)


@pytest.mark.parametrize(
    ("standing", "found"),
    [
        (ONLINE, (True, True, True)),
        (SILENT, (True, False, True)),
        (LEFT, (True, True, False)),
        (OFFLINE, (False, False, False)),
        (PROGRAM, (True, "unsaid", "unsaid")),
        (None, ("unsaid", "unsaid", "unsaid")),
    ],
)
def test_the_desks_decide_what_they_can_say(
    standing: Standing | None, found: tuple[object, ...]
) -> None:
    parts = manning_of(standing, (), now=at(0))
    assert tuple(parts.get(part, "unsaid") for part in PARTS) == found


def test_who_is_away_is_not_on_shift_until_that_ends() -> None:
    for standing in (ONLINE, None):
        assert manning_of(standing, (AWAY,), now=at(59))[Part.OPERATOR_ON_SHIFT] is False
    assert manning_of(ONLINE, (AWAY,), now=at(60))[Part.OPERATOR_ON_SHIFT] is True


def test_a_message_tells_what_the_center_is() -> None:
    told = CenterDesk(
        center=CENTER, at=at(0), state=CenterState.SILENT, on_shift=2, connected=1, audible=0,
        away=0, clients=0,
    )  # fmt: skip
    assert told.standing == SILENT
