"""Checks the hourly digests of all heads against the chains: what was cut or removed shows here."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from incident.chain import GENESIS, Head, digest_of_heads
from services.cli.verify.archive import INCIDENTS, KeptDigest, Record
from services.cli.verify.chains import Log, text_of
from services.cli.verify.findings import Finding, Kind


def check_digests(log: Log, digests: Iterable[KeptDigest]) -> Iterator[Finding]:
    """Find digests that do not follow from the one before, or from the chains."""
    own = [each for each in digests if each.log == log.name]
    yield from _unchained(log, own)
    dated = sorted(_dated(log), key=lambda each: each[0])
    heads: dict[UUID, Head] = {}
    place = 0
    for digest in sorted(own, key=lambda each: each.taken_at):
        while place < len(dated) and dated[place][0] < digest.taken_at:
            _put(heads, dated[place][1])
            place += 1
        if (digest.count, digest.digest) != (len(heads), digest_of_heads(heads.values())):
            detail = (
                f"digest {digest.sequence} of {digest.taken_at.isoformat()} was taken over"
                f" {digest.count} chains; it is not that of the {len(heads)} chains there were"
            )
            yield Finding(kind=Kind.DIGEST, where=log.name, version=digest.sequence, detail=detail)


def _unchained(log: Log, digests: Sequence[KeptDigest]) -> Iterator[Finding]:
    last, sequence = GENESIS, 0
    for digest in digests:
        if digest.sequence != sequence + 1:
            detail = f"digest {sequence + 1} is missing before digest {digest.sequence}"
            yield Finding(kind=Kind.DIGEST, where=log.name, version=sequence + 1, detail=detail)
        elif digest.previous != last:
            detail = f"digest {digest.sequence} does not follow from the one before"
            yield Finding(kind=Kind.DIGEST, where=log.name, version=sequence, detail=detail)
        last, sequence = digest.digest, digest.sequence


def _put(heads: dict[UUID, Head], record: Record) -> None:
    present = heads.get(record.incident)
    if present is None or present.version < record.version:
        head = Head(incident=record.incident, version=record.version, hash=record.hash)
        heads[record.incident] = head


def _dated(log: Log) -> Iterator[tuple[datetime, Record]]:
    """Each record with when it was recorded, by its own text; without that it is left out."""
    for chain in log.chains.values():
        for record in chain:
            moment = _recorded_at(log, record)
            if moment is not None:
                yield moment, record


def _recorded_at(log: Log, record: Record) -> datetime | None:
    told = text_of(record)
    data = told if log.name == INCIDENTS else told.get("data")
    if not isinstance(data, dict):
        return None
    text = data.get("recorded_at") or data.get("fired_at") or data.get("at")
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
