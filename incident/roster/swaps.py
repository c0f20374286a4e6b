"""Swaps: proposed, agreed, refused.

Each takes a roster and gives the one after it, or says all that is wrong. A swap holds once both
of its persons have said yes; nobody says it for another.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from incident.directory.faults import Fault
from incident.roster.changes import By, ChangeRefusedError, SettledError, UnknownChangeError
from incident.roster.checks import unknown_person
from incident.roster.duty import people_on, stands
from incident.roster.hours import hours_on
from incident.roster.parts import PersonCode, Roster, Shift, Stand, Swap, SwapState

MOST_SWAPS = 200

_SWAPS = UUID("5b6e6a52-7d1f-5a44-9a3e-2f1d0c7b9e10")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedSwap:
    """A swap to be proposed; the attributes are those of `Swap`."""

    given: Stand
    giver: PersonCode
    taker: PersonCode
    returned: Stand | None = None


def propose_swap(roster: Roster, wanted: WantedSwap, by: By) -> tuple[Roster, Swap]:
    """Propose a swap; who proposes one of their own says yes to it. Proposed twice, it is one.

    Raises:
        ChangeRefusedError: It does not fit.
    """
    same = [swap for swap in roster.swaps if says(swap) == wanted]
    for swap in same:
        if swap.state is SwapState.PROPOSED:
            return roster, swap
    faults = list(swap_faults(roster, wanted, by.at))
    if sum(each.state is SwapState.PROPOSED for each in roster.swaps) >= MOST_SWAPS:
        faults.append(Fault(path="", wrong="too many swaps are open", allowed=f"{MOST_SWAPS}"))
    if faults:
        raise ChangeRefusedError(faults)
    proposer = by.person if by.person in {wanted.giver, wanted.taker} else None
    swap = Swap(
        id=uuid5(_SWAPS, f"{roster.organisation}/{wanted}/{by.at.isoformat()}"),
        given=wanted.given,
        giver=wanted.giver,
        taker=wanted.taker,
        returned=wanted.returned,
        consented=() if proposer is None else (proposer,),
        proposed_at=by.at,
        proposed_by=by.key,
    )
    return replace(roster, swaps=(*roster.swaps, swap)), swap


def consent(roster: Roster, id_: UUID, person: PersonCode, now: datetime) -> tuple[Roster, Swap]:
    """Say yes to a swap for oneself; with both yeses it holds, behind those agreed before.

    Raises:
        UnknownChangeError: There is no such swap, or it is not this person's.
        SettledError: It was refused.
        ChangeRefusedError: It fits the roster no more, or has begun.
    """
    swap = _find_swap(roster, id_)
    if person not in {swap.giver, swap.taker}:
        raise UnknownChangeError(str(id_))
    if swap.state is SwapState.REFUSED:
        raise SettledError("it was refused")
    if person in swap.consented:
        return roster, swap
    faults = list(swap_faults(roster, says(swap), now))
    if faults:
        raise ChangeRefusedError(faults)
    consented = (*swap.consented, person)
    state = SwapState.AGREED if len(consented) == 2 else SwapState.PROPOSED
    return _with_swap(roster, replace(swap, consented=consented, state=state))


def refuse_swap(
    roster: Roster, id_: UUID, person: PersonCode | None, now: datetime
) -> tuple[Roster, Swap]:
    """Say no to a swap that is proposed, or, as keeper, take one back that has not begun.

    Args:
        roster: The one it stands in.
        id_: Which.
        person: One of its two; None for whoever keeps the roster.
        now: Domain time.

    Raises:
        UnknownChangeError: There is no such swap, or it is not this person's.
        SettledError: It is agreed, and has begun or is not this person's alone to undo.
    """
    swap = _find_swap(roster, id_)
    if person is not None and person not in {swap.giver, swap.taker}:
        raise UnknownChangeError(str(id_))
    if swap.state is SwapState.REFUSED:
        return roster, swap
    if swap.state is SwapState.AGREED:
        if person is not None:
            raise SettledError("it is agreed: only whoever keeps the roster may take it back")
        if any(begin_of(roster, stand) <= now for stand in stands_of(swap)):
            raise SettledError("it was agreed and has begun")
    return _with_swap(roster, replace(swap, state=SwapState.REFUSED))


def says(swap: Swap) -> WantedSwap:
    """What a swap says, as it was wanted."""
    return WantedSwap(given=swap.given, giver=swap.giver, taker=swap.taker, returned=swap.returned)


def stands_of(swap: Swap) -> tuple[Stand, ...]:
    """The one or two shifts of a day it is about."""
    return (swap.given,) if swap.returned is None else (swap.given, swap.returned)


def _find_swap(roster: Roster, id_: UUID) -> Swap:
    for swap in roster.swaps:
        if swap.id == id_:
            return swap
    raise UnknownChangeError(str(id_))


def _with_swap(roster: Roster, swap: Swap) -> tuple[Roster, Swap]:
    """The roster with a swap as it is now, behind all others: in that order they are applied."""
    others = tuple(each for each in roster.swaps if each.id != swap.id)
    return replace(roster, swaps=(*others, swap)), swap


def begin_of(roster: Roster, stand: Stand) -> datetime:
    """When a stand begins; a day of a shift that is gone, by the clock of UTC."""
    shift = _find_shift(roster, stand.shift)
    if shift is None:
        return datetime.fromisoformat(f"{stand.day}T00:00:00+00:00")
    return hours_on(stand.day, shift.window, ZoneInfo(roster.time_zone))[0]


def _find_shift(roster: Roster, code: str) -> Shift | None:
    return next((shift for shift in roster.shifts if shift.code == code), None)


def swap_faults(roster: Roster, wanted: WantedSwap, now: datetime) -> Iterator[Fault]:
    """Everything that keeps a swap from being made now."""
    people = {person.code for person in roster.contacts}
    for name, person in (("giver", wanted.giver), ("taker", wanted.taker)):
        if person not in people:
            yield unknown_person(name, person)
    if wanted.giver == wanted.taker:
        yield Fault(path="taker", wrong="is the giver", allowed="somebody else")
    faults = partial(_stand_faults, roster, now=now)
    yield from faults(wanted.given, (wanted.giver, wanted.taker), path="given")
    if wanted.returned is not None:
        yield from faults(wanted.returned, (wanted.taker, wanted.giver), path="returned")
        if wanted.returned == wanted.given:
            yield Fault(path="returned", wrong="is what is given", allowed="another shift or day")


def _stand_faults(
    roster: Roster, stand: Stand, pair: tuple[PersonCode, PersonCode], *, path: str, now: datetime
) -> Iterator[Fault]:
    """What is wrong with one person's leaving a shift of a day to another."""
    leaves, comes = pair
    shift = _find_shift(roster, stand.shift)
    if shift is None:
        wrong = f"'{stand.shift}' is unknown"
        yield Fault(path=f"{path}.shift", wrong=wrong, allowed="the code of a shift")
        return
    if not stands(roster, shift, stand.day):
        wrong = f"'{stand.shift}' does not begin on {stand.day}"
        yield Fault(path=f"{path}.day", wrong=wrong, allowed="a day the shift begins on")
        return
    if begin_of(roster, stand) <= now:
        yield Fault(path=f"{path}.day", wrong="has begun", allowed="a shift that is still to come")
    on_it, _ = people_on(roster, shift, stand.day)
    if leaves not in on_it:
        wrong = f"'{leaves}' is not on '{stand.shift}' of {stand.day}"
        yield Fault(path=path, wrong=wrong, allowed="a shift that person is on")
    if comes in on_it:
        wrong = f"'{comes}' is on '{stand.shift}' of {stand.day} already"
        yield Fault(path=path, wrong=wrong, allowed="a shift that person is not on")
