"""What must hold between the parts of a roster: references, codes used once, shifts apart.

Empty codes are skipped: their absence was noted where they were read.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import combinations

from incident.directory.faults import Fault
from incident.roster.document import WEEKDAYS
from incident.roster.parts import DayKind, PersonCode, Roster, Shift, Window

_DAY = timedelta(days=1)
_WEEK = 7


def cross_faults(roster: Roster) -> Iterator[Fault]:
    """Everything wrong between parts that were each read without a fault."""
    people = {person.code for person in roster.contacts}
    yield from _repeated("contacts", (person.code for person in roster.contacts))
    yield from _repeated("posts", (post.code for post in roster.posts))
    yield from _repeated("shifts", (shift.code for shift in roster.shifts))
    filled = {shift.post for shift in roster.shifts}
    for position, post in enumerate(roster.posts):
        path = f"posts[{position}]"
        yield from _people_faults(f"{path}.last_resort", post.last_resort, people)
        if post.code and post.code not in filled:
            wrong = f"no shift fills '{post.code}'"
            yield Fault(path=path, wrong=wrong, allowed="at least one shift of each post")
    posts = {post.code for post in roster.posts}
    for position, shift in enumerate(roster.shifts):
        yield from _shift_faults(f"shifts[{position}]", shift, posts, people)
    yield from _overlaps(roster.shifts)


def unknown_person(path: str, code: str) -> Fault:
    """The fault of somebody named who is not among the contacts."""
    return Fault(path=path, wrong=f"'{code}' is unknown", allowed="the code of a contact")


def _repeated(name: str, codes: Iterable[str]) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for position, code in enumerate(codes):
        path = f"{name}[{position}].code"
        if code and first.setdefault(code, path) != path:
            wrong = f"'{code}' stands at {first[code]} too"
            yield Fault(path=path, wrong=wrong, allowed=f"a code no other of the {name} has")


def _people_faults(
    path: str, named: Iterable[PersonCode], people: set[PersonCode]
) -> Iterator[Fault]:
    seen: set[str] = set()
    for position, code in enumerate(named):
        if code and code not in people:
            yield unknown_person(f"{path}[{position}]", code)
        elif code and code in seen:
            wrong = f"'{code}' stands here twice"
            yield Fault(path=f"{path}[{position}]", wrong=wrong, allowed="each person once")
        seen.add(code)


def _shift_faults(
    path: str, shift: Shift, posts: set[str], people: set[PersonCode]
) -> Iterator[Fault]:
    if shift.post and shift.post not in posts:
        wrong = f"'{shift.post}' is unknown"
        yield Fault(path=f"{path}.post", wrong=wrong, allowed="the code of a post")
    if shift.last is not None and shift.last < shift.first:
        wrong = f"{shift.last} comes before the first day"
        yield Fault(path=f"{path}.last", wrong=wrong, allowed=f"{shift.first} or later")
    if not any(shift.turns):
        allowed = "at least one turn with somebody in it"
        yield Fault(path=f"{path}.turns", wrong="nobody is in any turn", allowed=allowed)
    for number, turn in enumerate(shift.turns):
        yield from _people_faults(f"{path}.turns[{number}]", turn, people)


def _overlaps(shifts: Iterable[Shift]) -> Iterator[Fault]:
    """Shifts of one post that may be on at once: then two would each think themselves alone."""
    by_post: dict[str, list[tuple[int, Shift]]] = {}
    for position, shift in enumerate(shifts):
        if shift.post and (shift.last is None or shift.first <= shift.last):
            by_post.setdefault(shift.post, []).append((position, shift))
    for listed in by_post.values():
        for (_, first), (position, second) in combinations(listed, 2):
            day = _first_overlap(first, second)
            if day is not None:
                wrong = f"overlaps '{first.code}' of the same post, on {day}"
                allowed = "shifts of a post that follow one another; people on together share one"
                yield Fault(path=f"shifts[{position}]", wrong=wrong, allowed=allowed)


def _first_overlap(first: Shift, second: Shift) -> date | None:
    """The first day `first` begins on and `second` overlaps it; None if they never do."""
    found = (
        day
        for offset in (-1, 0, 1)
        if _meet(first.window, second.window, offset)
        and (day := _common_day(first, second, offset)) is not None
    )
    return min(found, default=None)


def _meet(first: Window, second: Window, offset: int) -> bool:
    """Whether two windows share time where the second begins some days after the first."""
    if offset == 0 and {first.days, second.days} == {DayKind.WORKDAY, DayKind.HOLIDAY}:
        return False
    (a, b), (c, d) = _minutes(first, 0), _minutes(second, offset)
    return a < d and c < b


def _minutes(window: Window, offset: int) -> tuple[int, int]:
    start = window.start.hour * 60 + window.start.minute
    end = window.end.hour * 60 + window.end.minute
    after = offset * 1440
    return start + after, (end if end > start else end + 1440) + after


def _common_day(first: Shift, second: Shift, offset: int) -> date | None:
    """The first day on which one begins, while the other does `offset` days later."""
    begin = max(first.first, second.first - offset * _DAY)
    ends = [
        *([] if first.last is None else [first.last]),
        *([] if second.last is None else [second.last - offset * _DAY]),
    ]
    for number in range(_WEEK):
        day = begin + number * _DAY
        later = (day.weekday() + offset) % len(WEEKDAYS)
        fits = day.weekday() in first.window.weekdays and later in second.window.weekdays
        if fits and all(day <= end for end in ends):
            return day
    return None
