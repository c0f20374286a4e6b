"""The legs of profile 115 as a plain second reading of the events, without the product's rules.

It knows incidents of one round, which is what the load lives. Targets stand here as numbers: what
is compared must not come from one file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any

Json = Mapping[str, Any]

TARGETS: dict[str, tuple[str, str, int | None]] = {
    "station": ("reported", "pushed", 60),
    "push": ("received", "pushed", 60),
    "acknowledge": ("pushed", "acknowledged", 60),
    "assign": ("pushed", "assigned", 60),
    "accept": ("assigned", "accepted", 30),
    "depart": ("accepted", "en_route", 60),
    "on_scene": ("assigned", "on_scene", 300),
    "feedback": ("on_scene", "resolved", 1800),
    "close": ("on_scene", "closed", 7200),
    "total": ("received", "ended", 86400),
    "response": ("received", "on_scene", None),
}
STAMPS = {
    "incident.pushed.v1": ("pushed",),
    "incident.acknowledged.v1": ("acknowledged",),
    "incident.team_assigned.v1": ("assigned",),
    "incident.team_accepted.v1": ("accepted",),
    "incident.team_departed.v1": ("en_route",),
    "incident.team_arrived.v1": ("on_scene",),
    "incident.resolved.v1": ("resolved",),
    "incident.closed.v1": ("closed", "ended"),
    "incident.cancelled.v1": ("ended",),
    "incident.refused.v1": ("ended",),
}
ROUNDS = frozenset(
    {
        "incident.transferred.v1",
        "incident.returned.v1",
        "incident.reopened.v1",
        "incident.split.v1",
        "incident.merged.v1",
        "incident.handover_accepted.v1",
    }
)


class ManyRoundsError(ValueError):
    """An incident lived more than one round: not read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """One moment: when it counts as having been, and when it was written down."""

    at: datetime
    written: datetime


@dataclass(slots=True, kw_only=True)
class Count:
    """What is counted of one leg in one group."""

    seconds: list[float] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)
    amended: int = 0
    no_end: int = 0

    def figures(self) -> dict[str, Any]:
        """The figures as `GET /v1/compliance` names them."""
        ordered = sorted(self.seconds)
        names = ("met", "breached", "void", "pending", "not_measured")
        return {
            "n": len(ordered),
            "amended": self.amended,
            "no_end": self.no_end,
            **{name: self.outcomes.get(name, 0) for name in names},
            **{f"p{percent}_seconds": _rank(ordered, percent) for percent in (50, 90, 95)},
        }


def count_legs(
    stories: Iterable[Sequence[Json]], *, as_of: datetime, by_center: bool
) -> dict[tuple[str, str], dict[str, Any]]:
    """Count the legs of incidents told by their events.

    Args:
        stories: The events of each incident in their order.
        as_of: Decides what is late of what is not over.
        by_center: Count each center by itself; else all together, as `all`.

    Raises:
        ManyRoundsError: One lived more than one round.
    """
    counts: dict[tuple[str, str], Count] = {}
    for story in stories:
        stamps = _stamps(story)
        group = str(story[0]["body"]["center"]) if by_center else "all"
        for leg, (start, end, target) in TARGETS.items():
            _count(counts, (group, leg), _span(stamps, start, end), target=target, as_of=as_of)
    return {key: found.figures() for key, found in counts.items()}


def moment(text: str) -> datetime:
    """Read a moment of an event."""
    return datetime.fromisoformat(text)


def _stamps(story: Sequence[Json]) -> dict[str, list[Stamp]]:
    alert = story[0]["body"]["alert"]
    found: dict[str, list[Stamp]] = {}
    for name in ("received", "reported"):
        if alert.get(f"{name}_at"):
            at = moment(alert[f"{name}_at"])
            found[name] = [Stamp(at=at, written=at)]
    for event in story[1:]:
        if event["type"] in ROUNDS:
            raise ManyRoundsError(f"{event['incident']}: {event['type']}")
        written = moment(event["recorded_at"])
        at = written if event["disbelieved"] else moment(event["occurred_at"])
        for name in STAMPS.get(event["type"], ()):
            found.setdefault(name, []).append(Stamp(at=at, written=written))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What a leg is judged by."""

    start: datetime | None
    ends: Sequence[Stamp]
    closings: Sequence[Stamp]


def _span(stamps: Mapping[str, Sequence[Stamp]], start: str, end: str) -> Span:
    begun = min((stamp.at for stamp in stamps.get(start, ())), default=None)
    return Span(start=begun, ends=stamps.get(end, ()), closings=stamps.get("ended", ()))


def _count(
    counts: dict[tuple[str, str], Count],
    key: tuple[str, str],
    span: Span,
    *,
    target: int | None,
    as_of: datetime,
) -> None:
    leg = key[1]
    if span.start is None and not span.ends and leg != "station":
        return  # it never began
    found = counts.setdefault(key, Count())
    end = min((stamp.at for stamp in span.ends), default=None)
    outcome, amended = _judge(span, end, target=target, as_of=as_of)
    found.outcomes[outcome] = found.outcomes.get(outcome, 0) + 1
    found.amended += outcome == "met" and amended
    if span.start is not None and end is not None and outcome not in {"void", "pending"}:
        found.seconds.append((end - span.start).total_seconds())
    found.no_end += span.start is not None and (end is None or outcome == "void")


def _judge(
    span: Span, end: datetime | None, *, target: int | None, as_of: datetime
) -> tuple[str, bool]:
    """The outcome, and whether a breach stood on record before it was known.

    A leg is void where the incident ended before due without the moment. One stamped after due is
    then also after the end, and not the leg's: two clocks differ, and nobody waited for it.
    """
    if span.start is None:
        return "not_measured", False
    ended = min((stamp.at for stamp in span.closings), default=None)
    if target is None:
        return ("measured" if end else "void" if ended else "pending"), False
    late = target  # seconds
    if end is not None and (end - span.start).total_seconds() <= late:
        return "met", _stood(span, late, span.ends)
    if ended is not None and (ended - span.start).total_seconds() <= late:
        return "void", False
    over = end is not None or ended is not None or (as_of - span.start).total_seconds() > late
    return ("breached" if over else "pending"), False


def _stood(span: Span, late: int, ends: Sequence[Stamp]) -> bool:
    assert span.start is not None  # noqa: S101  # for the type checker: asked only of begun legs
    start = span.start
    known = min(each.written for each in ends if (each.at - start).total_seconds() <= late)
    if (known - start).total_seconds() > late:
        return True
    others = (*ends, *span.closings)
    return any((each.at - start).total_seconds() > late and each.written < known for each in others)


def _rank(ordered: Sequence[float], percent: int) -> float | None:
    return ordered[ceil(len(ordered) * percent / 100) - 1] if ordered else None
