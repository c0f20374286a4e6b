"""The values a roster consists of: who can be reached how, which posts there are, who fills them.

A roster is one organisation's (a center's, the park's, a station's). Days and hours are local, by
its time zone; moments are aware UTC.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import NewType
from uuid import UUID

from incident.alert import OrganisationId
from incident.directory.parts import FunctionGroup

PersonCode = NewType("PersonCode", str)


class ChannelType(StrEnum):
    """By what a person is reached."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    EMAIL = "email"
    SMS = "sms"
    VOICE = "voice"
    WEBHOOK = "webhook"


class Language(StrEnum):
    """In which language a person is told."""

    ZH = "zh"
    EN = "en"


class DayKind(StrEnum):
    """On which days something holds."""

    ANY = "any"
    WORKDAY = "workday"
    HOLIDAY = "holiday"


class Why(StrEnum):
    """Why somebody is called.

    Attributes:
        MEMBER: As a member of a team that is at work.
        LAST_RESORT: Nobody is on duty; these are off duty and called all the same.
    """

    SHIFT = "shift"
    SWAP = "swap"
    OVERRIDE = "override"
    MEMBER = "member"
    LAST_RESORT = "last_resort"
    NOBODY = "nobody"


class SwapState(StrEnum):
    """What became of a swap."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way to reach a person.

    Attributes:
        masked: The address as it may be shown.
        address: The address itself; None where it is kept elsewhere.
    """

    type: ChannelType
    masked: str
    address: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person of the organisation; in the order of `channels` they are tried."""

    code: PersonCode
    name: str
    language: Language = Language.ZH
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Some hours of some days.

    Attributes:
        start: Local time.
        end: Local time; not after `start` means on the next day, equal to it a whole day.
        weekdays: 0 for Monday to 6 for Sunday, of the day it begins on.
        days: Which of these days.
    """

    start: time = time(0)
    end: time = time(0)
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    days: DayKind = DayKind.ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A duty post.

    Attributes:
        group: The function group it belongs to.
        needed: When somebody must be there; at other times nobody is missed.
        last_resort: Who is called, off duty, when nobody is on duty.
    """

    code: str
    name_zh: str
    name_en: str
    group: FunctionGroup | None = None
    needed: Window = Window()
    last_resort: tuple[PersonCode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Hours of a post, filled in turn.

    Attributes:
        first: The first day it begins on; the first turn begins with it.
        last: The last day it begins on; None for no end.
        turns: Who is on duty together, in their order; a turn of nobody is a gap.
        turn_days: For how many days a turn lasts, every day of the calendar counted.
    """

    code: str
    post: str
    window: Window
    first: date
    turns: tuple[tuple[PersonCode, ...], ...]
    last: date | None = None
    turn_days: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """One person's place: a shift on the day it begins."""

    shift: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """One person stands in for another, perhaps the other way round on another day.

    Attributes:
        id: Follows from what is swapped, and how often that was proposed.
        giver: Who gives `given` away.
        returned: What `giver` takes over from `taker` for it.
        consented: Who has said yes: it holds once both have.
        proposed_by: The id of the key it was proposed with.
    """

    id: UUID
    given: Stand
    giver: PersonCode
    taker: PersonCode
    returned: Stand | None = None
    state: SwapState = SwapState.PROPOSED
    consented: tuple[PersonCode, ...] = ()
    proposed_at: datetime
    proposed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What holds for a while, whatever the shifts say; of several the one made last.

    Attributes:
        id: Follows from what it says.
        until: The first moment it holds no more.
        people: Who is there; nobody only in place of one person.
        instead_of: The one person it replaces; None for whoever has the post.
        made_by: The id of the key it was made with.
    """

    id: UUID
    post: str
    since: datetime
    until: datetime
    people: tuple[PersonCode, ...]
    instead_of: PersonCode | None = None
    reason: str | None = None
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Which days are other than their weekday says.

    Attributes:
        free: Days off.
        worked: Days worked, such as a Saturday worked for a long holiday.
    """

    free: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The whole roster of an organisation, in one version.

    Attributes:
        version: One more for each change of anything in it; 0 before the first.
        time_zone: IANA name of the zone its days and hours are local to.
        country: Whose public holidays count, as ISO 3166; None for none.
        days: Its own days off and days worked; they go before the public ones.
        calendar: The public days; none until they are given.
    """

    organisation: OrganisationId
    version: int
    time_zone: str
    country: str | None
    contacts: tuple[Person, ...]
    posts: tuple[Post, ...]
    shifts: tuple[Shift, ...]
    days: Calendar = Calendar()
    overrides: tuple[Override, ...] = ()
    swaps: tuple[Swap, ...] = ()
    calendar: Calendar = Calendar()


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Who is to be called for a post, and why they."""

    people: tuple[PersonCode, ...]
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time in which a post that needs somebody has nobody on duty.

    Attributes:
        until: The first moment at which somebody is there again, or that was asked about no more.
        last_resort: Who would be called all the same.
    """

    post: str
    since: datetime
    until: datetime
    last_resort: tuple[PersonCode, ...]
