"""Acts answered ok are in their incident's chain exactly once, refused ones nowhere."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from loadtests.chaos.callers import person
from loadtests.chaos.checker.findings import Finding, Wrong
from loadtests.chaos.checker.operations import Operation
from loadtests.chaos.checker.state import State
from loadtests.chaos.history import Kind

EVENTS = {
    "receipt": "incident.pushed.v1",
    "acknowledge": "incident.acknowledged.v1",
    "assign": "incident.team_assigned.v1",
    "accept": "incident.team_accepted.v1",
    "decline": "incident.team_declined.v1",
    "depart": "incident.team_departed.v1",
    "arrive": "incident.team_arrived.v1",
    "resolve": "incident.resolved.v1",
    "close": "incident.closed.v1",
}
"""The event of each verb that the load uses."""

_PERSON = re.compile(r"p-[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """An event that an act left. One act may leave several, in one piece."""

    incident: UUID
    version: int
    type: str
    recorded_at: str


def check_acts(operations: Sequence[Operation], state: State) -> Iterator[Finding]:
    """Find acts that were lost, doubled, invented, put out of order, or never answered."""
    traces = _traces(state)
    acts = {person(each.number): each for each in operations if each.what == "act"}
    for name, act in acts.items():
        yield from _check(act, traces.get(name, []))
    for name in traces.keys() - acts.keys():
        about = str(traces[name][0].incident)
        detail = f"an event names {name}, and nobody asked for it"
        yield Finding(wrong=Wrong.ACT_INVENTED, about=about, detail=detail)
    yield from _check_order(acts, traces)


def check_served(operations: Sequence[Operation]) -> Iterator[Finding]:
    """Find patient callers who were not answered in time."""
    for each in operations:
        if each.end is Kind.UNKNOWN and each.is_patient:
            why = each.told.get("why", "it has not ended")
            yield Finding(wrong=Wrong.UNSERVED, about=each.name, detail=str(why))


def _traces(state: State) -> dict[str, list[Trace]]:
    found: dict[str, list[Trace]] = defaultdict(list)
    for id_, story in state.stories.items():
        for event in story:
            name = event["actor"].get("person")
            if name is not None and _PERSON.fullmatch(name):
                trace = Trace(
                    incident=id_,
                    version=event["version"],
                    type=event["type"],
                    recorded_at=event["recorded_at"],
                )
                found[name].append(trace)
    return dict(found)


def _check(act: Operation, traces: Sequence[Trace]) -> Iterator[Finding]:
    expected = act.end is Kind.OK and bool(act.told["changed"])
    versions = [trace.version for trace in traces]
    if any(trace.incident != act.id for trace in traces):
        yield _found(Wrong.ACT_INVENTED, act, f"is in the chain of {traces[0].incident}")
    elif traces and not _is_one_piece(act, traces):
        yield _found(Wrong.ACT_DOUBLED, act, f"is in the chain as versions {versions}")
    elif expected and not traces:
        detail = f"was answered with version {act.told['version']} and left no event"
        yield _found(Wrong.ACT_LOST, act, detail)
    elif expected and versions[-1] != act.told["version"]:
        detail = f"was answered with version {act.told['version']} and is version {versions[-1]}"
        yield _found(Wrong.ACT_DISORDERED, act, detail)
    elif traces and act.end is Kind.FAIL:
        detail = f"was refused ({act.told.get('problem')}) and is version {versions[0]}"
        yield _found(Wrong.ACT_INVENTED, act, detail)
    elif traces and act.end is Kind.OK and not expected:
        yield _found(Wrong.ACT_INVENTED, act, f"said nothing new and is version {versions[0]}")


def _is_one_piece(act: Operation, traces: Sequence[Trace]) -> bool:
    """Whether the events are those of one act: its own once, side by side, recorded at once."""
    first = traces[0]
    if any(trace.recorded_at != first.recorded_at for trace in traces):
        return False
    versions = [trace.version for trace in traces]
    if versions != list(range(first.version, first.version + len(traces))):
        return False
    return [trace.type for trace in traces].count(EVENTS[act.asked["verb"]]) <= 1


def _check_order(
    acts: Mapping[str, Operation], traces: Mapping[str, Sequence[Trace]]
) -> Iterator[Finding]:
    """An act that had ended before another began stands before it."""
    by_incident: dict[UUID, list[tuple[int, Operation]]] = defaultdict(list)
    for name, act in acts.items():
        for trace in traces.get(name, ()):
            by_incident[trace.incident].append((trace.version, act))
    for done in by_incident.values():
        latest_began = float("-inf")
        for version, act in sorted(done, key=lambda pair: pair[0]):
            if _is_before(act, latest_began):
                detail = f"is version {version}, behind one begun after it had ended"
                yield _found(Wrong.ACT_DISORDERED, act, detail)
            latest_began = max(latest_began, act.began_at)


def _is_before(act: Operation, moment: float) -> bool:
    """Whether it was done by then; one that stayed unknown may be done later."""
    return act.end is Kind.OK and act.ended_at is not None and act.ended_at < moment


def _found(wrong: Wrong, act: Operation, detail: str) -> Finding:
    return Finding(wrong=wrong, about=act.name, detail=detail)
