"""Compliance figures from SQL are those that Python computes from the incidents alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incident.alert import OrganisationId, Severity, Status
from incident.lifecycle import Incident, Round, RoundCause
from incident.moments import ActorKind, Moment
from incident.timing import Outcome, Verdict, judge
from services.notifier.handlers.figures import days_as_moments
from services.notifier.handlers.statistics import nearest_rank
from services.notifier.ports import GroupBy, Question, Scope, Tally
from tests.builders import RECEIVED, a_moment, a_round, an_alert, an_incident, at
from tests.integration.notifier.bench import Bench
from tests.services.notifier.watching import version

NOW = 40_000.0
CENTERS = [OrganisationId(code) for code in ("heling", "yunqi", "chengshi")]
STATIONS = [OrganisationId(code) for code in ("station-1", "station-2")]
NAMES = ("pushed", "acknowledged", "assigned", "accepted", "en_route", "on_scene", "resolved")
OFFSETS = st.sampled_from([0.0, 20.0, 30.0, 59.999999, 60.0, 60.000001, 75.5, 300.0, 301.0, 2500.0])
BEIJING = ZoneInfo("Asia/Shanghai")


@st.composite
def moments(draw: st.DrawFn, round_number: int) -> list[Moment]:
    """Some moments of a round, in no order, some told late, some by machines."""
    found = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        occurred = draw(OFFSETS)
        found.append(
            a_moment(
                name,
                occurred,
                recorded=occurred + draw(st.sampled_from([0.0, 0.0, 90.0])),
                round_number=round_number,
                by=draw(st.sampled_from(ActorKind)),
            )
        )
    return found


@st.composite
def incidents(draw: st.DrawFn, number: int) -> Incident:
    """An incident with one or two rounds, received some hours from second 0."""
    alert = replace(
        an_alert(
            number=number,
            severity=draw(st.sampled_from(Severity)),
            reported=draw(st.sampled_from([None, -20.0, -70.0])),
        ),
        station=draw(st.sampled_from(STATIONS)),
        status=draw(st.sampled_from([Status.ACTUAL, Status.ACTUAL, Status.EXERCISE])),
        received_at=RECEIVED + timedelta(hours=draw(st.integers(-14, 14))),
    )
    rounds: list[Round] = [
        a_round(1, RoundCause.OPENED, 0, organisation=draw(st.sampled_from(CENTERS)))
    ]
    if draw(st.booleans()):
        rounds[0] = replace(rounds[0], ended_at=at(80))
        other = draw(st.sampled_from(CENTERS))
        rounds.append(a_round(2, RoundCause.TRANSFERRED, 80, organisation=other))
    return an_incident(
        also=[one for entry in rounds for one in draw(moments(entry.number))],
        rounds=rounds,
        ended=draw(st.sampled_from([None, 50.0, 400.0, 9000.0])),
        alert=alert,
    )


@dataclass(frozen=True)
class Row:
    """A verdict with what it is grouped and filtered by."""

    incident: Incident
    verdict: Verdict

    def group(self, by: GroupBy | None) -> str:
        alert = self.incident.alert
        values = {
            GroupBy.CENTER: self.verdict.organisation,
            GroupBy.KIND: alert.kind,
            GroupBy.SEVERITY: alert.severity.value,
            GroupBy.STATION: alert.station,
        }
        return "all" if by is None else values[by]

    def counts(self, question: Question) -> bool:
        alert, scope = self.incident.alert, question.scope
        return (
            alert.status == question.status
            and question.since <= alert.received_at < question.until
            and scope.center in (None, self.verdict.organisation)
            and scope.station in (None, alert.station)
            and (not question.centers or self.verdict.organisation in question.centers)
        )


def recomputed(rows: Iterable[Row], question: Question) -> list[Tally]:
    """The figures, the long way."""

    def key(row: Row) -> tuple[str, str]:
        return row.group(question.group_by), row.verdict.leg

    tallies = []
    for (group, leg), several in groupby(sorted(filter_rows(rows, question), key=key), key=key):
        verdicts = [row.verdict for row in several]
        tallies.append(tally(group, leg, None, verdicts))
        actors = sorted({one.by for one in verdicts if one.by is not None})
        tallies += [tally(group, leg, by, [v for v in verdicts if v.by == by]) for by in actors]
    return tallies


def filter_rows(rows: Iterable[Row], question: Question) -> list[Row]:
    return [row for row in rows if row.counts(question)]


def tally(group: str, leg: str, by: str | None, verdicts: Sequence[Verdict]) -> Tally:
    def count(outcome: Outcome) -> int:
        return sum(one.outcome is outcome for one in verdicts)

    seconds = [one.seconds for one in verdicts if one.seconds is not None]
    p50, p90, p95 = (nearest_rank(seconds, p) if seconds else 0 for p in (50, 90, 95))
    return Tally(
        group=group,
        leg=leg,
        by=by,
        n=len(seconds),
        met=count(Outcome.MET),
        amended=sum(one.amended and one.outcome is Outcome.MET for one in verdicts),
        breached=count(Outcome.BREACHED),
        void=count(Outcome.VOID),
        no_end=sum(one.start is not None and one.end is None for one in verdicts),
        pending=count(Outcome.PENDING),
        not_measured=count(Outcome.NOT_MEASURED),
        targets=tuple(sorted({one.target_seconds for one in verdicts if one.target_seconds})),
        percentiles=(p50, p90, p95) if seconds else None,
    )


def a_question(
    *,
    group_by: GroupBy | None = None,
    status: Status = Status.ACTUAL,
    scope: Scope | None = None,
    since: datetime = RECEIVED - timedelta(days=1),
    until: datetime = RECEIVED + timedelta(days=1),
    centers: Sequence[str] = (),
) -> Question:
    return Question(
        since=since,
        until=until,
        status=status,
        group_by=group_by,
        scope=scope or Scope(),
        centers=tuple(centers),
    )


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_figures_are_those_recomputed_from_the_incidents(
    bench: Bench, data: st.DataObject
) -> None:
    await bench.fetch("truncate notifier.incident cascade")
    found = [data.draw(incidents(number)) for number in range(1, data.draw(st.integers(1, 12)) + 1)]
    await bench.hears(*(version(earlier(one), 1, told=0) for one in found), now=0)
    await bench.looks(now=data.draw(OFFSETS))
    await bench.hears(*(version(one, 2, told=0) for one in found), now=0)
    await bench.looks(now=NOW)
    rows = [Row(one, verdict) for one in found for verdict in judge(one, now=at(NOW))]
    scopes = [Scope(), Scope(center=CENTERS[0]), Scope(station=STATIONS[1])]
    since, until = days_as_moments(date(2026, 3, 2), date(2026, 3, 2), BEIJING)
    for group_by in (None, *GroupBy):
        for question in (
            *(a_question(group_by=group_by, scope=scope) for scope in scopes),
            a_question(group_by=group_by, status=Status.EXERCISE),
            a_question(group_by=group_by, since=since, until=until),
            a_question(group_by=group_by, centers=CENTERS[:2]),
            a_question(group_by=group_by, scope=Scope(center=CENTERS[0]), centers=CENTERS[1:]),
        ):
            assert by_place(await bench.reports.tally(question)) == by_place(
                recomputed(rows, question)
            )


def earlier(incident: Incident) -> Incident:
    """The same while it went on: its first round runs, and half of what happened was not told."""
    told = tuple(
        one
        for place, one in enumerate(incident.moments)
        if one.round == 1 and (one.name in {"reported", "received"} or place % 2)
        if one.name != "ended"
    )
    began = replace(incident.rounds[0], ended_at=None)
    return replace(incident, moments=told, rounds=(began,), ended_at=None)


def by_place(tallies: Iterable[Tally]) -> dict[tuple[str, str, str | None], Tally]:
    return {(one.group, one.leg, one.by): one for one in tallies}


@pytest.mark.parametrize(
    ("received", "day"),
    [
        (datetime(2026, 3, 1, 15, 59, 59, 999999, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 1, 16, 0, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 2, 15, 59, 59, 999999, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 2, 16, 0, tzinfo=UTC), date(2026, 3, 3)),
    ],
)
async def test_an_alert_counts_for_the_day_it_was_received_on_in_beijing(
    bench: Bench, received: datetime, day: date
) -> None:
    alert = replace(an_alert(), received_at=received)
    await bench.hears(version(an_incident(alert=alert), 1, told=0), now=0)
    for other in (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)):
        since, until = days_as_moments(other, other, BEIJING)
        tallies = await bench.reports.tally(a_question(since=since, until=until))
        assert bool(tallies) is (other == day)


async def test_figures_are_there_as_soon_as_an_event_was_applied(bench: Bench) -> None:
    for name, told in (("pushed", 20), ("acknowledged", 30)):
        stamps = {"pushed": 20.0} | ({name: float(told)} if name != "pushed" else {})
        await bench.hears(version(an_incident(stamps), told, told=told), now=told)
        tallies = {one.leg: one for one in await bench.reports.tally(a_question()) if not one.by}
        assert tallies["acknowledge"].n == (name == "acknowledged")


async def test_an_alert_the_dispatcher_never_opened_counts_as_breached(bench: Bench) -> None:
    await bench.hears(an_alert(), now=0.1)
    await bench.looks(now=61)
    (push,) = [one for one in await bench.reports.tally(a_question()) if one.leg == "push"]
    assert (push.breached, push.no_end, push.n) == (1, 1, 0)
