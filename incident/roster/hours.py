"""Local hours of local days, as moments.

Where clocks are put forward, an hour that is left out begins and ends at the moment of the change;
where they are put back, the first of two equal times counts. So what ends at an hour ends just as
what begins at it begins, and time is never between two shifts that touch.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from incident.roster.parts import DayKind, Roster, Window

DAY = timedelta(days=1)
_SATURDAY = 5
_STEP = timedelta(microseconds=1)


def moment_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment of a local time, in UTC."""
    wall = datetime.combine(day, at)
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    return _change_before(moment, wall, zone)


def hours_on(day: date, window: Window, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of a window that begins on a day, and the first one after it."""
    last = day if window.end > window.start else day + DAY
    return moment_of(day, window.start, zone), moment_of(last, window.end, zone)


def begins_on(day: date, window: Window, roster: Roster) -> bool:
    """Whether a window begins on a day."""
    if day.weekday() not in window.weekdays:
        return False
    return window.days is DayKind.ANY or (window.days is DayKind.WORKDAY) == is_worked(day, roster)


def is_worked(day: date, roster: Roster) -> bool:
    """Whether a day is worked: by the organisation's own days, the public ones, the weekday."""
    for days in (roster.days, roster.calendar):
        if day in days.worked:
            return True
        if day in days.free:
            return False
    return day.weekday() < _SATURDAY


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The local day of a moment."""
    return at.astimezone(zone).date()


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from one to another, both included."""
    for number in range((last - first).days + 1):
        yield first + number * DAY


def _change_before(late: datetime, wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment clocks were put forward past a local time, which they never showed.

    Args:
        late: That time as if they had not been; it lies behind the change.
        wall: The time.
        zone: Whose clocks.
    """
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while late - early > _STEP:
        middle = early + (late - early) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            early = middle
        else:
            late = middle
    return late
