"""Checks a whole export."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from incident.lifecycle import Incident
from services.cli.verify.archive import INCIDENTS, TIMING, Archive
from services.cli.verify.chains import Log, check_log, log_of
from services.cli.verify.digests import check_digests
from services.cli.verify.facts import check_facts
from services.cli.verify.figures import check_figures
from services.cli.verify.findings import Finding, Kind
from services.cli.verify.histories import check_states, replay_all

_OF_ALERTS = ("station", "push")
"""The legs that an alert without incident has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check came to.

    Attributes:
        counts: How much was checked.
        notes: What could not be checked, and why.
    """

    counts: Mapping[str, int]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def check(archive: Archive) -> Checked:
    """Check an export by itself."""
    content = archive.content
    incidents = log_of(INCIDENTS, content.events, content.heads)
    timing = log_of(TIMING, content.timing, content.heads)
    replayed = replay_all(incidents.chains)
    findings = [
        *_files(archive),
        *check_log(incidents, settled=archive.manifest.settled),
        *check_log(timing, settled=archive.manifest.settled),
        *check_digests(incidents, content.digests),
        *check_digests(timing, content.digests),
        *replayed.findings,
        *check_states(replayed.incidents, content.incidents),
    ]
    notes = []
    if archive.manifest.settled:
        alone = _has_alerts_alone(archive)
        if alone:
            notes.append("some alerts have no incident: legs up to the push were not compared")
        findings += _figures(
            archive, replayed.incidents, timing, left_out=_OF_ALERTS if alone else ()
        )
    else:
        notes.append("the instance was busy while the export was made: figures were not compared")
    return Checked(
        counts={
            "incidents": len(content.incidents),
            "events": len(content.events),
            "timing_facts": len(content.timing),
            "heads": len(content.heads),
            "digests": len(content.digests),
            "figures": len(content.figures),
        },
        findings=tuple(findings),
        notes=tuple(notes),
    )


def _files(archive: Archive) -> Iterator[Finding]:
    for name in archive.missing:
        yield Finding(kind=Kind.FILE_MISSING, where=name, detail="the file is missing")
    for name in archive.changed:
        detail = "the file is not the one that was exported"
        yield Finding(kind=Kind.FILE_CHANGED, where=name, detail=detail)
    for each in archive.unreadable:
        detail = f"line {each.line} cannot be read: {each.reason}"
        yield Finding(kind=Kind.LINE_UNREADABLE, where=each.file, detail=detail)


def _has_alerts_alone(archive: Archive) -> bool:
    """Whether there are alerts without incident: their clocks count, and no event tells of them."""
    return any(
        told.get("dead_lettered") or told.get("unopened") for told in archive.content.conservation
    )


def _figures(
    archive: Archive,
    incidents: Mapping[UUID, Incident],
    timing: Log,
    *,
    left_out: Collection[str],
) -> Iterator[Finding]:
    figures = archive.content.figures
    yield from check_figures(list(incidents.values()), figures, left_out=left_out)
    moments = [_moment(each.told.get("as_of")) for each in figures]
    told_at = min((moment for moment in moments if moment is not None), default=None)
    if told_at is not None:
        yield from check_facts(incidents, timing.chains, before=told_at)
    yield from _conservation(archive)


def _conservation(archive: Archive) -> Iterator[Finding]:
    states = Counter(str(state.get("state")) for state in archive.content.incidents)
    for told in archive.content.conservation:
        difference = told.get("difference")
        if difference != 0:
            detail = f"the difference is {difference}: an alert was lost or doubled"
            yield Finding(kind=Kind.CONSERVATION, where="conservation", detail=detail)
        if told.get("incidents") != dict(states):
            detail = f"counted are {told.get('incidents')}, the states are {dict(states)}"
            yield Finding(kind=Kind.CONSERVATION, where="conservation", detail=detail)


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
