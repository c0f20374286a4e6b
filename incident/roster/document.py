"""A roster back as a plain document: contacts, posts and shifts, with addresses masked."""

from datetime import time

from incident.chain import JSON
from incident.roster.parts import Calendar, Person, Post, Roster, Shift, Window

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def to_document(roster: Roster) -> dict[str, JSON]:
    """The document `read_roster` reads the same roster from: each address by its mask.

    Overrides and swaps are no part of it; what stands at nothing is left out.
    """
    document: dict[str, JSON] = {
        "time_zone": roster.time_zone,
        "holidays": _holidays(roster.country, roster.days),
        "contacts": [_person(person) for person in roster.contacts],
        "posts": [_post(post) for post in roster.posts],
        "shifts": [_shift(shift) for shift in roster.shifts],
    }
    return document


def _holidays(country: str | None, days: Calendar) -> JSON:
    return {
        "country": country or "none",
        "free": [day.isoformat() for day in sorted(days.free)],
        "worked": [day.isoformat() for day in sorted(days.worked)],
    }


def _person(person: Person) -> JSON:
    return {
        "code": person.code,
        "name": person.name,
        "language": person.language.value,
        "channels": [
            {"type": channel.type.value, "masked": channel.masked} for channel in person.channels
        ],
    }


def _post(post: Post) -> JSON:
    entry: dict[str, JSON] = {
        "code": post.code,
        "name": {"zh": post.name_zh, "en": post.name_en},
        "needed": _window(post.needed),
        "last_resort": list(post.last_resort),
    }
    return entry if post.group is None else entry | {"group": post.group.value}


def _shift(shift: Shift) -> JSON:
    entry: dict[str, JSON] = {
        "code": shift.code,
        "post": shift.post,
        **_window(shift.window),
        "first": shift.first.isoformat(),
        "turns": [list(turn) for turn in shift.turns],
        "turn_days": shift.turn_days,
    }
    return entry if shift.last is None else entry | {"last": shift.last.isoformat()}


def _window(window: Window) -> dict[str, JSON]:
    return {
        "start": _time(window.start),
        "end": "24:00" if window.end == time(0) else _time(window.end),
        "weekdays": [WEEKDAYS[number] for number in window.weekdays],
        "days": window.days.value,
    }


def _time(at: time) -> str:
    return at.strftime("%H:%M")
