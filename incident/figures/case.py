"""A case: of an incident what figures use, and nothing else, so that it can be kept for long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from incident.alert import OrganisationId, Severity, Status, TeamId
from incident.events import LinkKind
from incident.lifecycle import Incident, RoundCause, State
from incident.moments import ActorKind, Moment, MomentName, Proof
from incident.profile import OnSite
from incident.timing.spans import Span, round_spans

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A time that was measured.

    Attributes:
        seconds: From start to end as judged; negative for an end before its start.
        by: Who stamped the end.
        proof: What the end rests on, for an arrival.
        team: Whose act the end was, for a team's act.
    """

    seconds: float
    by: ActorKind
    proof: Proof | None = None
    team: TeamId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stint:
    """One round of a case.

    Attributes:
        acknowledge: pushed → acknowledged (签收).
        arrive: assigned → on_scene (出警).
        report: assigned → resolved (反馈).
    """

    number: int
    organisation: OrganisationId
    acknowledge: Measure | None = None
    arrive: Measure | None = None
    report: Measure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopening:
    """A case that went on after its end."""

    ended_at: datetime
    reopened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervised:
    """A supervision (督办) with its deadline; `ended_at` is None while it is open."""

    organisation: OrganisationId
    due_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A follow-up call (回访) that was made; `satisfied` only where somebody was reached."""

    reached: bool
    satisfied: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An incident as figures see it.

    Attributes:
        center: Whose it is, or was at its end.
        severity: At the opening.
        place: The code of its place, where one is known.
        late_entry: It was entered after it was over (补录): counted, but no time is measured.
        merged: It was closed as a duplicate of another.
        on_site: How its disposition counts, by its kind as it stood then.
        response: reported, or else received → on_scene, of its first life.
        repeats: Incidents that it was linked to as a repeat.
        call_due: A follow-up call is to be made.
    """

    id: UUID
    status: Status
    station: OrganisationId
    center: OrganisationId
    kind: str
    severity: Severity
    received_at: datetime
    state: State
    category: str | None = None
    place: str | None = None
    late_entry: bool = False
    merged: bool = False
    ended_at: datetime | None = None
    disposition: str | None = None
    on_site: OnSite | None = None
    response: Measure | None = None
    stints: tuple[Stint, ...] = ()
    reopenings: tuple[Reopening, ...] = ()
    repeats: tuple[UUID, ...] = ()
    supervisions: tuple[Supervised, ...] = ()
    calls: tuple[Called, ...] = ()
    call_due: bool = False

    @property
    def number(self) -> str:
        """The short number people know it by."""
        return self.id.hex[:8].upper()

    @property
    def first_closed_at(self) -> datetime | None:
        """When it was over for the first time; None while it never was."""
        return self.reopenings[0].ended_at if self.reopenings else self.ended_at


def case_of(incident: Incident, on_site: Mapping[str, OnSite]) -> Case:
    """Take from an incident what figures use.

    Args:
        incident: As it stands.
        on_site: How each disposition of its kind counts.
    """
    alert, spans = incident.alert, round_spans(incident)
    disposition = incident.disposition if incident.state is State.CLOSED else None
    return Case(
        id=incident.id,
        status=alert.status,
        station=alert.station,
        center=incident.center,
        kind=alert.kind,
        severity=alert.severity,
        received_at=alert.received_at,
        state=incident.state,
        category=alert.category,
        place=incident.place or alert.place.place,
        late_entry=incident.late_entry,
        merged=incident.merged_into is not None,
        ended_at=incident.ended_at,
        disposition=disposition,
        on_site=None if disposition is None else on_site.get(disposition),
        response=None if incident.late_entry else _response(incident, spans),
        stints=tuple(_stint(span, late=incident.late_entry) for span in spans),
        reopenings=_reopenings(incident),
        repeats=tuple(one.other for one in incident.links if one.link is LinkKind.REPEAT),
        supervisions=tuple(
            Supervised(
                organisation=one.owner.organisation,
                due_at=one.deadline,
                ended_at=None if one.ended is None else one.ended.at,
            )
            for one in incident.supervisions
        ),
        calls=tuple(
            Called(reached=one.reached, satisfied=one.satisfied) for one in incident.follow_up_calls
        ),
        call_due=incident.follow_up_due is not None,
    )


def _stint(span: Span, *, late: bool) -> Stint:
    (entry,) = span.rounds
    if late:
        return Stint(number=entry.number, organisation=entry.organisation)
    starts = span.starts()
    pushed, assigned = starts.get(MomentName.PUSHED), starts.get(MomentName.ASSIGNED)
    return Stint(
        number=entry.number,
        organisation=entry.organisation,
        acknowledge=_measure(pushed, span, MomentName.ACKNOWLEDGED),
        arrive=_measure(assigned, span, MomentName.ON_SCENE),
        report=_measure(assigned, span, MomentName.RESOLVED),
    )


def _response(incident: Incident, spans: list[Span]) -> Measure | None:
    """From the call, or else its receipt, to the first arrival before a reopening."""
    start = incident.alert.reported_at or incident.alert.received_at
    for span in spans:
        if span.rounds[0].cause is RoundCause.REOPENED:
            break
        if span.stamped(MomentName.ON_SCENE):
            return _measure(start, span, MomentName.ON_SCENE)
    return None


def _measure(start: datetime | None, span: Span, name: MomentName) -> Measure | None:
    stamped = span.stamped(name)
    if start is None or not stamped:
        return None
    end = min(stamped, key=_rank)
    return Measure(
        seconds=(end.judged_at - start) / SECOND,
        by=end.actor.kind,
        proof=end.proof,
        team=end.team,
    )


def _rank(moment: Moment) -> tuple[datetime, datetime, str, str]:
    """The earliest decides; of equal ones the first recorded, then a fixed order."""
    return moment.judged_at, moment.recorded_at, moment.actor.kind, moment.team or ""


def _reopenings(incident: Incident) -> tuple[Reopening, ...]:
    pairs = zip(incident.rounds, incident.rounds[1:], strict=False)
    return tuple(
        Reopening(ended_at=before.ended_at or after.started_at, reopened_at=after.started_at)
        for before, after in pairs
        if after.cause is RoundCause.REOPENED
    )
