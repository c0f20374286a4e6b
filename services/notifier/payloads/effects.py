"""The closure rate, baselines and the effect against one, as documents."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from incident.figures.effect import PROMISED, Effect, Kept, Sample
from incident.figures.intervals import median_interval, median_of
from services.notifier.payloads.bulletins import ClosureFigure, Ends, ShareFigure
from services.notifier.ports.figures import Baseline, BaselineSource

_ENDS: JsonDict = {"low": 0.8509, "high": 0.9945}
_RATE: JsonDict = {"k": 34, "n": 35, "share": 0.9714, "interval": _ENDS, "few": False}
_SAMPLE: JsonDict = {
    "days": 7,
    "alerts": 39,
    "response": {"n": 36, "median": 214.0, "interval": {"low": 190.0, "high": 251.0}},
    "closure": _RATE,
}
CLOSURE: JsonDict = {
    "from": "2026-03-02",
    "to": "2026-03-08",
    "time_zone": "Asia/Shanghai",
    "as_of": "2026-03-09T01:00:00Z",
    "closure": {
        "rate": _RATE,
        "counts": {
            "on_site": 34, "not_on_site": 1, "reopened": 0, "repeated": 0, "duplicate": 1,
            "cancelled": 1, "false_alarm": 2, "excluded": 0, "unfinished": 0, "not_actual": 3,
        },
        "hours": 24,
    },
}  # fmt: skip
"""An answer as the documentation shows it."""

BASELINE: JsonDict = {
    "park": "qinghe-park",
    "version": 1,
    "source": "csv",
    "from": "2025-03-03",
    "to": "2025-03-09",
    "set_at": "2026-03-01T02:00:00Z",
    "sample": _SAMPLE,
}
EFFECT: JsonDict = {
    "from": "2026-03-02",
    "to": "2026-03-08",
    "time_zone": "Asia/Shanghai",
    "as_of": "2026-03-09T01:00:00Z",
    "baseline": BASELINE,
    "now": _SAMPLE,
    "response": {
        "difference": -412.0,
        "interval": {"low": -520.0, "high": -304.0},
        "ratio": -0.6581,
        "ratio_interval": {"low": -0.7302, "high": -0.5667},
    },
    "alerts": {
        "difference": 0.0,
        "interval": {"low": -2.47, "high": 2.47},
        "ratio": 0.0,
        "ratio_interval": {"low": -0.3585, "high": 0.5588},
    },
    "closure": {
        "difference": 0.0,
        "interval": {"low": -0.1205, "high": 0.1205},
        "ratio": None,
        "ratio_interval": None,
    },
    "promised_ratio": -0.6,
    "promise": "unsure",
}


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ClosureRateFigures(BaseModel):
    """The on-site closure rate of some days."""

    model_config = ConfigDict(json_schema_extra={"examples": [CLOSURE]})

    from_: date = Field(alias="from")
    to: date
    time_zone: str
    as_of: datetime
    closure: ClosureFigure


class Median(BaseModel):
    """A median in seconds with its 95 % interval, which needs 6 values."""

    n: int
    median: float | None
    interval: Ends | None


class SampleFigure(BaseModel):
    """What is compared of a period."""

    days: int
    alerts: int
    response: Median = Field(description="reported, or else received, to on_scene.")
    closure: ShareFigure


class BaselineFigures(BaseModel):
    """The period of a park that others are compared with."""

    model_config = ConfigDict(json_schema_extra={"examples": [BASELINE]})

    park: str
    version: int
    source: BaselineSource
    from_: date = Field(alias="from")
    to: date
    set_at: datetime
    sample: SampleFigure


class ChangeFigure(_Read):
    """What became of a figure: by how much, and by which share of what it was (-0.6: 60 % less)."""

    difference: float
    interval: Ends | None
    ratio: float | None
    ratio_interval: Ends | None


class EffectFigures(BaseModel):
    """A period against the baseline."""

    model_config = ConfigDict(json_schema_extra={"examples": [EFFECT]})

    from_: date = Field(alias="from")
    to: date
    time_zone: str
    as_of: datetime
    baseline: BaselineFigures
    now: SampleFigure
    response: ChangeFigure | None = Field(description="Of the median, in seconds.")
    alerts: ChangeFigure = Field(description="Of the alerts a day.")
    closure: ChangeFigure | None = Field(description="Of the on-site closure rate.")
    promised_ratio: float
    promise: Kept = Field(
        description="yes: the whole interval lies at or below what was promised; no: above it."
    )


class PeriodOfBaseline(BaseModel):
    """Days recorded here that are to be the baseline, both included."""

    model_config = ConfigDict(extra="forbid")

    from_: date = Field(alias="from")
    to: date


def baseline_document(baseline: Baseline) -> BaselineFigures:
    """Turn a baseline into its document."""
    return BaselineFigures(
        **{"from": baseline.first_day},
        to=baseline.last_day,
        park=baseline.park,
        version=baseline.version,
        source=baseline.source,
        set_at=baseline.set_at,
        sample=sample_document(baseline.sample),
    )


def sample_document(sample: Sample) -> SampleFigure:
    """Turn a sample into its document."""
    between = median_interval(sample.response)
    return SampleFigure(
        days=sample.days,
        alerts=sample.alerts,
        response=Median(
            n=len(sample.response),
            median=median_of(sample.response),
            interval=None if between is None else Ends(low=between.low, high=between.high),
        ),
        closure=ShareFigure.model_validate(sample.closure, from_attributes=True),
    )


def changes_of(effect: Effect) -> dict[str, object]:
    """Turn an effect into the fields of its document."""
    return {
        name: None if change is None else ChangeFigure.model_validate(change)
        for name, change in (
            ("response", effect.response),
            ("alerts", effect.alerts),
            ("closure", effect.closure),
        )
    } | {"promised_ratio": PROMISED, "promise": effect.promise}
