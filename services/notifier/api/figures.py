"""Figures over HTTP: compliance, the conservation of alerts, and who is silent."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from pydantic import StringConstraints

from incident.alert import Status
from services.notifier.api.access import PARK_ROLES, scope_of
from services.notifier.handlers.conservation import settled_before
from services.notifier.handlers.figures import days_as_moments, grouped
from services.notifier.heartbeat import ages_of, is_silent
from services.notifier.payloads.figures import (
    ComplianceFigures,
    ConservationFigures,
    conservation_figures,
    group_figures,
    left_figures,
)
from services.notifier.payloads.timing import Instance, WatchedService, WatchState
from services.notifier.ports import Atlas, GroupBy, Question, Reports
from services.runtime.auth import Principal, require
from services.runtime.clock import Clock
from services.runtime.openapi import refusals
from services.runtime.problems import invalid

MOST_DAYS = 366
MOST_CENTERS = 200
Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)
DEFAULT_ZONE = "Asia/Shanghai"

COMPLIANCE = """
Counts the legs of alerts received on the given days, both included, as the clock of the park
counts days. One row is one leg of one round of one incident, charged to the organisation that had
that round; a leg of the whole incident is charged to the round its end fell in.

- `n`: legs with both moments. The percentiles (nearest rank, in seconds) are over these.
- `met`: the end was reached by the due moment. `amended` are those among them that had been
  breached on record, until a believed later report disproved it.
- `breached`: the end came late, or had not come by the due moment.
- `void`: the round ended before the due moment without the end. Not judged.
- `no_end`: with the start and without the end, whatever the verdict; `pending` are those among
  them that may still be met.
- `not_measured`: without the start, such as `station` where the station did not say when it took
  the call.
- `compliance`: met / (met + breached), with its 95 % interval.
- `by`: the same for the ends that people stamped and for those that machines did.
- `proofs`: arrivals by what they rest on.
- `left_out`: cases of these days that stand in no leg: drills, tests, late entries (补录).

`response` (reported, or else received, to on_scene) has no target and so no verdict. Severity is
that at the opening, which the profile was chosen by. An operator and a chief see what is charged
to their center, a station its own alerts.
"""

Caller = Callable[..., Awaitable[Principal]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What figures need.

    Attributes:
        time_zone: The zone to count days by; that of the directory if None.
        clocks_age: Says for how many real seconds the clocks have not been looked at.
    """

    reports: Reports
    atlas: Atlas
    clock: Clock
    caller: Caller
    time_zone: str | None
    clocks_age: Callable[[], float]

    @property
    def zone(self) -> ZoneInfo:
        """The zone days are counted by."""
        lookup = self.atlas.lookup
        of_park = DEFAULT_ZONE if lookup is None else lookup.directory.park.time_zone
        return ZoneInfo(self.time_zone or of_park)

    @property
    def legs(self) -> tuple[str, ...]:
        """The legs in the order to show them."""
        profiles = self.atlas.profiles.values()
        return tuple(dict.fromkeys(leg.code for profile in profiles for leg in profile.legs))


def router(desk: Desk) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["figures"])
    _add_compliance(routes, desk)
    _add_conservation(routes, desk)
    _add_watch(routes, desk)
    return routes


def _add_compliance(routes: APIRouter, desk: Desk) -> None:
    @routes.get(
        "/v1/compliance",
        summary="Compliance figures of some days",
        description=COMPLIANCE,
        responses=refusals(401, 403, 422, 503),
    )
    async def compliance(
        *,
        since: Annotated[date, Query(alias="from", examples=["2026-03-02"])],
        until: Annotated[date, Query(alias="to", examples=["2026-03-08"])],
        group_by: GroupBy | None = None,
        status: Status = Status.ACTUAL,
        centers: Annotated[
            list[Code] | None,
            Query(
                alias="center",
                max_length=MOST_CENTERS,
                description="Only what is charged to these; may be repeated.",
            ),
        ] = None,
        caller: Annotated[Principal, Depends(desk.caller)],
    ) -> ComplianceFigures:
        scope = scope_of(caller)
        check_days(since, until)
        zone = desk.zone
        first, end = days_as_moments(since, until, zone)
        question = Question(
            since=first,
            until=end,
            status=status,
            group_by=group_by,
            scope=scope,
            centers=tuple(centers or ()),
        )
        proofs = await desk.reports.proofs(question)
        found = grouped(await desk.reports.tally(question), desk.legs)
        return ComplianceFigures(
            **{"from": since},
            to=until,
            time_zone=zone.key,
            group_by=group_by,
            status=status,
            as_of=desk.clock.now(),
            groups=[group_figures(group, proofs) for group in found],
            left_out=left_figures(await desk.reports.left_out(question)),
        )


def check_days(since: date, until: date) -> None:
    """Let a stretch of days be asked for.

    Raises:
        Problem: 422 for one that ends before it begins, is too long, or lies out of bounds.
    """
    faults = [
        (name, f"must lie between {FIRST_DAY} and {LAST_DAY}")
        for name, day in (("from", since), ("to", until))
        if not FIRST_DAY <= day <= LAST_DAY
    ]
    if until < since:
        faults.append(("to", "must not come before from"))
    if until - since >= timedelta(days=MOST_DAYS):
        faults.append(("to", f"must be within {MOST_DAYS} days of from"))
    if faults:
        raise invalid(faults)


def _add_conservation(routes: APIRouter, desk: Desk) -> None:
    @routes.get(
        "/v1/conservation",
        summary="Whether every alert is exactly one incident",
        responses=refusals(401, 403, 503),
    )
    async def conservation(
        caller: Annotated[Principal, Depends(desk.caller)],
    ) -> ConservationFigures:
        """Compare alerts and incidents: 0 unless something was lost or doubled."""
        require(caller, *PARK_ROLES)
        now = desk.clock.now()
        before = settled_before(now, factor=desk.clock.setting.factor)
        found = await desk.reports.conservation(before=before)
        return conservation_figures(found, await desk.reports.counts(), as_of=now)


def _add_watch(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/v1/watch", summary="Who has fallen silent", responses=refusals(401, 503))
    async def watch(caller: Annotated[Principal, Depends(desk.caller)]) -> WatchState:
        """Say when the watched services last gave a sign of life; any caller may ask."""
        del caller
        real, pulses = desk.clock.real(), await desk.reports.pulses()
        return WatchState(
            as_of=real,
            services=[
                WatchedService(
                    service=service,
                    silent=is_silent(age),
                    age_seconds=age,
                    instances=[
                        Instance(instance=one.instance, sent_at=one.sent_at)
                        for one in pulses
                        if one.service == service
                    ],
                )
                for service, age in ages_of(pulses, real).items()
            ],
            clocks_age_seconds=desk.clocks_age(),
        )
