"""Compliance figures and the conservation of alerts, as documents."""

from collections.abc import Iterable
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from incident.alert import Status
from services.notifier.handlers.figures import Group, LegFigures, compliance
from services.notifier.ports import (
    Conservation,
    Counts,
    GroupBy,
    Left,
    ProofTally,
    Tally,
)

COMPLIANCE: JsonDict = {
    "from": "2026-03-02",
    "to": "2026-03-08",
    "time_zone": "Asia/Shanghai",
    "group_by": "center",
    "status": "actual",
    "as_of": "2026-03-09T01:00:00Z",
    "groups": [
        {
            "group": "heling",
            "legs": [
                {
                    "leg": "on_scene",
                    "n": 39,
                    "met": 36,
                    "amended": 2,
                    "breached": 4,
                    "void": 1,
                    "no_end": 2,
                    "pending": 0,
                    "not_measured": 0,
                    "target_seconds": 300,
                    "p50_seconds": 161.0,
                    "p90_seconds": 284.5,
                    "p95_seconds": 331.2,
                    "compliance": {"share": 0.9, "low": 0.7695, "high": 0.9604},
                    "by": {
                        "person": {
                            "n": 39,
                            "met": 36,
                            "amended": 2,
                            "breached": 3,
                            "p50_seconds": 161.0,
                            "p90_seconds": 284.5,
                            "p95_seconds": 331.2,
                            "compliance": {"share": 0.9231, "low": 0.7968, "high": 0.9735},
                        }
                    },
                    "proofs": {"gate_qr": {"n": 39, "met": 36, "breached": 3}},
                }
            ],
        }
    ],
    "left_out": {"exercises": 2, "tests": 7, "late_entries": 1},
}
"""An answer as the documentation shows it."""

CONSERVATION: JsonDict = {
    "difference": 0,
    "unopened": 0,
    "unannounced": 0,
    "doubled": 0,
    "oldest_unopened_at": None,
    "alerts": 1204,
    "dead_lettered": 0,
    "incidents": {"closed": 1189, "cancelled": 9, "on_scene": 4, "pushed": 2},
    "as_of": "2026-03-09T01:00:00Z",
}
"""An answer as the documentation shows it."""


class Share(BaseModel):
    """A share with its 95 % interval (Wilson 1927), each from 0 to 1."""

    share: float
    low: float
    high: float


class Part(BaseModel):
    """The legs whose end was stamped by one sort of actor."""

    n: int
    met: int
    amended: int
    breached: int
    p50_seconds: float | None
    p90_seconds: float | None
    p95_seconds: float | None
    compliance: Share | None


class Proven(BaseModel):
    """The arrivals that rest on one kind of proof."""

    n: int
    met: int
    breached: int


class LeftOut(BaseModel):
    """How many cases of these days are in no leg."""

    exercises: int = Field(description="Of drills.")
    tests: int = Field(description="Of tests, canaries among them.")
    late_entries: int = Field(description="Actual ones entered after they were over (补录).")


class Leg(Part):
    """One leg in one group."""

    leg: str
    n: int = Field(description="Legs with both moments.")
    met: int = Field(description="Reached by the due moment, or exactly then.")
    amended: int = Field(description="Among met: a breach was on record and was disproved later.")
    breached: int = Field(description="Reached late, or not reached by the due moment.")
    void: int = Field(description="The round ended before the due moment without it.")
    no_end: int = Field(description="With the start and without the end: pending, void, breached.")
    pending: int = Field(description="Of these the ones that may still be reached in time.")
    not_measured: int = Field(description="Without the start moment.")
    target_seconds: int | None = Field(
        description="The target; null for a leg without one, and where several applied."
    )
    p50_seconds: float | None = Field(description="Nearest rank over the n legs; null for none.")
    compliance: Share | None = Field(
        description="met / (met + breached); null where nothing was judged."
    )
    by: dict[str, Part] = Field(description="By who stamped the end: person, machine.")
    proofs: dict[str, Proven] = Field(description="Arrivals by what they rest on.")


class GroupFigures(BaseModel):
    """The figures of a group, leg by leg."""

    group: str = Field(description="The code of the group; `all` where nothing is grouped by.")
    legs: list[Leg]


class ComplianceFigures(BaseModel):
    """Compliance figures of some days."""

    model_config = ConfigDict(json_schema_extra={"examples": [COMPLIANCE]})

    from_: date = Field(alias="from")
    to: date
    time_zone: str
    group_by: GroupBy | None
    status: Status
    as_of: datetime
    groups: list[GroupFigures]
    left_out: LeftOut


class ConservationFigures(BaseModel):
    """What must be nothing, and what it is counted against."""

    model_config = ConfigDict(json_schema_extra={"examples": [CONSERVATION]})

    difference: int = Field(description="The sum of the three below; anything but 0 is a fault.")
    unopened: int = Field(
        description="Alerts accepted over 10 s ago with neither incident nor dead letter."
    )
    unannounced: int = Field(
        description="Incidents opened over 10 s ago whose alert was never heard of."
    )
    doubled: int = Field(description="Incidents opened beside another one from the same content.")
    oldest_unopened_at: datetime | None
    alerts: int
    dead_lettered: int
    incidents: dict[str, int] = Field(description="Incidents by state.")
    as_of: datetime


def group_figures(group: Group, proofs: Iterable[ProofTally]) -> GroupFigures:
    """Turn a group into its document, with its arrivals by proof out of those of all groups."""
    own = [one for one in proofs if one.group == group.code]
    return GroupFigures(group=group.code, legs=[_leg(figures, own) for figures in group.legs])


def left_figures(left: Left) -> LeftOut:
    """Turn what legs leave out into its document."""
    return LeftOut(exercises=left.exercises, tests=left.tests, late_entries=left.late_entries)


def conservation_figures(
    found: Conservation, counts: Counts, *, as_of: datetime
) -> ConservationFigures:
    """Turn what was compared and counted into its document."""
    return ConservationFigures(
        difference=found.difference,
        unopened=found.unopened,
        unannounced=found.unannounced,
        doubled=found.doubled,
        oldest_unopened_at=found.oldest_unopened_at,
        alerts=counts.alerts,
        dead_lettered=counts.dead_lettered,
        incidents=dict(counts.incidents),
        as_of=as_of,
    )


def _leg(figures: LegFigures, proofs: Iterable[ProofTally]) -> Leg:
    total = figures.total
    return Leg(
        **_part(total).model_dump(),
        leg=figures.leg,
        void=total.void,
        no_end=total.no_end,
        pending=total.pending,
        not_measured=total.not_measured,
        target_seconds=figures.target_seconds,
        by={part.by: _part(part) for part in figures.by if part.by is not None},
        proofs={
            one.proof: Proven(n=one.n, met=one.met, breached=one.breached)
            for one in proofs
            if one.leg == figures.leg
        },
    )


def _part(tally: Tally) -> Part:
    p50, p90, p95 = tally.percentiles or (None, None, None)
    share = compliance(tally)
    return Part(
        n=tally.n,
        met=tally.met,
        amended=tally.amended,
        breached=tally.breached,
        p50_seconds=p50,
        p90_seconds=p90,
        p95_seconds=p95,
        compliance=None
        if share is None
        else Share(share=share.share, low=share.low, high=share.high),
    )
