"""The weekly bulletin as a document; HTML and XLSX are made from it too."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from incident.directory import Lookup
from incident.figures.bulletin import Bulletin, Totals
from incident.figures.closure import Counted
from incident.figures.times import Timed
from incident.lifecycle import State
from incident.moments import ActorKind
from services.notifier.handlers.bulletins import Edition, Standing, differences
from services.notifier.payloads.bulletin_example import BULLETIN


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Ends(_Read):
    """Both ends of a 95 % interval."""

    low: float
    high: float


class ShareFigure(_Read):
    """A share as k of n with its 95 % interval (Wilson 1927)."""

    k: int
    n: int
    share: float | None
    interval: Ends | None
    few: bool = Field(description="n is below 10: the next case may change it much.")


class ClosureFigure(_Read):
    """The on-site closure rate with all it was counted from."""

    rate: ShareFigure
    counts: dict[Counted, int] = Field(description="How many cases are what.")
    hours: int = Field(description="N: reopened or repeated within so many hours counts against.")


class SlowFigure(_Read):
    """One of the slowest, named."""

    incident: UUID
    number: str
    organisation: str
    team: str | None
    seconds: float


class TimesFigure(_Read):
    """One distribution: how many rounds took how long."""

    timed: Timed
    n: int
    bounds: list[int] = Field(description="In seconds; a time on a bound belongs to what follows.")
    counts: list[int] = Field(description="Between the bounds, from the shortest on.")
    median: float | None
    interval: Ends | None = Field(description="Of the median, 95 %; null below 6.")
    by: dict[ActorKind, list[int]] = Field(description="The counts by who stamped the end.")
    proofs: dict[str, int] = Field(description="Arrivals by what they rest on.")
    slowest: list[SlowFigure]


class TotalsFigure(_Read):
    """What is compared between weeks."""

    received: int
    valid: int = Field(description="Received, less duplicates, withdrawn ones and false alarms.")
    daily: float
    closure: ClosureFigure
    times: list[TimesFigure]


class OtherWeek(_Read):
    """Another week beside this one; changes in percent of it, null where it had none."""

    received: int
    valid: int
    daily: float
    received_change: float | None
    valid_change: float | None
    closure: ShareFigure
    medians: dict[Timed, float | None]


class OpenCase(_Read):
    """A case that was not over."""

    id: UUID
    number: str
    center: str
    state: State
    received_at: datetime


class SupervisionFigure(_Read):
    """督办: ended in time, ended late, open past the deadline, open within it."""

    on_time: int
    late: int
    overdue: int
    open: int


class FollowUpFigure(_Read):
    """回访: of the cases due those reached, of the answers those satisfied."""

    coverage: ShareFigure
    satisfied: ShareFigure


class BulletinFigures(_Read):
    """The figures of a week."""

    totals: TotalsFigure
    last_week: OtherWeek
    last_year: OtherWeek
    unfinished: list[OpenCase]
    refused: int
    handed_over: int
    reopened: int
    repeats: int
    late_entries: int
    not_actual: int = Field(description="Drills and tests: counted here and nowhere else.")
    kinds: dict[str, int]
    centers: dict[str, int]
    hours: list[int] = Field(description="Received by the hour of the day.")
    supervisions: SupervisionFigure
    follow_ups: FollowUpFigure


class Changed(BaseModel):
    """A figure that is not what it was issued as."""

    figure: str = Field(description="Its place in `figures`, such as `totals.received`.")
    issued: int | float | str | None
    now: int | float | str | None


class CorrectionOf(BaseModel):
    """What was recorded at one moment after the issue."""

    number: int
    recorded_at: datetime
    incidents: list[UUID]


class WeeklyBulletin(BaseModel):
    """The bulletin of a week as of a moment."""

    model_config = ConfigDict(json_schema_extra={"examples": [BULLETIN]})

    park: str
    name: str
    week: str
    from_: date = Field(alias="from")
    to: date
    time_zone: str
    center: str | None = Field(description="The center it is about alone, if it is.")
    station: str | None = Field(description="The station whose alerts it is about, if it is.")
    as_of: datetime
    issued_at: datetime
    standing: Standing
    correction: int = Field(description="The number of the last correction; 0 for none.")
    changes: list[Changed] = Field(description="What differs from the bulletin as issued.")
    corrections: list[CorrectionOf] = Field(description="The last of them, 100 at most.")
    figures: BulletinFigures


def bulletin_document(edition: Edition, lookup: Lookup) -> WeeklyBulletin:
    """Turn a bulletin into its document."""
    wanted, park = edition.wanted, lookup.directory.park
    figures = _figures(edition.bulletin)
    before = None if edition.issued is None else _figures(edition.issued)
    iso = wanted.monday.isocalendar()
    return WeeklyBulletin(
        **{"from": wanted.monday},
        to=date.fromordinal(wanted.monday.toordinal() + 6),
        park=park.code,
        name=park.name_zh,
        week=f"{iso.year}-W{iso.week:02}",
        time_zone=wanted.zone.key,
        center=wanted.scope.center,
        station=wanted.scope.station,
        as_of=wanted.as_of,
        issued_at=wanted.issued_at,
        standing=edition.standing,
        correction=edition.correction,
        changes=[] if before is None else _changes(before, figures),
        corrections=[
            CorrectionOf(
                number=one.number, recorded_at=one.recorded_at, incidents=list(one.incidents)
            )
            for one in edition.corrections
        ],
        figures=figures,
    )


def _figures(bulletin: Bulletin) -> BulletinFigures:
    totals = bulletin.totals
    read: Mapping[str, Any] = {
        name: getattr(bulletin, name)
        for name in BulletinFigures.model_fields
        if name not in {"last_week", "last_year"}
    }
    return BulletinFigures.model_validate(
        {
            **read,
            "last_week": _other(totals, bulletin.last_week),
            "last_year": _other(totals, bulletin.last_year),
        }
    )


def _other(own: Totals, other: Totals) -> dict[str, object]:
    return {
        "received": other.received,
        "valid": other.valid,
        "daily": other.daily,
        "received_change": _percent(own.received, other.received),
        "valid_change": _percent(own.valid, other.valid),
        "closure": other.closure.rate,
        "medians": {one.timed: one.median for one in other.times},
    }


def _percent(now: int, before: int) -> float | None:
    return 100 * (now - before) / before if before else None


def _changes(before: BulletinFigures, after: BulletinFigures) -> list[Changed]:
    found = differences(before.model_dump(mode="json"), after.model_dump(mode="json"))
    return [Changed.model_validate({"figure": p, "issued": a, "now": b}) for p, a, b in found]
