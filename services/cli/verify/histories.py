"""Checks that the events of each incident lead to the state that is kept of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from incident.lifecycle import Incident
from incident.replay import apply
from services.cli.verify.archive import INCIDENTS, Record
from services.cli.verify.chains import Chains
from services.cli.verify.findings import Finding, Kind
from services.runtime import codec, eventlog

NOT_KEPT = frozenset({"profile", "allowed", "legs"})
"""What only one of the two has: the frozen profile, and the verbs that follow from the state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """Incidents rebuilt from their events, and what stood in the way of the others."""

    incidents: Mapping[UUID, Incident]
    findings: tuple[Finding, ...]


def replay_all(chains: Chains) -> Replayed:
    """Rebuild every incident from its events."""
    incidents: dict[UUID, Incident] = {}
    findings: list[Finding] = []
    for id_, chain in chains.items():
        found = _replay(id_, chain)
        if isinstance(found, Finding):
            findings.append(found)
        else:
            incidents[id_] = found
    return Replayed(incidents=incidents, findings=tuple(findings))


def check_states(
    replayed: Mapping[UUID, Incident], states: Sequence[Mapping[str, Any]]
) -> Iterator[Finding]:
    """Find states that are not what the events lead to, and those on one side only."""
    kept = {str(state.get("id")): state for state in states}
    for id_, incident in replayed.items():
        state = kept.get(str(id_))
        if state is None:
            yield _finding(id_, incident.version, "its state is missing")
            continue
        fields = list(_differences(codec.to_builtins(incident), state, path=""))
        if fields:
            detail = f"its events lead to another state; different are {', '.join(fields[:5])}"
            yield _finding(id_, incident.version, detail)
    known = {str(id_) for id_ in replayed}
    for text in kept.keys() - known:
        detail = f"there is a state of {text} and no history that leads to it"
        yield Finding(kind=Kind.STATE, where=INCIDENTS, incident=_id(text), detail=detail)


def _replay(id_: UUID, chain: Sequence[Record]) -> Incident | Finding:
    incident: Incident | None = None
    for record in chain:
        try:
            incident = apply(incident, eventlog.from_text(record.text))
        except Exception as error:  # noqa: BLE001  # whatever a forged text leads to is a finding
            return Finding(
                kind=Kind.HISTORY,
                where=INCIDENTS,
                incident=id_,
                version=record.version,
                detail=str(error) or type(error).__name__,
            )
    assert incident is not None  # noqa: S101  # a chain has a record
    return incident


def _differences(one: object, other: object, *, path: str) -> Iterator[str]:
    """The paths at which two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, Mapping):
        for name in sorted({*one, *other}):
            if path or name not in NOT_KEPT:
                deeper = f"{path}.{name}" if path else name
                yield from _differences(one.get(name), other.get(name), path=deeper)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differences(left, right, path=f"{path}[{place}]")
    elif one != other:
        yield path


def _finding(id_: UUID, version: int, detail: str) -> Finding:
    return Finding(kind=Kind.STATE, where=INCIDENTS, incident=id_, version=version, detail=detail)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
