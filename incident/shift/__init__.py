"""Who sits at which console, whether it can be heard, and the hand-over at shift change (交接班).

A desk is one console of a center, known by an id its browser made. It confirms receipt only while
an operator is on shift there, its sound is on, its stream lives and nobody said to be away. What a
center is to those who send to it follows from all its desks.
"""

from incident.shift.desks import (
    LONGEST_SHIFT,
    MOST_DESKS,
    CenterState,
    Checked,
    Console,
    DeskState,
    Shift,
    Sound,
    Standing,
    check_receipt,
    standing_of,
)
from incident.shift.handing import (
    Handover,
    HandoverState,
    Item,
    accept,
    finish,
    left,
    prepare,
    renew,
    withdraw,
)

__all__ = [
    "LONGEST_SHIFT",
    "MOST_DESKS",
    "CenterState",
    "Checked",
    "Console",
    "DeskState",
    "Handover",
    "HandoverState",
    "Item",
    "Shift",
    "Sound",
    "Standing",
    "accept",
    "check_receipt",
    "finish",
    "left",
    "prepare",
    "renew",
    "standing_of",
    "withdraw",
]
