"""Rosters: who is on duty at a post, when nobody is, and what may be changed.

Reading order: `parts` (the values), `hours` (local hours as moments), `duty` (who is there),
`channels` (addresses), `reading` and `checks` (a parsed document becomes a roster, or a list of
all its faults), `document` (back to a plain document), `swaps` and `overrides`, and `carrying`
(what of them stays when the document changes).
"""

from incident.directory.faults import Fault
from incident.roster.carrying import carried_over, pruned
from incident.roster.changes import By, ChangeRefusedError, SettledError, UnknownChangeError
from incident.roster.document import to_document
from incident.roster.duty import LONGEST_SPAN, gaps, on_duty
from incident.roster.overrides import WantedOverride, add_override, drop_override
from incident.roster.parts import (
    Calendar,
    Channel,
    ChannelType,
    DayKind,
    Duty,
    Gap,
    Language,
    Override,
    Person,
    PersonCode,
    Post,
    Roster,
    Shift,
    Stand,
    Swap,
    SwapState,
    Why,
    Window,
)
from incident.roster.reading import InvalidRosterError, Known, read_roster
from incident.roster.swaps import WantedSwap, consent, propose_swap, refuse_swap

__all__ = [
    "LONGEST_SPAN",
    "By",
    "Calendar",
    "ChangeRefusedError",
    "Channel",
    "ChannelType",
    "DayKind",
    "Duty",
    "Fault",
    "Gap",
    "InvalidRosterError",
    "Known",
    "Language",
    "Override",
    "Person",
    "PersonCode",
    "Post",
    "Roster",
    "SettledError",
    "Shift",
    "Stand",
    "Swap",
    "SwapState",
    "UnknownChangeError",
    "WantedOverride",
    "WantedSwap",
    "Why",
    "Window",
    "add_override",
    "carried_over",
    "consent",
    "drop_override",
    "gaps",
    "on_duty",
    "propose_swap",
    "pruned",
    "read_roster",
    "refuse_swap",
    "to_document",
]
