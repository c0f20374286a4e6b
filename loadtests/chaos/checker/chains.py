"""Every chain is whole up to its head, and replaying it gives what is stored."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from incident.chain import Entry, Head, check_chain
from incident.lifecycle import Incident
from incident.replay import replay
from loadtests.chaos.checker.findings import Finding, Wrong
from loadtests.chaos.checker.state import State
from services.runtime import eventlog


def check_chains(state: State) -> Iterator[Finding]:
    """Find chains that are broken or cut, and incidents that are not what their events make."""
    yield from _check_links("events", state.chains, state.heads)
    yield from _check_links("timing", state.timing, state.timing_heads)
    for id_ in state.chains.keys() - state.incidents.keys():
        yield _found(Wrong.CHAIN_BROKEN, id_, "there are events and no incident")
    for id_, incident in state.incidents.items():
        rebuilt = rebuild(state.chains.get(id_, ()))
        if rebuilt != incident:
            detail = f"its events give version {getattr(rebuilt, 'version', rebuilt)}"
            detail += f" ({getattr(rebuilt, 'state', '-')}), it is kept as version"
            yield _found(
                Wrong.REPLAY_DIFFERS, id_, f"{detail} {incident.version} ({incident.state})"
            )


def rebuild(chain: Sequence[Entry]) -> Incident | str:
    """The incident its events make; why they make none, if they do not."""
    try:
        return replay([eventlog.from_text(entry.text) for entry in chain])
    except Exception as error:  # noqa: BLE001  # whatever it is, it is a finding
        return f"{type(error).__name__}: {error}"


def _check_links(
    log: str, chains: Mapping[UUID, Sequence[Entry]], heads: Mapping[UUID, Head]
) -> Iterator[Finding]:
    for id_, head in heads.items():
        fault = check_chain(chains.get(id_, ()), head=head)
        if fault is not None:
            detail = f"{log}, version {fault.version}: {fault.kind}: {fault.detail}"
            yield _found(Wrong.CHAIN_BROKEN, id_, detail)
    for id_ in chains.keys() - heads.keys():
        yield _found(Wrong.CHAIN_BROKEN, id_, f"{log}: no head knows of this chain")


def _found(wrong: Wrong, id_: UUID, detail: str) -> Finding:
    return Finding(wrong=wrong, about=str(id_), detail=detail)
