"""No team is on two incidents, now or at any moment its phone was told of."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

from loadtests.chaos.checker.findings import Finding, Wrong
from loadtests.chaos.checker.state import State
from loadtests.chaos.history import Kind, Line

ASSIGNED = "incident.team_assigned.v1"


def check_teams(state: State) -> Iterator[Finding]:
    """Find teams that are on two incidents."""
    live: dict[str, list[UUID]] = defaultdict(list)
    for incident in state.incidents.values():
        for assignment in incident.live_assignments:
            live[assignment.team].append(incident.id)
    for team, ids in live.items():
        if len(ids) > 1:
            yield _found(team, "is on " + ", ".join(map(str, ids)))
    yield from _check_engaged(state)


def check_stints(lines: Iterable[Line]) -> Iterator[Finding]:
    """Find teams that were on two incidents at once, from what their phones were told.

    A phone is told only of incidents its team is on, in the order in which all was kept. So it
    hears of one incident after another; of one it had heard of before only if it is assigned anew.
    Clocks are not asked: one may have jumped.
    """
    present: dict[str, str] = {}
    earlier: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        if line.kind is not Kind.FRAME or not line.who.startswith("team:"):
            continue
        incident: str | None = line.said.get("incident")
        if incident is None or present.get(line.who) == incident:
            continue
        if incident in earlier[line.who] and line.what != ASSIGNED:
            detail = f"heard of {incident} again while it was on {present[line.who]}"
            yield _found(line.who.removeprefix("team:"), detail)
        present[line.who] = incident
        earlier[line.who].add(incident)


def _check_engaged(state: State) -> Iterator[Finding]:
    """What is kept of engaged teams beside the incidents says the same as they."""
    kept = Counter(state.engaged)
    told: Counter[tuple[str, UUID]] = Counter(
        (str(assignment.team), incident.id)
        for incident in state.incidents.values()
        for assignment in incident.live_assignments
    )
    for team, id_ in (kept - told) + (told - kept):
        detail = f"is kept {kept[team, id_]} times as on {id_}, its chain says {told[team, id_]}"
        yield _found(team, detail)


def _found(team: str, detail: str) -> Finding:
    return Finding(wrong=Wrong.TEAM_TWICE, about=team, detail=detail)
