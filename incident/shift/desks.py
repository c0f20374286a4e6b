"""The states of a desk, and what a center is because of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from incident.errors import DeskNotOnShift, DeskSilent

LONGEST_SHIFT = timedelta(hours=16)
"""After so long a shift that nobody ended counts no more."""

MOST_DESKS = 50
"""Desks of one center that may be on shift at once."""


class Sound(StrEnum):
    """Whether a console can be heard: on, turned off by hand, or held back by the browser."""

    ON = "on"
    SILENT = "silent"
    BLOCKED = "blocked"


class Checked(StrEnum):
    """What came of the sound test: the operator heard it, or began the shift without."""

    HEARD = "heard"
    OVERRIDDEN = "overridden"


class DeskState(StrEnum):
    """What a desk on shift is; only a ready one confirms receipt."""

    READY = "ready"
    SILENT = "silent"
    BLOCKED = "blocked"
    AWAY = "away"
    LOST = "lost"


class CenterState(StrEnum):
    """What a center is to those who send to it."""

    ONLINE = "online"
    SILENT = "silent"
    AWAY = "away"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """An operator on shift at a desk.

    Attributes:
        desk: The console, by the id its browser made.
        operator: The person's code, or the key's id where that is all that is known.
        until: When it counts no more, if nobody ended it.
        checked: What came of the sound test it began with.
        reason: Why it began without one.
    """

    desk: UUID
    operator: str
    since: datetime
    until: datetime
    sound: Sound
    checked: Checked
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """A desk with its shift.

    Attributes:
        connected: Its stream lives.
        away: Its operator said to be away.
    """

    shift: Shift
    connected: bool
    away: bool

    @property
    def state(self) -> DeskState:
        """What it is: lost without a stream, whatever was said there before."""
        if not self.connected:
            return DeskState.LOST
        if self.away:
            return DeskState.AWAY
        return _OF_SOUND[self.shift.sound]


_OF_SOUND = {
    Sound.ON: DeskState.READY,
    Sound.SILENT: DeskState.SILENT,
    Sound.BLOCKED: DeskState.BLOCKED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a center is, and by how many; nothing personal.

    Attributes:
        on_shift: Desks with an operator on shift.
        connected: Those of them whose stream lives.
        audible: Those of them whose sound is on.
        away: Those of them whose operator is away.
        clients: Programs of the center's own that listen with a key and name no desk.
    """

    state: CenterState
    on_shift: int = 0
    connected: int = 0
    audible: int = 0
    away: int = 0
    clients: int = 0


def standing_of(consoles: Collection[Console], *, clients: int) -> Standing:
    """Say what a center is.

    Args:
        consoles: Its desks on shift.
        clients: How many programs of its own listen; they confirm receipt by themselves.
    """
    connected = [console for console in consoles if console.connected]
    return Standing(
        state=_state(connected, clients=clients),
        on_shift=len(consoles),
        connected=len(connected),
        audible=sum(console.shift.sound is Sound.ON for console in connected),
        away=sum(console.away for console in connected),
        clients=clients,
    )


def _state(connected: Collection[Console], *, clients: int) -> CenterState:
    states = {console.state for console in connected}
    if clients or DeskState.READY in states:
        return CenterState.ONLINE
    if not states:
        return CenterState.OFFLINE
    return CenterState.AWAY if states == {DeskState.AWAY} else CenterState.SILENT


def check_receipt(console: Console | None, *, person: str | None) -> None:
    """Let a desk confirm receipt.

    Args:
        console: The desk named; None where nobody is on shift.
        person: Whose the key is, where that is known: it must be the operator's.

    Raises:
        DeskNotOnShift: Nobody is on shift there, or another, or away, or its stream is gone.
        DeskSilent: Its sound is not on.
    """
    if console is None:
        raise DeskNotOnShift("nobody is on shift at this desk; begin a shift first")
    if person is not None and person != console.shift.operator:
        raise DeskNotOnShift("another operator is on shift at this desk; begin a shift first")
    if console.state is DeskState.LOST:
        raise DeskNotOnShift("this desk has no live stream, so that nobody was shown anything")
    if console.state is DeskState.AWAY:
        raise DeskNotOnShift("the operator of this desk is away")
    if console.state is not DeskState.READY:
        raise DeskSilent("the sound of this desk is not on")
