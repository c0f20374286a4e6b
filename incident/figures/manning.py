"""What readiness makes of who is at a center's desks, as the dispatcher told it last."""

from collections.abc import Collection, Mapping
from datetime import datetime

from incident.figures.readiness import Part, Since
from incident.presence import Presence, is_away
from incident.shift import CenterState, Standing

Known = bool | Since | None


def manning_of(
    standing: Standing | None, said: Collection[Presence], *, now: datetime
) -> Mapping[Part, Known]:
    """Say which parts of readiness the desks decide; the others are left as they were.

    A program of the center's own that listens stands for a console, but whether it can be heard,
    and whether somebody is there, it does not say.

    Args:
        standing: What the center is; None where nobody ever sat at a desk of it.
        said: What operators said last: away from the desk, or back at it.
        now: Decides what still counts.
    """
    parts: dict[Part, Known] = {}
    if standing is not None:
        listening = bool(standing.connected or standing.clients)
        parts[Part.CONSOLE_CONNECTED] = listening
        if standing.on_shift or not standing.clients:
            parts[Part.CONSOLE_AUDIBLE] = standing.audible > 0
            parts[Part.OPERATOR_ON_SHIFT] = (
                standing.on_shift > 0 and standing.state is not CenterState.AWAY
            )
    if is_away(said, now=now):
        parts[Part.OPERATOR_ON_SHIFT] = False
    return parts
