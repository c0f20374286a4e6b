"""The closure rate, the baseline, and the effect against it, over HTTP."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError

from incident.figures.bulletin import Period
from incident.figures.case import Case
from incident.figures.closure import REPEAT_HOURS, closure_rate, find_repeats
from incident.figures.effect import effect_of, sample_of
from services.notifier.api.access import PARK_ROLES, scope_of
from services.notifier.api.asking import NO_PARK, Records, too_many
from services.notifier.api.figures import check_days
from services.notifier.handlers.baselines import BadBaselineError, read_baseline
from services.notifier.handlers.bulletins import cases_of
from services.notifier.handlers.periods import period_of
from services.notifier.payloads.bulletins import ClosureFigure
from services.notifier.payloads.effects import (
    BaselineFigures,
    ClosureRateFigures,
    EffectFigures,
    PeriodOfBaseline,
    baseline_document,
    changes_of,
    sample_document,
)
from services.notifier.ports import Scope
from services.notifier.ports.figures import Baseline, BaselineSource, TooManyCasesError
from services.runtime.auth import Principal, Role, require
from services.runtime.openapi import OF_BODIES, refusals
from services.runtime.problems import Problem, invalid

MOST_BYTES = 4 * 1024 * 1024
CSV, JSON = "text/csv", "application/json"

CLOSURE = """
The on-site closure rate (现场办结率) of alerts received on the given days: on-site dispositions ÷
(closed + handed over + refused − duplicates − cancelled − false alarms). A case that was reopened,
or repeated, within `repeat_hours` after its end is in the divisor and not on site. Always k of n
with the counts left out and a 95 % interval (Wilson 1927); below n = 10 it is marked.
"""

SETTING = """
Keeps the period that others are compared with; each setting is a version of its own. Either as
`text/csv`, a line an alert with the header `reported_at,on_scene_at,outcome` (outcome: `on_site`,
`not_on_site` or `excluded`), or as JSON `{"from": ..., "to": ...}` for days recorded here.
A file with anything wrong in it is refused whole, with the first twenty faults by line.
"""

EFFECT = """
Compares days recorded here with the baseline: the median from the call to the first arrival, the
alerts a day, the on-site closure rate, each with a 95 % interval (Price and Bonett 2002 for
medians, log rate ratio for counts, Newcombe 1998 for shares). `promise` says whether the response
time fell by the promised share for sure, surely not, or whether the interval leaves it open.
"""

EXAMPLE_CSV = """reported_at,on_scene_at,outcome
2025-03-03T08:15:00+08:00,2025-03-03T08:27:30+08:00,on_site
2025-03-03T21:02:10+08:00,,excluded
"""

NO_BASELINE = Problem(404, "no-baseline", "No baseline was set for this park.")
TOO_LARGE = Problem(413, "too-large", f"The body is longer than the {MOST_BYTES} bytes allowed.")
NO_TYPE = Problem(415, "unsupported-media-type", f"The body must be {CSV} or {JSON}.")

Hours = Annotated[int, Query(alias="repeat_hours", ge=1, le=720)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    since: date
    until: date
    as_of: datetime
    hours: int


def router(records: Records) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["figures"])
    _add_closure(routes, records)
    _add_baselines(routes, records)
    _add_effect(routes, records)
    return routes


def _add_closure(routes: APIRouter, records: Records) -> None:
    @routes.get(
        "/v1/closure-rate",
        summary="The on-site closure rate of some days",
        description=CLOSURE,
        responses=refusals(401, 403, 422, 503),
    )
    async def closure(
        *,
        since: Annotated[date, Query(alias="from", examples=["2026-03-02"])],
        until: Annotated[date, Query(alias="to", examples=["2026-03-08"])],
        as_of: datetime | None = None,
        hours: Hours = REPEAT_HOURS,
        caller: Annotated[Principal, Depends(records.caller)],
    ) -> ClosureRateFigures:
        scope = scope_of(caller)
        check_days(since, until)
        asked = _Days(since=since, until=until, as_of=records.as_of(as_of), hours=hours)
        cases, period = await _cases(records, asked, scope)
        repeated = frozenset(find_repeats(cases, hours=hours).values())
        own = [case for case in cases if period.holds(case)]
        rate = closure_rate(own, repeated=repeated, hours=hours)
        return ClosureRateFigures(
            **{"from": since},
            to=until,
            time_zone=records.zone.key,
            as_of=asked.as_of,
            closure=ClosureFigure.model_validate(rate),
        )


def _add_baselines(routes: APIRouter, records: Records) -> None:
    @routes.get(
        "/v1/baselines/{park}",
        summary="The baseline of a park",
        responses=refusals(401, 403, NO_BASELINE, 422, 503),
    )
    async def baseline(
        park: str, caller: Annotated[Principal, Depends(records.caller)]
    ) -> BaselineFigures:
        """Give the period that others are compared with."""
        require(caller, *PARK_ROLES)
        records.lookup_of(park)
        return baseline_document(await _baseline(records, park))

    @routes.put(
        "/v1/baselines/{park}",
        summary="Set the baseline of a park",
        description=SETTING,
        responses=refusals(401, 403, NO_PARK, TOO_LARGE, NO_TYPE, *OF_BODIES[:2], 422, 503),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    CSV: {"schema": {"type": "string"}, "example": EXAMPLE_CSV},
                    JSON: {
                        "schema": PeriodOfBaseline.model_json_schema(),
                        "example": {"from": "2026-02-02", "to": "2026-02-08"},
                    },
                },
            }
        },
    )
    async def set_baseline(
        park: str, request: Request, caller: Annotated[Principal, Depends(records.caller)]
    ) -> BaselineFigures:
        require(caller, Role.SUPERVISOR, Role.ADMIN)
        records.lookup_of(park)
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in {CSV, JSON}:
            raise NO_TYPE
        body = await _body(request)
        read = _from_csv if media_type == CSV else _from_period
        made = await read(records, body, park=park, by=caller.key_id)
        return baseline_document(await records.cases.set_baseline(made))


def _add_effect(routes: APIRouter, records: Records) -> None:
    @routes.get(
        "/v1/effect",
        summary="Some days against the baseline",
        description=EFFECT,
        responses=refusals(401, 403, NO_BASELINE, 422, 503),
    )
    async def effect(
        *,
        since: Annotated[date, Query(alias="from", examples=["2026-03-02"])],
        until: Annotated[date, Query(alias="to", examples=["2026-03-08"])],
        as_of: datetime | None = None,
        hours: Hours = REPEAT_HOURS,
        caller: Annotated[Principal, Depends(records.caller)],
    ) -> EffectFigures:
        require(caller, *PARK_ROLES)
        check_days(since, until)
        asked = _Days(since=since, until=until, as_of=records.as_of(as_of), hours=hours)
        lookup = records.atlas.lookup
        if lookup is None:
            raise NO_BASELINE
        baseline = await _baseline(records, lookup.directory.park.code)
        cases, period = await _cases(records, asked, Scope())
        now = sample_of(cases, period, hours=hours)
        return EffectFigures.model_validate(
            {
                "from": since,
                "to": until,
                "time_zone": records.zone.key,
                "as_of": asked.as_of,
                "baseline": baseline_document(baseline),
                "now": sample_document(now),
                **changes_of(effect_of(baseline.sample, now)),
            }
        )


async def _cases(records: Records, asked: _Days, scope: Scope) -> tuple[list[Case], Period]:
    period = period_of(asked.since, asked.until, records.zone)
    try:
        cases = await cases_of(
            records.cases, period, as_of=asked.as_of, scope=scope, hours=asked.hours
        )
    except TooManyCasesError as error:
        raise too_many(error) from error
    return cases, period


async def _baseline(records: Records, park: str) -> Baseline:
    found = await records.cases.baseline(park)
    if found is None:
        raise NO_BASELINE
    return found


async def _body(request: Request) -> str:
    """Read a body as text, as far as it may go.

    Raises:
        Problem: 413 for one too long; 400 for one that is no UTF-8.
    """
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > MOST_BYTES:
            raise TOO_LARGE
    try:
        return read.decode()
    except UnicodeDecodeError as error:
        detail = f"The body is not UTF-8, from byte {error.start} on."
        raise Problem(400, "not-utf-8", detail) from error


async def _from_csv(records: Records, body: str, *, park: str, by: str) -> Baseline:
    try:
        read = read_baseline(body, records.zone)
    except BadBaselineError as error:
        raise invalid(error.faults) from error
    return Baseline(
        park=park,
        version=0,
        source=BaselineSource.CSV,
        first_day=read.first_day,
        last_day=read.last_day,
        set_at=records.clock.now(),
        set_by=by,
        sample=read.sample,
    )


async def _from_period(records: Records, body: str, *, park: str, by: str) -> Baseline:
    try:
        wanted = PeriodOfBaseline.model_validate_json(body)
    except ValidationError as error:
        found = error.errors()
        raise invalid(
            [(".".join(map(str, one["loc"])) or "body", one["msg"]) for one in found]
        ) from error
    check_days(wanted.from_, wanted.to)
    now = records.clock.now()
    hours = REPEAT_HOURS
    asked = _Days(since=wanted.from_, until=wanted.to, as_of=records.as_of(None), hours=hours)
    cases, period = await _cases(records, asked, Scope())
    if period.until > now:
        raise invalid([("to", "must be over")])
    return Baseline(
        park=park,
        version=0,
        source=BaselineSource.PERIOD,
        first_day=wanted.from_,
        last_day=wanted.to,
        set_at=now,
        set_by=by,
        sample=sample_of(cases, period, hours=hours),
    )
