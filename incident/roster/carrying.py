"""From one document to the next: swaps and overrides to come stay, or the next is refused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from incident.directory.faults import Fault
from incident.roster.changes import ChangeRefusedError
from incident.roster.overrides import override_faults
from incident.roster.parts import Roster, SwapState
from incident.roster.swaps import begin_of, says, stands_of, swap_faults

KEPT = timedelta(days=35)
"""For how long a roster remembers what is over; its history keeps it."""


def carried_over(new: Roster, old: Roster, now: datetime) -> Roster:
    """A new document with the swaps and overrides of the roster before it.

    Raises:
        ChangeRefusedError: One that is to come fits the new document no more; each is named.
    """
    faults: list[Fault] = []
    carried = replace(new, overrides=old.overrides, swaps=())
    for override in old.overrides:
        if override.until > now:
            faults += _prefixed(f"overrides[{override.id}]", override_faults(new, override))
    for swap in old.swaps:
        begun = any(begin_of(old, stand) <= now for stand in stands_of(swap))
        if swap.state is SwapState.AGREED and not begun:
            found = swap_faults(carried, says(swap), now)
            faults += _prefixed(f"swaps[{swap.id}]", found)
        carried = replace(carried, swaps=(*carried.swaps, swap))
    if faults:
        raise ChangeRefusedError(faults)
    return carried


def pruned(roster: Roster, now: datetime) -> Roster:
    """A roster without what has been over for long."""
    day = (now - KEPT).date()
    return replace(
        roster,
        overrides=tuple(each for each in roster.overrides if each.until > now - KEPT),
        swaps=tuple(
            each for each in roster.swaps if max(stand.day for stand in stands_of(each)) >= day
        ),
    )


def _prefixed(path: str, faults: Iterator[Fault]) -> list[Fault]:
    """Faults of what was agreed before, with what can be done about it."""
    allowed = "take it back first, or keep what it needs"
    return [Fault(path=f"{path}.{each.path}", wrong=each.wrong, allowed=allowed) for each in faults]
