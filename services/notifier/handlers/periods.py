"""Which days, which week, and until when what was recorded is sure to be there."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from incident.figures.bulletin import Period
from services.notifier.handlers.digesting import SETTLE_SECONDS
from services.notifier.handlers.figures import days_as_moments

WEEK = timedelta(days=7)
YEAR = timedelta(days=364)
"""The week a year before: 52 weeks, so that Monday stands beside Monday."""

ISSUED = time(9)
"""A week's bulletin is issued at nine on the Monday after; what is recorded later corrects it."""

_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")


class NoSuchWeekError(ValueError):
    """It is no week of the calendar; the message says what one looks like."""


def week_of(text: str) -> date:
    """The Monday of an ISO week such as `2026-W10`.

    Raises:
        NoSuchWeekError: It is none, or lies before 2000 or after 2998.
    """
    form = _WEEK.fullmatch(text)
    try:
        monday = date.fromisocalendar(int(form[1]), int(form[2]), 1) if form else None
    except ValueError:
        monday = None
    if monday is None or not date(2001, 1, 1) <= monday <= date(2998, 12, 31):
        raise NoSuchWeekError("must be an ISO week of the years 2001 to 2998, such as 2026-W10")
    return monday


def period_of(since: date, until: date, zone: ZoneInfo) -> Period:
    """Days, both included, as a period."""
    first, end = days_as_moments(since, until, zone)
    return Period(since=first, until=end, days=(until - since).days + 1)


def week_from(monday: date, zone: ZoneInfo) -> Period:
    """The seven days from a Monday on."""
    return period_of(monday, monday + WEEK - timedelta(days=1), zone)


def issue_of(monday: date, zone: ZoneInfo) -> datetime:
    """When the bulletin of the week from a Monday on is issued."""
    return datetime.combine(monday + WEEK, ISSUED, zone).astimezone(UTC)


def settled_at(now: datetime, *, factor: float) -> datetime:
    """The last full second by which all that was recorded is sure to be there.

    Args:
        now: Domain time.
        factor: Domain seconds in a real second.
    """
    return (now - timedelta(seconds=SETTLE_SECONDS * factor)).replace(microsecond=0)
