"""Which team to send: the teams ranked, with a reason for each, and for each that is not sent.

1. A team may be sent if it is of the incident's center, shared by the park, or of a neighbour
   center that agreed to it, of the wanted function group, on duty, not resting, on no incident,
   and has not declined this one in the present round.
2. Nearer goes first: fewer steps from the incident's place up to the first place that the
   team's base lies in too. Same building, then same enterprise, then same park. A team
   whose base is unknown goes last.
3. At the same distance the center's own team goes before a shared one, then the lower code.
4. A neighbour's team goes only where none of the center's own and the park's can, and what keeps
   each of those is said beside it. Among neighbours' teams rules 2 and 3 hold.

A team on another incident is busy whatever that incident's status. One on an exercise may be
sent to an actual incident by a person's explicit `divert`, which ends the earlier assignment;
automation never diverts, so here it is left out like any other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from incident.alert import IncidentId, OrganisationId, TeamId
from incident.directory import FunctionGroup, Lookup, Team
from incident.events import EndReason
from incident.lifecycle import Incident


class Reason(StrEnum):
    """What is known of a team that could be sent: where it waits, and whose it is."""

    SAME_BUILDING = "same_building"
    OTHER_BUILDING = "other_building"
    SAME_ENTERPRISE = "same_enterprise"
    SAME_PLACE = "same_place"
    FARTHER = "farther"
    BASE_UNKNOWN = "base_unknown"
    OWN_CENTER = "own_center"
    SHARED = "shared"
    NEIGHBOUR = "neighbour"


class LeftOutReason(StrEnum):
    """Why a team is not sent: up to `declined` it cannot be, after it another goes before it."""

    ALREADY_ASSIGNED = "already_assigned"
    OTHER_CENTER = "other_center"
    WRONG_GROUP = "wrong_group"
    OFF_DUTY = "off_duty"
    RESTING = "resting"
    BUSY = "busy"
    DECLINED = "declined"
    NEIGHBOUR = "neighbour"
    OTHER_BUILDING = "other_building"
    FARTHER = "farther"
    BASE_UNKNOWN = "base_unknown"
    SHARED = "shared"
    LATER_CODE = "later_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the ranking needs to know of an incident.

    Attributes:
        place: Its place in the tree; the root of the center's area stands in for None and for
            a place the directory does not know.
        assigned: The teams on it.
        declined: The teams that declined it in the present round.
    """

    incident: IncidentId
    center: OrganisationId
    place: str | None = None
    assigned: frozenset[TeamId] = frozenset()
    declined: frozenset[TeamId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A team that can be sent, with what is known of it."""

    team: Team
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A team that is not sent, and why."""

    team: Team
    reason: LeftOutReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The answer.

    Attributes:
        candidates: Every team that can be sent, best first; a person may take any of them.
        left_out: Every team but the best, those that can be sent first, in their order.
    """

    candidates: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def hindrances(self) -> tuple[str, ...]:
        """Why each that is left out is, as `team:reason`."""
        return tuple(f"{entry.team.code}:{entry.reason}" for entry in self.left_out)

    @property
    def passed_over(self) -> tuple[str, ...]:
        """Why those cannot go that would have gone before a neighbour's team, were it sent."""
        if not self.candidates or Reason.NEIGHBOUR not in self.candidates[0].reasons:
            return ()
        lender = self.candidates[0].team.organisation
        nearer = (entry for entry in self.left_out if entry.team.organisation != lender)
        return tuple(f"{entry.team.code}:{entry.reason}" for entry in nearer)


def scene_of(incident: Incident) -> Scene:
    """What the ranking needs to know of an incident."""
    declined = (
        entry.team
        for entry in incident.assignments
        if entry.end_reason is EndReason.DECLINED and entry.round == incident.round.number
    )
    return Scene(
        incident=incident.id,
        center=incident.center,
        place=incident.place,
        assigned=frozenset(entry.team for entry in incident.live_assignments),
        declined=frozenset(declined),
    )


def rank_teams(
    teams: Iterable[Team],
    *,
    scene: Scene,
    lookup: Lookup,
    engaged: Mapping[TeamId, IncidentId],
    now: datetime,
    wanted: FunctionGroup = FunctionGroup.DUTY_LINKAGE,
) -> Ranking:
    """Rank teams for an incident.

    Args:
        teams: Any teams; `lookup.teams_for(center)` are those worth asking about, and after them
            `lookup.teams_by_agreement(center)`.
        scene: The incident.
        lookup: The directory the places are looked up in.
        engaged: The incident each engaged team is on, actual or not.
        now: Tells which teams still rest.
        wanted: The function group to send.
    """
    able: list[_Standing] = []
    unable: list[LeftOut] = []
    way = _way_up(scene, lookup)
    for team in sorted(teams, key=lambda entry: entry.code):
        hindrances = _hindrances(team, scene=scene, lookup=lookup, engaged=engaged, now=now)
        hindrances[LeftOutReason.WRONG_GROUP] = team.function_group is not wanted
        reason = next((reason for reason in LeftOutReason if hindrances.get(reason)), None)
        if reason is None:
            able.append(_standing(team, center=scene.center, way=way, lookup=lookup))
        else:
            unable.append(LeftOut(team=team, reason=reason))
    able.sort(key=lambda entry: entry.order)
    behind = (LeftOut(team=entry.team, reason=_behind(entry, able[0])) for entry in able[1:])
    return Ranking(
        candidates=tuple(Candidate(team=entry.team, reasons=entry.reasons) for entry in able),
        left_out=(*behind, *unable),
    )


def choose(ranking: Ranking) -> Candidate | None:
    """The team to send, or None where none can be sent."""
    return ranking.candidates[0] if ranking.candidates else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """A team that can be sent, with what it is ranked by."""

    team: Team
    steps: int | None
    reasons: tuple[Reason, ...]

    @property
    def order(self) -> tuple[bool, bool, int, bool, TeamId]:
        return (
            Reason.NEIGHBOUR in self.reasons,
            self.steps is None,
            self.steps or 0,
            Reason.SHARED in self.reasons,
            self.team.code,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """The way from an incident's place up to the root, with the steps to each place on it."""

    steps: Mapping[str, int]
    building: str | None
    enterprise: str | None


def _way_up(scene: Scene, lookup: Lookup) -> _Way:
    place = scene.place
    if place not in lookup.places:
        center = lookup.centers.get(scene.center)
        place = None if center is None else center.place
    if place is None:
        return _Way(steps={}, building=None, enterprise=None)
    way = (place, *lookup.ancestors(place))
    return _Way(
        steps={code: steps for steps, code in enumerate(way)},
        building=lookup.building_of(place),
        enterprise=lookup.enterprise_of(place),
    )


def _hindrances(
    team: Team,
    *,
    scene: Scene,
    lookup: Lookup,
    engaged: Mapping[TeamId, IncidentId],
    now: datetime,
) -> dict[LeftOutReason, bool]:
    """What may keep a team from being sent, and whether it does."""
    own = (scene.center, lookup.directory.park.code, *lookup.neighbours_of(scene.center))
    on_this = team.code in scene.assigned or engaged.get(team.code) == scene.incident
    return {
        LeftOutReason.ALREADY_ASSIGNED: on_this,
        LeftOutReason.OTHER_CENTER: team.organisation not in own,
        LeftOutReason.OFF_DUTY: not team.on_duty,
        LeftOutReason.RESTING: team.resting_until is not None and now < team.resting_until,
        LeftOutReason.BUSY: team.code in engaged,
        LeftOutReason.DECLINED: team.code in scene.declined,
    }


def _standing(team: Team, *, center: OrganisationId, way: _Way, lookup: Lookup) -> _Standing:
    sources = {center: Reason.OWN_CENTER, lookup.directory.park.code: Reason.SHARED}
    whose = sources.get(team.organisation, Reason.NEIGHBOUR)
    if team.place is None:
        return _Standing(team=team, steps=None, reasons=(Reason.BASE_UNKNOWN, whose))
    above = (team.place, *lookup.ancestors(team.place))
    steps = next((way.steps[code] for code in above if code in way.steps), None)
    where = _where(team.place, steps=steps, way=way, lookup=lookup)
    return _Standing(team=team, steps=steps, reasons=(*where, whose))


def _where(place: str, *, steps: int | None, way: _Way, lookup: Lookup) -> tuple[Reason, ...]:
    """How a team's base lies to the incident's place, most telling first."""
    if steps is None:
        return (Reason.BASE_UNKNOWN,)  # what the directory does not know is not near anything
    building, enterprise = lookup.building_of(place), lookup.enterprise_of(place)
    if building is not None and building == way.building:
        return (Reason.SAME_BUILDING,)
    where = Reason.SAME_PLACE if steps == 0 else Reason.FARTHER
    if enterprise is not None and enterprise == way.enterprise:
        where = Reason.SAME_ENTERPRISE
    if None in (building, way.building):
        return (where,)
    return (Reason.OTHER_BUILDING, where)


def _behind(entry: _Standing, best: _Standing) -> LeftOutReason:
    """Why the best goes before another team that could be sent."""
    if Reason.NEIGHBOUR in entry.reasons and Reason.NEIGHBOUR not in best.reasons:
        return LeftOutReason.NEIGHBOUR
    if Reason.SAME_BUILDING in best.reasons and Reason.OTHER_BUILDING in entry.reasons:
        return LeftOutReason.OTHER_BUILDING
    if entry.steps != best.steps:
        return LeftOutReason.BASE_UNKNOWN if entry.steps is None else LeftOutReason.FARTHER
    if Reason.SHARED in entry.reasons and Reason.SHARED not in best.reasons:
        return LeftOutReason.SHARED
    return LeftOutReason.LATER_CODE
