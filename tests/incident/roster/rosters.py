"""Rosters to test with."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from incident.alert import OrganisationId
from incident.directory import Fault
from incident.roster import InvalidRosterError, Known, PersonCode, Roster, read_roster

CENTER = OrganisationId("heling")
SHANGHAI = ZoneInfo("Asia/Shanghai")
A, B, C, D = (PersonCode(code) for code in "abcd")

DOCUMENT: dict[str, Any] = {
    "contacts": [
        {
            "code": code,
            "name": f"人{code}",
            "channels": [{"type": "sms", "address": "000-0000-000"}],
        }
        for code in "abcd"
    ],
    "posts": [
        {"code": "operator", "name": {"zh": "值班员", "en": "Operator"}, "last_resort": ["d"]},
        {"code": "chief", "name": {"zh": "主任", "en": "Chief"}, "group": "duty-linkage"},
    ],
    "shifts": [
        {
            "code": "day",
            "post": "operator",
            "start": "08:00",
            "end": "20:00",
            "first": "2026-03-02",
            "turns": [["a"], ["b"]],
        },
        {
            "code": "night",
            "post": "operator",
            "start": "20:00",
            "end": "08:00",
            "first": "2026-03-02",
            "turns": [["b"], ["c"]],
        },
        {"code": "chief", "post": "chief", "first": "2026-03-02", "turns": [["d"]]},
    ],
}
"""A day and a night in turn from Monday, 2 March 2026 on; the chief is there all day."""


def document(**changes: object) -> dict[str, Any]:
    return deepcopy(DOCUMENT) | changes


def a_shift(**changes: object) -> dict[str, Any]:
    return {"code": "s", "post": "operator", "first": "2026-03-02", "turns": [["a"]], **changes}


def with_shifts(*shifts: dict[str, Any], **changes: object) -> Roster:
    """A roster whose operator's shifts these are."""
    return read(document(posts=[DOCUMENT["posts"][0]], shifts=list(shifts), **changes))


def read(given: object, known: Known | None = None) -> Roster:
    return read_roster(given, organisation=CENTER, version=1, known=known)


def faults(given: object, known: Known | None = None) -> dict[str, Fault]:
    """The faults of a document by their paths."""
    try:
        read(given, known)
    except InvalidRosterError as error:
        return {fault.path: fault for fault in error.faults}
    return {}


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of March 2026 in Shanghai."""
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)
