"""Overrides: what holds at a post for a while, whatever the shifts say.

Whoever keeps the roster needs nobody's consent for one; it says who made it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from incident.directory.faults import Fault
from incident.roster.changes import By, ChangeRefusedError, UnknownChangeError
from incident.roster.checks import unknown_person
from incident.roster.duty import find_post
from incident.roster.parts import Override, PersonCode, Roster
from incident.roster.reading import MOST_PEOPLE

MOST_OVERRIDES = 200
LONGEST_OVERRIDE = timedelta(days=92)

_OVERRIDES = UUID("b1f0a9d4-3c57-5e0b-8d26-64c1e8f7a2b3")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedOverride:
    """An override to be made; the attributes are those of `Override`."""

    post: str
    since: datetime
    until: datetime
    people: tuple[PersonCode, ...]
    instead_of: PersonCode | None = None
    reason: str | None = None


def add_override(roster: Roster, wanted: WantedOverride, by: By) -> tuple[Roster, Override]:
    """Put somebody on a post for a while; made twice, it is one.

    Raises:
        ChangeRefusedError: It does not fit.
    """
    said = (wanted.post, wanted.since, wanted.until, wanted.people, wanted.instead_of)
    id_ = uuid5(_OVERRIDES, f"{roster.organisation}/{said}")
    for override in roster.overrides:
        if override.id == id_:
            return roster, override
    faults = [*override_faults(roster, wanted), *_span_faults(wanted, by.at)]
    if len(roster.overrides) >= MOST_OVERRIDES:
        faults.append(Fault(path="", wrong="there are too many", allowed=f"{MOST_OVERRIDES}"))
    if faults:
        raise ChangeRefusedError(faults)
    override = Override(
        id=id_,
        post=wanted.post,
        since=wanted.since,
        until=wanted.until,
        people=wanted.people,
        instead_of=wanted.instead_of,
        reason=wanted.reason,
        made_at=by.at,
        made_by=by.key,
    )
    return replace(roster, overrides=(*roster.overrides, override)), override


def drop_override(roster: Roster, id_: UUID) -> Roster:
    """Take an override back.

    Raises:
        UnknownChangeError: There is no such override.
    """
    left = tuple(override for override in roster.overrides if override.id != id_)
    if len(left) == len(roster.overrides):
        raise UnknownChangeError(str(id_))
    return replace(roster, overrides=left)


def override_faults(roster: Roster, wanted: WantedOverride | Override) -> Iterator[Fault]:
    """Everything of an override that does not fit a roster, whenever it holds."""
    people = {person.code for person in roster.contacts}
    if find_post(roster, wanted.post) is None:
        wrong = f"'{wanted.post}' is unknown"
        yield Fault(path="post", wrong=wrong, allowed="the code of a post")
    for position, person in enumerate(wanted.people):
        if person not in people:
            yield unknown_person(f"people[{position}]", person)
    if wanted.instead_of is not None and wanted.instead_of not in people:
        yield unknown_person("instead_of", wanted.instead_of)
    if not wanted.people and wanted.instead_of is None:
        allowed = "at least one person, or whom nobody stands in for"
        yield Fault(path="people", wrong="names nobody", allowed=allowed)
    if len(wanted.people) > MOST_PEOPLE or len(set(wanted.people)) < len(wanted.people):
        allowed = f"at most {MOST_PEOPLE}, each person once"
        yield Fault(path="people", wrong="names too many, or one twice", allowed=allowed)


def _span_faults(wanted: WantedOverride, now: datetime) -> Iterator[Fault]:
    if wanted.until <= wanted.since:
        yield Fault(path="until", wrong="does not come after since", allowed="a later moment")
    elif wanted.until <= now:
        yield Fault(path="until", wrong="is over", allowed="a moment to come")
    if wanted.until - wanted.since > LONGEST_OVERRIDE:
        allowed = f"at most {LONGEST_OVERRIDE.days} days after since"
        yield Fault(path="until", wrong="is too far off", allowed=allowed)
