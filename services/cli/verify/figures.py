"""Counts compliance figures anew, from incidents rebuilt from their events, and compares them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from incident.lifecycle import Incident
from incident.timing import Outcome, Verdict, judge
from services.cli.verify.archive import Figures
from services.cli.verify.findings import Finding, Kind

WHERE = "figures"
PERCENTS = {"p50_seconds": 50, "p90_seconds": 90, "p95_seconds": 95}
PARTS = ("n", "met", "amended", "breached", *PERCENTS)
WHOLES = ("void", "no_end", "pending", "not_measured", "target_seconds")

EARLIEST = datetime.min.replace(tzinfo=UTC)

Counted = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict with the incident it is about."""

    incident: Incident
    verdict: Verdict


def judge_all(incidents: Iterable[Incident], *, now: datetime) -> list[Judged]:
    """Judge every leg as of a moment, or of an incident's last record if that is later."""
    return [
        Judged(incident=incident, verdict=verdict)
        for incident in incidents
        for verdict in judge(incident, now=max(now, incident.updated_at))
    ]


def check_figures(
    incidents: Sequence[Incident], figures: Iterable[Figures], *, left_out: Collection[str] = ()
) -> Iterator[Finding]:
    """Find figures that are not those of the incidents.

    Args:
        incidents: As rebuilt from their events.
        figures: What was answered.
        left_out: Legs that are not compared.
    """
    live = [incident for incident in incidents if incident.ended_at is None]
    ended = [incident for incident in incidents if incident.ended_at is not None]
    fixed = judge_all(ended, now=EARLIEST)  # of what has ended, no verdict changes with time
    for each in figures:
        try:
            as_of = datetime.fromisoformat(each.told["as_of"])
            judged = [*fixed, *judge_all(live, now=as_of)]
            yield from _compare(each, count(each, judged), left_out)
        except (KeyError, TypeError, ValueError) as error:
            detail = f"the answer to {_asked(each)} cannot be read: {error!r}"
            yield Finding(kind=Kind.FIGURE, where=WHERE, detail=detail)


def count(figures: Figures, judged: Iterable[Judged]) -> dict[tuple[str, str], Counted]:
    """Count the legs that a question asks for, by group and leg."""
    since, until = _moments(figures)
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for each in judged:
        alert = each.incident.alert
        if alert.status == figures.asked["status"] and since <= alert.received_at < until:
            group = _group(figures.asked.get("group_by"), each)
            groups.setdefault((group, each.verdict.leg), []).append(each.verdict)
    return {key: _counted(verdicts) for key, verdicts in groups.items()}


def _moments(figures: Figures) -> tuple[datetime, datetime]:
    zone = ZoneInfo(figures.told["time_zone"])
    since, until = (date.fromisoformat(figures.asked[name]) for name in ("from", "to"))
    return _midnight(since, zone), _midnight(until + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _group(group_by: str | None, judged: Judged) -> str:
    alert = judged.incident.alert
    groups: dict[str | None, str] = {
        None: "all",
        "center": judged.verdict.organisation,
        "kind": alert.kind,
        "severity": alert.severity,
        "station": alert.station,
    }
    return str(groups[group_by])


def _counted(verdicts: Sequence[Verdict]) -> Counted:
    outcomes = [verdict.outcome for verdict in verdicts]
    targets = {each.target_seconds for each in verdicts if each.target_seconds is not None}
    return _part(verdicts) | {
        "void": outcomes.count(Outcome.VOID),
        "no_end": sum(each.start is not None and each.end is None for each in verdicts),
        "pending": outcomes.count(Outcome.PENDING),
        "not_measured": outcomes.count(Outcome.NOT_MEASURED),
        "target_seconds": targets.pop() if len(targets) == 1 else None,
        "by": {
            by.value: _part([each for each in verdicts if each.by is by])
            for by in {each.by for each in verdicts if each.by is not None}
        },
    }


def _part(verdicts: Sequence[Verdict]) -> Counted:
    seconds = sorted(each.seconds for each in verdicts if each.seconds is not None)
    met = [each for each in verdicts if each.outcome is Outcome.MET]
    ranks = {
        name: seconds[ceil(len(seconds) * percent / 100) - 1] if seconds else None
        for name, percent in PERCENTS.items()
    }
    return {
        "n": len(seconds),
        "met": len(met),
        "amended": sum(each.amended for each in met),
        "breached": sum(each.outcome is Outcome.BREACHED for each in verdicts),
        **ranks,
    }


def _compare(
    figures: Figures, counted: Mapping[tuple[str, str], Counted], left_out: Collection[str]
) -> Iterator[Finding]:
    told = {
        (group["group"], leg["leg"]): leg
        for group in figures.told["groups"]
        for leg in group["legs"]
    }
    for key in sorted({*told, *counted}):
        group, leg = key
        if leg in left_out:
            continue
        for name, expected, found in _differences(counted.get(key), told.get(key)):
            detail = (
                f"{_asked(figures)}: {group}, leg {leg}: {name} is {found},"
                f" the events give {expected}"
            )
            yield Finding(kind=Kind.FIGURE, where=WHERE, detail=detail)


def _differences(
    counted: Counted | None, told: Counted | None
) -> Iterator[tuple[str, object, object]]:
    if counted is None or told is None:
        yield "the leg", "none" if counted is None else "one", "none" if told is None else "there"
        return
    for name in (*PARTS, *WHOLES):
        if counted[name] != told[name]:
            yield name, counted[name], told[name]
    for by in sorted({*counted["by"], *told["by"]}):
        expected, found = counted["by"].get(by, {}), told["by"].get(by, {})
        for name in PARTS:
            if expected.get(name) != found.get(name):
                yield f"{name} by {by}", expected.get(name), found.get(name)


def _asked(figures: Figures) -> str:
    asked = figures.asked
    grouped = f" by {asked['group_by']}" if asked.get("group_by") else ""
    return f"{asked.get('from')} to {asked.get('to')}, {asked.get('status')}{grouped}"
