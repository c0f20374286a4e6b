"""Checks chains: each record follows from the one before, each chain ends at its head."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from incident.chain import ChainBreak, ChainFault, Entry, Head, check_chain
from services.cli.verify.archive import INCIDENTS, TIMING, KeptHead, Record
from services.cli.verify.findings import Finding, Kind
from services.runtime import codec

Chain = Sequence[Record]
Chains = Mapping[UUID, Chain]

PLACES = {INCIDENTS: "version", TIMING: "sequence"}
"""What each log calls a record's place in its text."""

_KINDS = {
    ChainBreak.CHANGED: Kind.CHANGED,
    ChainBreak.CUT: Kind.CUT,
    ChainBreak.OUT_OF_SEQUENCE: Kind.OUT_OF_SEQUENCE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One of the two logs.

    Attributes:
        name: `incidents` or `timing`.
        chains: The records of each incident, in the order they are kept.
        heads: The ends of chains, as kept outside them.
    """

    name: str
    chains: Chains
    heads: Mapping[UUID, Head]


def log_of(name: str, records: Sequence[Record], heads: Sequence[KeptHead]) -> Log:
    """Put the records and the heads of a log together."""
    chains: dict[UUID, list[Record]] = {}
    for record in records:
        chains.setdefault(record.incident, []).append(record)
    kept = {
        head.incident: Head(incident=head.incident, version=head.version, hash=head.hash)
        for head in heads
        if head.log == name
    }
    return Log(name=name, chains=chains, heads=kept)


def check_log(log: Log, *, settled: bool) -> Iterator[Finding]:
    """Find what is wrong with the chains of a log.

    Args:
        log: The log.
        settled: Each chain must end at its head; else it may go on behind it.
    """
    for incident, head in log.heads.items():
        if head.version and incident not in log.chains:
            detail = f"its head says {head.version} records, and there is none"
            yield _finding(log, Kind.REMOVED, incident, version=1, detail=detail)
    for incident, chain in log.chains.items():
        known = log.heads.get(incident)
        if known is None:
            yield _finding(
                log, Kind.ADDED, incident, version=1, detail="no head knows of this chain"
            )
        entries = [
            Entry(version=one.version, text=one.text, previous=one.previous, hash=one.hash)
            for one in chain
        ]
        fault = _fault(entries, known, settled=settled)
        if fault is not None:
            yield _finding(
                log, _KINDS[fault.kind], incident, version=fault.version, detail=fault.detail
            )
        yield from _misplaced(log, incident, chain)


def _fault(entries: Sequence[Entry], head: Head | None, *, settled: bool) -> ChainFault | None:
    if settled or head is None or len(entries) < head.version:
        return check_chain(entries, head=head)
    up_to_head = check_chain(entries[: head.version], head=head)
    return up_to_head or check_chain(entries)


def _misplaced(log: Log, incident: UUID, chain: Chain) -> Iterator[Finding]:
    """The first record whose text is about another incident or another place."""
    for record in chain:
        told = text_of(record)
        place = told.get(PLACES[log.name])
        if told.get("incident") != str(incident) or place != record.version:
            detail = f"its text is that of {told.get('incident')} version {place}"
            yield _finding(log, Kind.MISPLACED, incident, version=record.version, detail=detail)
            return


def text_of(record: Record) -> dict[str, Any]:
    """The members of a record's text; none for a text that is no JSON object."""
    try:
        told: dict[str, Any] = codec.decode(record.text, dict)
    except codec.DecodeError:
        return {}
    return told


def _finding(log: Log, kind: Kind, incident: UUID, *, version: int, detail: str) -> Finding:
    return Finding(kind=kind, where=log.name, incident=incident, version=version, detail=detail)
