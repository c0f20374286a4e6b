"""Checks that the clocks said what the incidents' moments say."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from incident.lifecycle import Incident
from incident.timing import Outcome, Verdict, judge
from services.cli.verify.archive import TIMING
from services.cli.verify.chains import Chains, text_of
from services.cli.verify.findings import Finding, Kind

WORDS = {Outcome.MET: ("met", "amended"), Outcome.BREACHED: ("breached",)}
"""The facts that tell of an outcome; others are told by none, or need not be."""


def check_facts(
    incidents: Mapping[UUID, Incident], timing: Chains, *, before: datetime
) -> Iterator[Finding]:
    """Find legs that were met or breached and of which the timing log says nothing.

    Args:
        incidents: As rebuilt from their events.
        timing: The timing logs.
        before: Legs due from then on need not have been told of yet.
    """
    for id_, incident in incidents.items():
        told = {text_of(record).get("fact") for record in timing.get(id_, ())}
        for verdict in judge(incident, now=max(before, incident.updated_at)):
            if _is_silent(verdict, told, before):
                name = f"{verdict.round}/{verdict.leg}"
                detail = f"leg {name} was {verdict.outcome}, and no fact says so"
                yield Finding(kind=Kind.FACT, where=TIMING, incident=id_, detail=detail)


def _is_silent(verdict: Verdict, told: set[object], before: datetime) -> bool:
    words = WORDS.get(verdict.outcome)
    if words is None or (verdict.due is not None and verdict.due >= before and not verdict.end):
        return False
    return told.isdisjoint(f"{word}/{verdict.round}/{verdict.leg}" for word in words)
