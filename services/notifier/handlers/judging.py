"""What the clocks of one incident say, of that what was not said yet, and when to look again.

Pure. Two callers differ in what they may say. Who follows the incident (a record came) says what
the records show: a verdict as of the newest record. Who keeps its deadlines (time has passed)
also says what follows from nothing having happened until now, and does so only once every record
there was by then is applied.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from incident.ladder import Step, plan
from incident.lifecycle import Incident
from incident.messages import (
    STEP_DUE,
    TARGET_AMENDED,
    TARGET_AT_RISK,
    TARGET_BREACHED,
    TARGET_MET,
    IncidentChanged,
    StepDue,
    TargetChanged,
)
from incident.moments import MomentName
from incident.profile import Action
from incident.timing import DeadlineKind, Outcome, Verdict, deadlines_of, judge
from services.notifier.ports import Atlas, Fact, Judged, Known, Point, PointKind

END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is judged.

    Attributes:
        incident: As last heard of, or as its alert would open it.
        provisional: There is no incident yet. Then only the legs that a receipt ends are judged,
            and nothing is due but their breach and the steps that tell somebody.
        undeliverable: Its center has consoles and no system of its own, so that no rung that
            delivers there has anything to do.
    """

    incident: Incident
    provisional: bool = False
    undeliverable: bool = False

    @property
    def told_at(self) -> datetime:
        """The moment of its newest record."""
        return self.incident.updated_at


def subject_of(incident: Incident, atlas: Atlas) -> Subject:
    """Say what is judged of an incident, by the directory as it stands now.

    A center with neither consoles nor a system keeps the rung: that nobody can be reached there is
    to stand in the incident.
    """
    lookup = atlas.lookup
    center = None if lookup is None else lookup.centers.get(incident.center)
    lacks_system = center is not None and center.webhook is None
    return Subject(incident=incident, undeliverable=lacks_system and incident.console)


def judge_records(
    known: Known, subject: Subject, *, now: datetime, events: tuple[IncidentChanged, ...] = ()
) -> Judged:
    """Judge an id of which a record came: as of that record, or as far as its clocks were read.

    Args:
        known: What is stored of it.
        subject: As it stands with the record.
        now: When this is said.
        events: What was newly heard of it.
    """
    as_of = max(subject.told_at, known.judged_to or subject.told_at)
    verdicts = verdicts_of(subject, now=as_of)
    said_at = _said_at(known, now)
    points = points_of(subject, verdicts, announced=known.announced)
    return Judged(
        known=known,
        subject=subject.incident,
        incident=None if subject.provisional else subject.incident,
        verdicts=verdicts,
        facts=tuple(_from_verdicts(subject, verdicts, known.announced, said_at)),
        wake=points[0] if points else None,
        judged_to=as_of,
        events=events,
    )


def judge_time(known: Known, subject: Subject, *, now: datetime) -> Judged:
    """Judge an id whose deadline has come: as of now, saying all that has passed."""
    as_of = max(now, subject.told_at, known.judged_to or now)
    verdicts = verdicts_of(subject, now=as_of)
    said_at = _said_at(known, now)
    points = points_of(subject, verdicts, announced=known.announced)
    passed = {point.key for point in points if point.due_at <= as_of}
    return Judged(
        known=known,
        subject=subject.incident,
        incident=None,
        verdicts=verdicts,
        facts=(
            *_from_verdicts(subject, verdicts, known.announced, said_at),
            *_from_points(subject, verdicts, passed, said_at),
        ),
        wake=next((point for point in points if point.key not in passed), None),
        judged_to=as_of,
    )


def verdicts_of(subject: Subject, *, now: datetime) -> tuple[Verdict, ...]:
    """The verdicts on a subject's legs; on a provisional one those that a receipt ends."""
    verdicts = judge(subject.incident, now=now)
    if not subject.provisional:
        return verdicts
    legs = subject.incident.profile.legs
    pushes = {leg.code for leg in legs if leg.end is MomentName.PUSHED}
    return tuple(verdict for verdict in verdicts if verdict.leg in pushes)


