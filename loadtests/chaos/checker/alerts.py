"""Each promised alert is exactly one incident, as it was sent; no incident without its alert."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from incident.lifecycle import Incident
from loadtests.chaos.checker.findings import Finding, Wrong
from loadtests.chaos.checker.operations import Operation
from loadtests.chaos.checker.state import Json, State
from loadtests.chaos.history import Kind

OPENED, UPDATED = "incident.opened.v1", "incident.updated.v1"
CONFLICT = "incident.conflict_recorded.v1"
WITHDRAWN = frozenset({"incident.cancelled.v1", "incident.cancellation_refused.v1"})


def check_alerts(operations: Sequence[Operation], state: State) -> Iterator[Finding]:
    """Find alerts that were lost, doubled, altered or invented."""
    asked: dict[UUID, list[Operation]] = defaultdict(list)
    for operation in operations:
        if operation.what == "alert":
            asked[operation.id].append(operation)
    for id_, group in asked.items():
        yield from _check_asked(id_, group, state)
    yield from _check_doubled(state)
    for id_, incident in state.incidents.items():
        if id_ not in asked and UUID(_follows(state, id_) or str(id_)) not in asked:
            yield _found(Wrong.ALERT_INVENTED, id_, f"nobody sent {_reference(incident)}")


def check_changes(operations: Sequence[Operation], state: State) -> Iterator[Finding]:
    """Find updates and withdrawals that were promised and are not in their chains once."""
    beside: dict[str, list[Sequence[Json]]] = defaultdict(list)
    for id_, story in state.stories.items():
        if (first := _follows(state, id_)) is not None:
            beside[first].append(story)
    for operation in operations:
        if operation.what not in {"updates", "cancellation"}:
            continue
        stories = [state.stories.get(operation.id, ()), *beside.get(str(operation.id), ())]
        times = sum(_tells(event, operation) for story in stories for event in story)
        if operation.end is Kind.OK and times == 0:
            yield _found(Wrong.CHANGE_LOST, operation.id, f"{operation.name} left no event")
        elif times > 1:
            detail = f"{operation.name} left {times} events"
            yield _found(Wrong.CHANGE_DOUBLED, operation.id, detail)


def _tells(event: Json, operation: Operation) -> bool:
    if operation.what == "cancellation":
        return event["type"] in WITHDRAWN
    revision, body = operation.asked["body"]["revision"], event["body"]
    if event["type"] == OPENED:  # it came when the first had ended, and opened one beside it
        return bool(body.get("follows") and body["alert"]["revision"] == revision)
    return bool(event["type"] == UPDATED and body.get("revision") == revision)


def _follows(state: State, id_: UUID) -> str | None:
    """The incident beside which one was opened; None for one that an alert opened."""
    story = state.stories.get(id_)
    return story[0]["body"].get("follows") if story else None


def _check_asked(id_: UUID, group: Sequence[Operation], state: State) -> Iterator[Finding]:
    ends = {operation.end for operation in group}
    incident = state.incidents.get(id_)
    for operation in group:
        if operation.end is Kind.OK and operation.told["id"] != str(id_):
            detail = f"{operation.name} was promised under {operation.told['id']}"
            yield _found(Wrong.ALERT_ALTERED, id_, detail)
    if incident is None:
        if Kind.OK in ends:
            yield _found(Wrong.ALERT_LOST, id_, f"{group[0].name} was promised: no incident")
        return
    if ends == {Kind.FAIL}:
        yield _found(Wrong.ALERT_INVENTED, id_, f"{group[0].name} was refused")
    yield from _check_as_sent(id_, group[0].asked["alert"], state)
    if any(event["type"] == CONFLICT for event in state.stories.get(id_, ())):
        detail = f"{group[0].name} was taken for another one when it came again"
        yield _found(Wrong.ALERT_DOUBLED, id_, detail)


def _check_as_sent(id_: UUID, sent: Json, state: State) -> Iterator[Finding]:
    story = state.stories.get(id_)
    if not story or "alert" not in story[0]["body"]:
        return  # its chain is found broken elsewhere
    opened = story[0]["body"]
    kept = opened["alert"]
    pairs = {
        "reference": (sent["reference"], kept["reference"]),
        "severity": (sent["severity"], kept["severity"]),
        "kind": (sent["kind"], kept["kind"]),
        "status": (sent["status"], kept["status"]),
        "center": (sent["place"]["center"], opened["center"]),
        "revision": (sent["revision"], kept["revision"]),
    }
    for name, (was, is_) in pairs.items():
        if was != is_:
            detail = f"its {name} was sent as {was} and is kept as {is_}"
            yield _found(Wrong.ALERT_ALTERED, id_, detail)


def _check_doubled(state: State) -> Iterator[Finding]:
    by_reference: dict[str, list[UUID]] = defaultdict(list)
    for id_, incident in state.incidents.items():
        first = _follows(state, id_)
        if first is not None and state.stories[id_][0]["body"]["follows_as"] == "conflict":
            detail = f"was opened beside {first} for other content, and nobody sent any"
            yield _found(Wrong.ALERT_DOUBLED, id_, detail)
        elif first is None:
            by_reference[_reference(incident)].append(id_)
    for reference, ids in by_reference.items():
        if len(ids) > 1:
            also = ", ".join(map(str, ids))
            detail = f"the alert {reference} is {len(ids)} incidents: {also}"
            yield _found(Wrong.ALERT_DOUBLED, ids[0], detail)


def _reference(incident: Incident) -> str:
    alert = incident.alert
    return f"{alert.station}/{alert.reference.number}/{alert.reference.order}"


def _found(wrong: Wrong, id_: UUID, detail: str) -> Finding:
    return Finding(wrong=wrong, about=str(id_), detail=detail)
