"""Which teams an operator sends, from a look at the board: ranked as the service itself does."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from incident.alert import IncidentId, OrganisationId, Severity, TeamId
from incident.assignment import Scene, rank_teams
from incident.directory import Lookup
from services.cli.demo.case import ON_THE_WAY, Case

Board = Mapping[str, Any]
"""The answer of `GET /v1/centers/{id}/board`."""


def choose_teams(
    case: Case, board: Board, *, park: Lookup, diverts: bool, now: datetime
) -> dict[str, Any] | None:
    """Return the body of an assignment; None where nobody can be sent now.

    Args:
        case: For which incident.
        board: What the center's console shows.
        park: The park.
        diverts: Also take a team of the center that is on its way to something less urgent.
        now: Tells which teams still rest.
    """
    engaged = {
        TeamId(team["code"]): IncidentId(team["incident"])
        for team in board["teams"]
        if team["incident"] is not None
    }
    ranking = rank_teams(
        park.teams_for(case.center), scene=_scene(case), lookup=park, engaged=engaged, now=now
    )
    teams = [entry.team.code for entry in ranking.candidates[:1]]
    if diverts:
        teams += _less_urgent(case, board["incidents"])[:1]
    return {"teams": teams, "divert": diverts} if teams else None


def _scene(case: Case) -> Scene:
    declined = (entry["team"] for entry in case.teams if entry["end_reason"] == "declined")
    return Scene(
        incident=IncidentId(case.id),
        center=OrganisationId(case.center),
        place=case.state["place"],
        assigned=frozenset(entry["team"] for entry in case.live_teams),
        declined=frozenset(declined),
    )


def _less_urgent(case: Case, incidents: Sequence[Mapping[str, Any]]) -> list[TeamId]:
    """The teams on their way to an incident of the same center that is less urgent."""
    own = Severity(case.state["severity"]).rank
    return [
        TeamId(entry["team"])
        for other in map(Case, incidents)
        if other.is_whole and other.id != case.id and Severity(other.state["severity"]).rank > own
        for entry in other.live_teams
        if entry["state"] in ON_THE_WAY
    ]