def points_of(
    subject: Subject, verdicts: Iterable[Verdict], *, announced: Collection[str]
) -> list[Point]:
    """The moments at which something is still to be said, earliest first, passed ones included."""
    found = [
        Point(key=f"{deadline.kind}/{name}", kind=PointKind(deadline.kind), due_at=deadline.due_at)
        for deadline in deadlines_of(verdicts)
        if not (subject.provisional and deadline.kind is DeadlineKind.AT_RISK)
        for name in (deadline.key.removesuffix("/due"),)
    ]
    found += [
        Point(key=f"ladder/{step.key}", kind=PointKind.LADDER, due_at=step.due_at)
        for step in _steps(subject)
    ]
    found = [point for point in found if _fact_key(point) not in announced]
    return sorted(found, key=lambda point: (point.due_at, point.key))


def _fact_key(point: Point) -> str:
    """The fact that is stated when a point passes."""
    if point.kind is PointKind.AT_RISK:
        return point.key
    name = point.key.removeprefix(f"{point.kind}/")
    return f"breached/{name}" if point.kind is PointKind.DUE else f"step/{name}"


def _steps(subject: Subject) -> tuple[Step, ...]:
    """All steps of the ladder that are not taken, due or to come."""
    steps = plan(subject.incident, now=END_OF_TIME).due
    if subject.provisional:  # people can be told; there is nothing yet to send a team to
        return tuple(step for step in steps if step.action is Action.NOTIFY)
    if not subject.undeliverable:
        return steps
    return tuple(step for step in steps if step.action is not Action.WEBHOOK)


def _said_at(known: Known, now: datetime) -> datetime:
    """When a fact is recorded: never before the one before it in the log."""
    return now if known.recorded_at is None else max(now, known.recorded_at)


def _from_verdicts(
    subject: Subject, verdicts: Iterable[Verdict], announced: Collection[str], at: datetime
) -> Iterator[Fact]:
    """What the verdicts say that was not said before.

    A breach is said once, and so is that a leg was met; where a breach was said or stood on
    record before, that is an amendment, as is that the leg turned out void.
    """
    for verdict in verdicts:
        name = f"{verdict.round}/{verdict.leg}"
        was_breached = f"breached/{name}" in announced
        was_cleared = f"met/{name}" in announced or f"amended/{name}" in announced
        if verdict.outcome is Outcome.BREACHED and not was_breached:
            yield _target(subject, verdict, f"breached/{name}", type_=TARGET_BREACHED, at=at)
        elif verdict.outcome is Outcome.MET and not was_cleared:
            if was_breached or verdict.amended:
                yield _target(subject, verdict, f"amended/{name}", type_=TARGET_AMENDED, at=at)
            else:
                yield _target(subject, verdict, f"met/{name}", type_=TARGET_MET, at=at)
        elif verdict.outcome is Outcome.VOID and was_breached and not was_cleared:
            yield _target(subject, verdict, f"amended/{name}", type_=TARGET_AMENDED, at=at)


def _from_points(
    subject: Subject, verdicts: Iterable[Verdict], passed: Collection[str], at: datetime
) -> Iterator[Fact]:
    """The warnings and steps among the points that have passed, warnings first."""
    for verdict in verdicts:
        for warning in verdict.warnings:
            key = f"at_risk/{verdict.round}/{verdict.leg}/{warning.percent}"
            if key in passed:
                yield _target(
                    subject, verdict, key, type_=TARGET_AT_RISK, at=at, percent=warning.percent
                )
    for step in _steps(subject):
        if f"ladder/{step.key}" in passed:
            due = StepDue(
                incident=subject.incident.id, step=step.key, due_at=step.due_at, fired_at=at
            )
            yield Fact(key=f"step/{step.key}", type=STEP_DUE, body=due)


def _target(
    subject: Subject,
    verdict: Verdict,
    key: str,
    *,
    type_: str,
    at: datetime,
    percent: int | None = None,
) -> Fact:
    assert verdict.due is not None  # noqa: S101  # only a leg with a target is met, late or at risk
    body = TargetChanged(
        incident=subject.incident.id,
        round=verdict.round,
        leg=verdict.leg,
        organisation=verdict.organisation,
        due_at=verdict.due,
        at=at,
        percent=percent,
        seconds=verdict.seconds,
    )
    return Fact(key=key, type=type_, body=body)
