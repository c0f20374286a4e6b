"""Who is on duty at a post, and when nobody is.

Overrides go before swaps, swaps before shifts. Only where all of them name nobody is the post's
last resort called, and the answer says so.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from incident.roster.hours import DAY, begins_on, days_between, hours_on, local_day
from incident.roster.parts import (
    Duty,
    Gap,
    Override,
    PersonCode,
    Post,
    Roster,
    Shift,
    Stand,
    SwapState,
    Why,
)

LONGEST_SPAN = 31 * DAY
"""Of what gaps are asked about."""

NOBODY = Duty(people=(), why=Why.NOBODY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Who stands on a shift that begins on a day."""

    since: datetime
    until: datetime
    people: tuple[PersonCode, ...]
    swapped: bool


def on_duty(roster: Roster, post: str, at: datetime) -> Duty:
    """Say who is to be called for a post.

    Args:
        roster: Of the organisation whose post it is.
        post: Its code; of one that is unknown there is nobody.
        at: The moment, aware.
    """
    known = find_post(roster, post)
    if known is None:
        return NOBODY
    today = local_day(at, ZoneInfo(roster.time_zone))
    turns = list(turns_of(roster, post, first=today - DAY, last=today))
    overrides = [each for each in roster.overrides if each.post == post]
    found = _at(at, turns, overrides)
    if found.people or not known.last_resort:
        return found
    return Duty(people=known.last_resort, why=Why.LAST_RESORT)


def gaps(roster: Roster, since: datetime, until: datetime) -> tuple[Gap, ...]:
    """Name the times in which a post that needs somebody has nobody on duty, the first ones first.

    Args:
        roster: Whose posts.
        since: The first moment asked about, aware.
        until: The first one that is not; at most 31 days later.

    Raises:
        ValueError: It is asked about a longer time.
    """
    if until - since > LONGEST_SPAN:
        raise ValueError("gaps are told of 31 days at once")
    found = [gap for post in roster.posts for gap in _gaps_of(roster, post, since, until)]
    return tuple(sorted(found, key=lambda gap: (gap.since, gap.post)))


def find_post(roster: Roster, code: str) -> Post | None:
    """The post of a code."""
    return next((post for post in roster.posts if post.code == code), None)


def people_on(roster: Roster, shift: Shift, day: date) -> tuple[tuple[PersonCode, ...], bool]:
    """Who stands on a shift that begins on a day, and whether a swap has a part in it."""
    number = (day - shift.first).days // shift.turn_days % len(shift.turns)
    people, swapped = shift.turns[number], False
    stand = Stand(shift=shift.code, day=day)
    for swap in roster.swaps:
        if swap.state is not SwapState.AGREED:
            continue
        for which, leaves, comes in (
            (swap.given, swap.giver, swap.taker),
            (swap.returned, swap.taker, swap.giver),
        ):
            if which == stand and leaves in people:
                people, swapped = _replaced(people, leaves, (comes,)), True
    return people, swapped


def stands(roster: Roster, shift: Shift, day: date) -> bool:
    """Whether a shift begins on a day at all."""
    within = shift.first <= day and (shift.last is None or day <= shift.last)
    return within and begins_on(day, shift.window, roster)


def turns_of(roster: Roster, post: str, *, first: date, last: date) -> Iterator[Turn]:
    """The turns of a post that begin on the days from `first` to `last`."""
    zone = ZoneInfo(roster.time_zone)
    for shift in roster.shifts:
        if shift.post != post:
            continue
        for day in days_between(first, last):
            if stands(roster, shift, day):
                since, until = hours_on(day, shift.window, zone)
                people, swapped = people_on(roster, shift, day)
                yield Turn(since=since, until=until, people=people, swapped=swapped)


def _at(at: datetime, turns: Iterable[Turn], overrides: Iterable[Override]) -> Duty:
    """Who is there by shifts, swaps and overrides alone."""
    now = [turn for turn in turns if turn.since <= at < turn.until]
    people = tuple(dict.fromkeys(person for turn in now for person in turn.people))
    why = Why.SWAP if any(turn.swapped for turn in now) else Why.SHIFT
    for override in overrides:
        if not override.since <= at < override.until:
            continue
        if override.instead_of is None:
            people, why = override.people, Why.OVERRIDE
        elif override.instead_of in people:
            people, why = _replaced(people, override.instead_of, override.people), Why.OVERRIDE
    return Duty(people=people, why=why) if people else NOBODY


def _replaced(
    people: tuple[PersonCode, ...], leaves: PersonCode, comes: tuple[PersonCode, ...]
) -> tuple[PersonCode, ...]:
    place = people.index(leaves)
    return tuple(dict.fromkeys((*people[:place], *comes, *people[place + 1 :])))


def _gaps_of(roster: Roster, post: Post, since: datetime, until: datetime) -> Iterator[Gap]:
    """The gaps of a post: each stretch between two changes is looked at once, and neighbours join.

    Turns are walked along with time, so that a long list of them is read once.
    """
    begun: datetime | None = None
    for start, missed in _stretches(roster, post, since, until):
        if missed and begun is None:
            begun = start
        if not missed and begun is not None:
            yield Gap(post=post.code, since=begun, until=start, last_resort=post.last_resort)
            begun = None
    if begun is not None:
        yield Gap(post=post.code, since=begun, until=until, last_resort=post.last_resort)


def _stretches(
    roster: Roster, post: Post, since: datetime, until: datetime
) -> Iterator[tuple[datetime, bool]]:
    """Each moment at which anything about a post changes, and whether somebody is missed then."""
    zone = ZoneInfo(roster.time_zone)
    first, last = local_day(since, zone) - DAY, local_day(until, zone)
    turns = sorted(turns_of(roster, post.code, first=first, last=last), key=lambda turn: turn.since)
    overrides = [each for each in roster.overrides if each.post == post.code]
    needed = [
        hours_on(day, post.needed, zone)
        for day in days_between(first, last)
        if begins_on(day, post.needed, roster)
    ]
    spans = [
        *needed,
        *((turn.since, turn.until) for turn in turns),
        *((override.since, override.until) for override in overrides),
    ]
    changes = {since, *(moment for span in spans for moment in span if since < moment < until)}
    turning, asked = _Along([(turn.since, turn.until) for turn in turns]), _Along(needed)
    for start in sorted(changes):
        now = [turns[number] for number in turning.at(start)]
        yield start, bool(asked.at(start)) and not _at(start, now, overrides).people


class _Along:
    """Which of some spans, in the order they begin, hold at moments that only go on."""

    def __init__(self, spans: Sequence[tuple[datetime, datetime]]) -> None:
        self._spans = spans
        self._next = 0
        self._open: list[int] = []

    def at(self, moment: datetime) -> list[int]:
        """The numbers of the spans that hold at a moment."""
        while self._next < len(self._spans) and self._spans[self._next][0] <= moment:
            self._open.append(self._next)
            self._next += 1
        self._open = [number for number in self._open if moment < self._spans[number][1]]
        return self._open
