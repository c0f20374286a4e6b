"""Small builders for tests: an alert, moments and an incident; times are seconds from receipt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from incident.alert import (
    Alert,
    Circumstances,
    IncidentId,
    OrganisationId,
    Place,
    Reference,
    Severity,
    Source,
    Status,
    TeamId,
)
from incident.lifecycle import Incident, Round, RoundCause, State
from incident.moments import Actor, ActorKind, Moment, MomentName, Proof, Via
from incident.profile import Profile
from services.runtime.kinds import load_kinds

RECEIVED = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""When every built alert was received: second 0."""

KINDS, PROFILES = load_kinds()
PROFILE_115 = PROFILES["115"]
OBSERVE = PROFILES["observe"]
CENTER = OrganisationId("heling")
STATION = OrganisationId("station-1")
REACHED = (
    State.RESOLVED, State.ON_SCENE, State.EN_ROUTE, State.ACCEPTED, State.ASSIGNED,
    State.ACKNOWLEDGED, State.PUSHED,
)  # fmt: skip


def at(seconds: float) -> datetime:
    """The moment some seconds after receipt."""
    return RECEIVED + timedelta(seconds=seconds)


def an_alert(
    *,
    severity: Severity = Severity.YELLOW,
    source: Source = Source.STATION,
    late: bool = False,
    reported: float | None = -20,
    number: int = 1,
) -> Alert:
    """An alert; `number` tells several apart."""
    return Alert(
        id=IncidentId(UUID(int=number)),
        station=STATION,
        reference=Reference(number=str(number), order="1"),
        revision=1,
        kind="police-alert",
        severity=severity,
        status=Status.ACTUAL,
        source=source,
        place=Place(center=CENTER),
        circumstances=Circumstances(),
        fingerprint="0" * 64,
        late=late,
        reported_at=None if reported is None else at(reported),
        received_at=at(0),
    )


def an_actor(kind: ActorKind = ActorKind.PERSON, organisation: OrganisationId = CENTER) -> Actor:
    """Somebody of the center, or a machine of it."""
    return Actor(kind=kind, id="key-1", role="operator", organisation=organisation)


def a_moment(
    name: str,
    occurred: float,
    *,
    recorded: float | None = None,
    disbelieved: bool = False,
    round_number: int = 1,
    by: ActorKind = ActorKind.PERSON,
    via: Via = Via.CONSOLE,
    proof: Proof | None = None,
    team: str | None = None,
) -> Moment:
    """A moment, recorded as it occurred unless said otherwise."""
    told = occurred if recorded is None else recorded
    return Moment(
        name=MomentName(name),
        round=round_number,
        occurred_at=at(occurred),
        recorded_at=at(told),
        judged_at=at(told if disbelieved else occurred),
        disbelieved=disbelieved,
        actor=an_actor(by),
        via=via,
        proof=proof,
        team=None if team is None else TeamId(team),
    )


def a_round(
    number: int,
    cause: RoundCause,
    started: float,
    *,
    ended: float | None = None,
    organisation: OrganisationId = CENTER,
) -> Round:
    """A round of an incident."""
    return Round(
        number=number,
        cause=cause,
        organisation=organisation,
        started_at=at(started),
        ended_at=None if ended is None else at(ended),
    )


def an_incident(
    stamps: Mapping[str, float] | None = None,
    *,
    also: Iterable[Moment] = (),
    rounds: Sequence[Round] | None = None,
    ended: float | None = None,
    state: State | None = None,
    alert: Alert | None = None,
    severity: Severity | None = None,
    profile: Profile = PROFILE_115,
    console: bool = True,
    steps: Sequence[str] = (),
) -> Incident:
    """An incident with its moments.

    `stamps` are moments of the first round, recorded as they occurred; `received`, and `reported`
    where the alert has it, stand there anyway, and `ended` in the last round if it `ended`.
    Further moments come in `also`. By default it has one round, and the state its moments tell.
    """
    opened = an_alert() if alert is None else alert
    all_rounds = tuple(rounds or (a_round(1, RoundCause.OPENED, 0),))
    if ended is not None:
        all_rounds = (*all_rounds[:-1], replace(all_rounds[-1], ended_at=at(ended)))
    moments = [*_stamped(opened, stamps or {}), *also]
    last = all_rounds[-1].number
    if ended is not None and not any(
        entry.name is MomentName.ENDED and entry.round == last for entry in moments
    ):
        moments.append(a_moment("ended", ended, round_number=last))
    return Incident(
        id=opened.id,
        version=1,
        state=state or _state(moments, last, ended=ended is not None),
        alert=opened,
        center=all_rounds[-1].organisation,
        fallback=False,
        console=console,
        profile=profile,
        dispositions=tuple(entry.code for entry in KINDS["police-alert"].dispositions),
        severity=severity or opened.severity,
        circumstances=opened.circumstances,
        place=None,
        revision=1,
        fingerprints=(opened.fingerprint,),
        opened_at=at(0),
        updated_at=at(0),
        rounds=all_rounds,
        moments=tuple(moments),
        steps=tuple(steps),
        ended_at=None if ended is None else at(ended),
    )


def _stamped(alert: Alert, stamps: Mapping[str, float]) -> list[Moment]:
    given = {"received": 0.0, **stamps}
    if alert.reported_at is not None:
        given = {"reported": (alert.reported_at - RECEIVED).total_seconds(), **given}
    return [a_moment(name, seconds) for name, seconds in given.items()]


def _state(moments: Iterable[Moment], round_number: int, *, ended: bool) -> State:
    if ended:
        return State.CLOSED
    names = {entry.name.value for entry in moments if entry.round == round_number}
    return next((state for state in REACHED if state.value in names), State.OPEN)
