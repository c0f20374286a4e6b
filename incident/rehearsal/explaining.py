"""What a profile does, second by second, if nobody acts: a made-up incident is played through it.

Machines act as they would: the ladder sends made-up teams, and nobody of them answers. People have
acted at second 0 as far as the situation says, and not since.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from incident import events as e
from incident.alert import (
    Alert,
    Circumstances,
    IncidentId,
    OrganisationId,
    Place,
    Reference,
    Severity,
    Source,
    Status,
    TeamId,
    alert_id,
)
from incident.assignment import Candidate, Ranking, Reason
from incident.commands import Context
from incident.decisions.decide import begin, record
from incident.decisions.steps import Found, at_opening, bodies_of, find_due
from incident.directory import FunctionGroup, Team
from incident.events import Body
from incident.ladder import Step, plan
from incident.lifecycle import Incident
from incident.moments import Actor, ActorKind, Via
from incident.profile import Profile

SECOND_0 = datetime(2026, 1, 1, tzinfo=UTC)
LONGEST = timedelta(days=1)
HERE = OrganisationId("here")
FIRST = TeamId("team-1")
MACHINE = Actor(kind=ActorKind.MACHINE, id="ladder", role="machine", organisation=HERE)
PERSON = Actor(kind=ActorKind.PERSON, id="somebody", role="operator", organisation=HERE)


class Situation(StrEnum):
    """What people had done by second 0, the last thing they did."""

    NOTHING = "nothing"
    PUSHED = "pushed"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    RESOLVED = "resolved"
    UPDATED = "updated"
    OFFERED = "offered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The incident played.

    Attributes:
        console: The center has consoles.
        endpoint: It has a system of its own.
        late: The alert was old when it came.
        teams: How many teams the ladder finds, one after the other.
        police_required: As its kind says.
        circumstances: What it is about: weapons, injured, or a hazard.
    """

    severity: Severity
    source: Source = Source.STATION
    console: bool = True
    endpoint: bool = True
    late: bool = False
    teams: int = 3
    police_required: tuple[str, ...] = ()
    circumstances: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing the ladder does.

    Attributes:
        seconds: After second 0.
        step: The step.
        outcome: What comes of it, as the incident would say it; `team_assigned` where one is sent.
        team: The team sent, or concerned.
        at_once: It is not told in a digest.
    """

    seconds: float
    step: Step
    outcome: str
    team: TeamId | None
    at_once: bool


def explain(
    profile: Profile, about: About, *, situation: Situation = Situation.NOTHING
) -> tuple[Line, ...]:
    """Say what the ladder does from second 0 on, within a day, if nobody acts after it.

    Args:
        profile: The profile.
        about: The incident.
        situation: How far people had come by second 0.
    """
    opened = _opened(profile, about)
    asked = at_opening(opened)
    lines = list(_asked(opened, asked)) if situation is Situation.NOTHING else []
    present = _stand(_follow(opened, asked, SECOND_0, MACHINE), situation)
    now: datetime | None = SECOND_0
    while now is not None and now - SECOND_0 <= LONGEST:
        for step in plan(present, now=now).due:
            still = find_due(present, step.key, now=now)
            if still is None:  # an earlier step of this moment forestalled it
                continue
            bodies = bodies_of(present, still, _found(present, about))
            lines.append(_line(present, still, bodies[-1], now))
            present = _follow(present, bodies, now, MACHINE)
        now = plan(present, now=now).wake_at
    return tuple(lines)


def _opened(profile: Profile, about: About) -> Incident:
    reference = Reference(number="1", order="1")
    named = tuple(code for code in about.circumstances if code not in {"weapons", "injured"})
    known = Circumstances(
        weapons="weapons" in about.circumstances,
        injured=1 if "injured" in about.circumstances else None,
        hazards=named,
    )
    alert = Alert(
        id=IncidentId(alert_id(HERE, reference)),
        station=HERE,
        reference=reference,
        revision=1,
        kind="any",
        severity=about.severity,
        status=Status.ACTUAL,
        source=about.source,
        place=Place(),
        circumstances=known,
        fingerprint="",
        late=about.late,
        reported_at=None,
        received_at=SECOND_0,
    )
    opened = e.IncidentOpened(
        alert=alert,
        center=HERE,
        fallback=False,
        console=about.console,
        profile=profile,
        dispositions=(),
        police_required=about.police_required,
    )
    return begin(opened, context=_context(SECOND_0, MACHINE))[0]


def _stand(incident: Incident, situation: Situation) -> Incident:
    """The incident with all that people did by second 0."""
    assigned = e.TeamAssigned(assignment=1, team=FIRST, team_organisation=HERE)
    updated = e.IncidentUpdated(
        number=1, severity=incident.severity, circumstances=incident.circumstances, revision=2
    )
    arrived = (
        e.IncidentPushed(),
        e.IncidentAcknowledged(),
        assigned,
        e.TeamAccepted(assignment=1, team=FIRST),
        e.TeamDeparted(assignment=1, team=FIRST),
        e.TeamArrived(assignment=1, team=FIRST),
    )
    released = e.TeamReleased(assignment=1, team=FIRST, reason=e.EndReason.CANCELLED)
    done: dict[Situation, Sequence[Body]] = {
        Situation.NOTHING: (),
        Situation.PUSHED: arrived[:1],
        Situation.ACKNOWLEDGED: arrived[:2],
        Situation.ASSIGNED: arrived[:3],
        Situation.ACCEPTED: arrived[:4],
        Situation.EN_ROUTE: arrived[:5],
        Situation.ON_SCENE: arrived,
        Situation.RESOLVED: (*arrived, e.IncidentResolved(team=FIRST)),
        Situation.UPDATED: (*arrived, updated),
        Situation.OFFERED: (*arrived, e.HandoverOffered(to=HERE, reason="theirs")),
        Situation.CANCELLED: (*arrived[:5], e.IncidentCancelled(reason="mistake"), released),
    }
    return _follow(incident, done[situation], SECOND_0, PERSON)


def _asked(incident: Incident, asked: Sequence[Body]) -> Iterator[Line]:
    """Whom the opening itself asks."""
    for body in asked:
        if isinstance(body, e.StepTaken):
            step = find_due(incident, body.step, now=SECOND_0)
            assert step is not None  # noqa: S101  # it was taken because it was due
            yield _line(incident, step, body, SECOND_0)


def _found(incident: Incident, about: About) -> Found:
    """The next of the made-up teams, as long as there is one."""
    sent = len(incident.assignments)
    candidates = tuple(
        Candidate(team=_team(number), reasons=(Reason.OWN_CENTER,))
        for number in range(sent + 1, about.teams + 1)
    )
    ranking = Ranking(candidates=candidates, left_out=())
    return Found(ranking=ranking, has_endpoint=about.endpoint)


def _team(number: int) -> Team:
    return Team(
        code=TeamId(f"team-{number}"),
        name=f"{number}",
        organisation=HERE,
        function_group=FunctionGroup.DUTY_LINKAGE,
    )


def _follow(incident: Incident, bodies: Sequence[Body], now: datetime, actor: Actor) -> Incident:
    return record(incident, bodies, context=_context(now, actor))[0]


def _context(now: datetime, actor: Actor) -> Context:
    return Context(now=now, actor=actor, via=Via.AUTOMATIC)


def _line(incident: Incident, step: Step, body: Body, now: datetime) -> Line:
    assigned = isinstance(body, e.TeamAssigned)
    later = step.rung.digest_unless and incident.severity not in step.rung.digest_unless
    return Line(
        seconds=(now - SECOND_0).total_seconds(),
        step=step,
        outcome="team_assigned" if assigned else getattr(body, "outcome", ""),
        team=body.team if isinstance(body, e.TeamAssigned) else step.team,
        at_once=not later,
    )
