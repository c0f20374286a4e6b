"""Shifts at the desks of a center, and what the center is because of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid5

from incident.shift import Console, Shift, Sound, Standing
from services.dispatcher.access import CENTER_ROLES
from services.runtime.auth import Device, Principal

SESSION = "session:"
"""What the id of a person's session begins with; any other is an API key's."""

_CLIENTS = UUID("7d0c5e0e-2f0b-5d0e-8c61-115115115115")
"""Names programs that listen with a key and have no desk."""


class MostDesksError(Exception):
    """As many desks of the center are on shift as there may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A stream of a center that counts: a desk's, or that of a program of the center's own."""

    center: str
    desk: UUID
    client: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Manned:
    """The desks of a center at one moment.

    Attributes:
        consoles: Those on shift, in the order their shifts began.
    """

    center: str
    standing: Standing
    consoles: Sequence[Console] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """What a center was told to be last, and since when it is."""

    standing: Standing
    since: datetime


class Shifts(Protocol):
    """Where shifts are kept, and told to consoles, stations and everybody else."""

    async def begin(self, center: str, shift: Shift, *, key: str) -> Manned:
        """Begin a shift; the one at that desk before is ended.

        Args:
            center: Whose desk.
            shift: Who is there, from its `since` on.
            key: The key or session it began with.

        Raises:
            MostDesksError: There are too many already.
        """
        ...

    async def set_sound(self, center: str, desk: UUID, sound: Sound, *, now: datetime) -> Manned:
        """Keep whether a desk can be heard.

        Raises:
            DeskNotOnShift: Nobody is on shift there.
        """
        ...

    async def end(self, center: str, desk: UUID, *, by: str, now: datetime) -> Manned:
        """End the shift at a desk, if there is one."""
        ...

    async def read(self, center: str, *, now: datetime) -> Manned:
        """Give the desks of a center as they stand."""
        ...

    async def standings(self) -> Mapping[str, Lasting]:
        """Give what centers are; one that nobody ever sat at is left out."""
        ...


class Streams(Protocol):
    """Where it is kept which streams live, over all processes."""

    async def beat(self, living: Sequence[Stream]) -> None:
        """Say that these streams of this process live."""
        ...

    async def drop(self, gone: Sequence[Stream]) -> None:
        """Say that these streams of this process ended; those of dead processes go as well."""
        ...

    async def settle(self, *, now: datetime) -> list[str]:
        """Tell what centers are whose state changed by itself; gives those."""
        ...


def is_session(caller: Principal) -> bool:
    """Whether a person signed in calls, and not a program with a key."""
    return caller.key_id.startswith(SESSION)


def operator_of(caller: Principal, named: str | None) -> str:
    """Who a caller is: the person it is, or names, or its key where that is all that is known."""
    return caller.person or named or caller.key_id


def stream_of(caller: Principal, center: str, desk: UUID | None) -> Stream | None:
    """Say what a stream counts as.

    A desk's stream names it. A key's that names none is a program of the center's own, which
    confirms receipt by itself. Everybody else only looks: the park's people, a wall screen, and a
    page that named no desk.
    """
    if caller.role not in CENTER_ROLES or caller.organisation != center:
        return None
    if only_shows(caller):
        return None
    if desk is not None:
        return Stream(center=center, desk=desk, client=False)
    if is_session(caller):
        return None
    return Stream(center=center, desk=uuid5(_CLIENTS, caller.key_id), client=True)


def only_shows(caller: Principal) -> bool:
    """Whether a wall display calls: nobody sits there, so that it confirms nothing."""
    return caller.device is Device.WALL
