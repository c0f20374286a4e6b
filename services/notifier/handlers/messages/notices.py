"""What of that which the clocks said is for people, and what they were told of that is over.

A message holds codes alone. What a station wrote (its reference, category, details, a place that
the directory does not know) is never taken up.
"""

from dataclasses import dataclass
from datetime import datetime

from incident.directory import Lookup
from incident.ladder import is_over, rung_of, team_of
from incident.lifecycle import Incident
from incident.messages import StepDue
from incident.rung import Action, Rung, Whose
from services.notifier.ports import Atlas, Judged
from services.notifier.ports.messages import About

_STEP = "step/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A step that tells somebody, now due.

    Attributes:
        organisation: Whose post is told; empty for a team's members.
        of_team: It tells the members of a team, not a post.
        members: Those members, each with the organisation of the team.
        at: The domain moment it was said, for the roster.
        digest: It is told in a digest.
    """

    about: About
    post: str
    organisation: str
    of_team: bool
    members: tuple[tuple[str, str], ...]
    voice: bool
    digest: bool
    due_at: datetime
    at: datetime


def notices_of(judged: Judged, atlas: Atlas) -> list[Notice]:
    """Say which of the steps now due tell somebody, in the order they were due."""
    found = []
    for fact in judged.facts:
        if isinstance(fact.body, StepDue):
            rung = rung_of(judged.subject, fact.body.step)
            if rung is not None and _tells_people(rung):
                found.append(_notice(judged.subject, rung, fact.body, atlas))
    return sorted(found, key=lambda notice: notice.due_at)


def steps_over(judged: Judged) -> list[str]:
    """Name the steps that told somebody and whose cause is gone by what was now heard."""
    if judged.incident is None:
        return []
    incident = judged.incident
    said = [key.removeprefix(_STEP) for key in judged.known.announced if key.startswith(_STEP)]
    return sorted(
        step
        for step in said
        if (rung := rung_of(incident, step)) is not None
        if _tells_people(rung)
        if is_over(incident, step)
    )


def _tells_people(rung: Rung) -> bool:
    """Whether somebody hears of a step: one that names no post is a callback alone."""
    return rung.action is Action.NOTIFY and rung.post is not None


def about_of(incident: Incident, step: str, rung: str, atlas: Atlas) -> About:
    """Say what a message about a step tells: codes that the directory and the kinds know."""
    alert = incident.alert
    return About(
        incident=incident.id,
        step=step,
        rung=rung,
        number=short_number(incident),
        severity=incident.severity,
        status=alert.status,
        kind=alert.kind if alert.kind in atlas.kinds else "",
        place=_place(incident, atlas.lookup),
        center=incident.center,
        station=alert.station,
    )


def short_number(incident: Incident) -> str:
    """The number people tell one another: the first eight digits of the incident's id."""
    return incident.id.hex[:8].upper()


def _place(incident: Incident, lookup: Lookup | None) -> str:
    said = (incident.place, incident.alert.place.place, incident.alert.place.center)
    known = (code for code in said if code and lookup is not None and lookup.center_of(code))
    return next(known, incident.center)


def _notice(incident: Incident, rung: Rung, due: StepDue, atlas: Atlas) -> Notice:
    return Notice(
        about=about_of(incident, due.step, rung.code, atlas),
        post=rung.post or "",
        organisation=_organisation(incident, rung, atlas.lookup),
        of_team=rung.of is Whose.TEAM,
        members=_members(incident, due.step, atlas.lookup) if rung.of is Whose.TEAM else (),
        voice=rung.voice,
        digest=bool(rung.digest_unless) and incident.severity not in rung.digest_unless,
        due_at=due.due_at,
        at=due.fired_at,
    )


def _organisation(incident: Incident, rung: Rung, lookup: Lookup | None) -> str:
    if rung.of is Whose.PARK:
        return "" if lookup is None else lookup.directory.park.code
    return incident.alert.station if rung.of is Whose.STATION else incident.center


def _members(incident: Incident, step: str, lookup: Lookup | None) -> tuple[tuple[str, str], ...]:
    """The members of the team a step names, or else of all that are on it, each once."""
    if lookup is None:
        return ()
    named = team_of(step)
    teams = [entry.team for entry in incident.live_assignments] if named is None else [named]
    found = [lookup.teams[code] for code in teams if code in lookup.teams]
    members = ((team.organisation, member.code) for team in found for member in team.members)
    return tuple(dict.fromkeys(members))
