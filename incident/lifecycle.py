"""The life of an incident: one table, and the fold that follows it.

Rule 1. Everything that decides the state of an incident stands in this file. A command is
allowed in a state exactly when its first event stands in that state's row; nothing else asks
`if state == ...`.

Rule 2. The state says what is known, not what should have happened. Moments may be missing:
a team may arrive that never departed, an incident may be resolved that nobody reached and
closed that nobody acknowledged.

Rule 3. `FROM_TEAMS` is the farthest that any live team has come; with no live team it is
`acknowledged` if somebody of the center took it since it came to the center, `pushed` if
receipt was confirmed, else `open`. The first arrival counts, even that of a team whose
assignment had ended: from then on `on_scene` holds until the outcome is reported, whoever
leaves.

Rule 4. Ended is ended: `closed`, `cancelled`, `refused` and `handed_over` take no act but a
reopening (not after a hand-over: it is the police's now), a split of a merged duplicate, and
late facts (an arrival or release of an assignment that had ended, an acceptance or departure
that happened before it ended, a team's word that it knows of the withdrawal), which never move an
ended state.

Rule 5. Transfer, return, reopening and split start a new round. Its legs are charged to the
round's organisation. The round's start stands in for one moment (`ROUND_STARTS`); every other
moment of the round must be reported anew.

Rule 6. A breach is a fact about a clock and never a state.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from incident import events as e
from incident.alert import Alert, Circumstances, IncidentId, OrganisationId, Severity, TeamId
from incident.events import Body, EndReason, LinkKind
from incident.following import FollowUpCall, Question, Supervision
from incident.moments import Moment, MomentName
from incident.profile import Profile


class State(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    PUSHED = "pushed"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    HANDED_OVER = "handed_over"


ENDED = frozenset({State.CLOSED, State.CANCELLED, State.REFUSED, State.HANDED_OVER})
BEFORE_DEPARTURE = (
    State.OPEN, State.PUSHED, State.ACKNOWLEDGED, State.ASSIGNED, State.ACCEPTED
)  # fmt: skip
UNRESOLVED = (*BEFORE_DEPARTURE, State.EN_ROUTE, State.ON_SCENE)
LIVE = (*UNRESOLVED, State.RESOLVED)


class Next(StrEnum):
    """Where an event leads when it is not one fixed state."""

    STAY = "stay"
    FROM_TEAMS = "from_teams"


Target = State | Next


def _rows() -> Iterable[tuple[Iterable[State], type[Body], Target]]:
    """The table as written: in these states, this event, leads there."""
    yield UNRESOLVED, e.IncidentPushed, Next.FROM_TEAMS
    yield UNRESOLVED, e.IncidentAcknowledged, Next.FROM_TEAMS
    yield UNRESOLVED, e.TeamAssigned, Next.FROM_TEAMS
    for act in (e.TeamAccepted, e.TeamDeclined, e.TeamDeparted, e.TeamArrived, e.TeamReleased):
        yield UNRESOLVED, act, Next.FROM_TEAMS
        yield (State.RESOLVED,), act, Next.STAY
    for late_fact in (e.TeamAccepted, e.TeamDeparted, e.TeamArrived, e.TeamReleased):
        yield ENDED, late_fact, Next.STAY
    yield LIVE, e.TeamCheckedIn, Next.STAY
    yield UNRESOLVED, e.IncidentResolved, State.RESOLVED
    yield (State.RESOLVED,), e.IncidentReturned, Next.FROM_TEAMS
    yield LIVE, e.IncidentClosed, State.CLOSED
    yield (State.CLOSED, State.CANCELLED, State.REFUSED), e.IncidentReopened, State.PUSHED
    yield UNRESOLVED, e.IncidentCancelled, State.CANCELLED
    yield BEFORE_DEPARTURE, e.IncidentRefused, State.REFUSED
    yield BEFORE_DEPARTURE, e.IncidentTransferred, State.OPEN
    yield UNRESOLVED, e.IncidentMerged, State.CLOSED
    yield (State.CLOSED,), e.IncidentSplit, State.PUSHED
    yield LIVE, e.HandoverAccepted, State.HANDED_OVER
    for beside in (
        e.PoliceRequested, e.HandoverOffered, e.IncidentUpdated, e.UpdateNoted, e.IncidentUrged,
        e.HelpRequested, e.IncidentShelved, e.IncidentTakenOver,
    ):  # fmt: skip
        yield LIVE, beside, Next.STAY
    yield (State.CANCELLED,), e.UpdateNoted, Next.STAY
    yield (State.RESOLVED, State.CLOSED), e.OutcomeConfirmed, Next.STAY
    yield (State.CLOSED,), e.FollowUpCalled, Next.STAY
    for always in (
        e.IncidentSupervised, e.SupervisionEnded, e.IncidentAsked, e.IncidentAnswered,
        e.PoliceArrived, e.NoteAdded, e.IncidentLinked, e.IncidentUnlinked, e.ConflictRecorded,
        e.CancellationRefused, e.StepTaken,
    ):  # fmt: skip
        yield State, always, Next.STAY


TRANSITIONS: dict[State, dict[type[Body], Target]] = {state: {} for state in State}
for _states, _event, _target in _rows():
    for _state in _states:
        TRANSITIONS[_state][_event] = _target


class RoundCause(StrEnum):
    """Why a round began."""

    OPENED = "opened"
    TRANSFERRED = "transferred"
    RETURNED = "returned"
    REOPENED = "reopened"
    SPLIT = "split"


ROUND_STARTS: dict[RoundCause, MomentName] = {
    RoundCause.OPENED: MomentName.RECEIVED,
    RoundCause.TRANSFERRED: MomentName.RECEIVED,
    RoundCause.RETURNED: MomentName.ON_SCENE,
    RoundCause.REOPENED: MomentName.PUSHED,
    RoundCause.SPLIT: MomentName.PUSHED,
}
"""The moment that a round's start stands in for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A stretch of an incident's life charged to one organisation.

    Attributes:
        started_at: When it began, as judged.
        ended_at: When it was over, or None while it runs.
    """

    number: int
    cause: RoundCause
    organisation: OrganisationId
    started_at: datetime
    ended_at: datetime | None = None


ASSIGNMENT_STATES = (State.ASSIGNED, State.ACCEPTED, State.EN_ROUTE, State.ON_SCENE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A team paired with this incident; assigning the team again is a new assignment.

    Attributes:
        number: From 1, in the order of assigning.
        state: The farthest the team has come: assigned, accepted, en_route or on_scene.
        acts: The acts recorded so far (accepted, en_route, on_scene), in no order.
        released_late_at: A release reported after the assignment had ended otherwise.
        check_ins: How often the team said that it is safe.
        checked_in_at: When it said so last.
    """

    number: int
    team: TeamId
    organisation: OrganisationId
    round: int
    assigned_at: datetime
    state: State = State.ASSIGNED
    acts: tuple[MomentName, ...] = ()
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    released_late_at: datetime | None = None
    diverted_from: IncidentId | None = None
    step: str | None = None
    check_ins: int = 0
    checked_in_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether the team is still on it."""
        return self.ended_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """An update and who has noted it."""

    number: int
    revision: int | None
    recorded_at: datetime
    noted_by: tuple[TeamId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Another incident and how it belongs to this one."""

    other: IncidentId
    link: LinkKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Everything that follows from an incident's events; it holds nothing personal.

    Attributes:
        alert: As opened; `severity`, `circumstances` and `place` beside it are as updated.
        center: The center that has it now.
        revision: The highest revision of the alert applied so far.
        fingerprints: Digests of the contents applied or recorded as conflicts.
        steps: Ladder steps carried out, as `round/code/count`.
        conflicts: How many other contents came under a reference and revision already used.
        cancellation_refused: The station withdrew its alert when it was too late.
        handover: The police organisation it is offered to, while the offer stands.
        handover_at: When it was offered.
        handed_over_to: The police organisation that accepted it.
        end_noted_by: The teams that know of its withdrawal.
        police_required: Circumstances in which its kind has police asked for.
        merged_into: The incident it was closed as a duplicate of.
        result: Fields of the outcome, as reported and then as closed.
        ended_at: The judged moment of its end, None while it lives.
        away: Everybody at the center's desk was away when it came there.
        late_entry: It was over before it was entered (补录): no clock runs, nobody is rung.
        outage: Why it was entered late, as a code.
        outcome_confirmed_at: When its station confirmed the outcome of this round.
        follow_up_due: Until when a follow-up call is to be made; None where none is.
        operator: Who of the center has it: the code of a person, or the id of a key.
        shelved_until: Until then it is set aside (搁置), for `shelved_reason`; every clock runs on.
    """

    id: IncidentId
    version: int
    state: State
    alert: Alert
    center: OrganisationId
    fallback: bool
    console: bool
    profile: Profile
    dispositions: tuple[str, ...]
    severity: Severity
    circumstances: Circumstances
    place: str | None
    revision: int
    fingerprints: tuple[str, ...]
    opened_at: datetime
    updated_at: datetime
    rounds: tuple[Round, ...]
    moments: tuple[Moment, ...]
    assignments: tuple[Assignment, ...] = ()
    updates: tuple[Update, ...] = ()
    links: tuple[Link, ...] = ()
    steps: tuple[str, ...] = ()
    conflicts: int = 0
    cancellation_refused: bool = False
    handover: OrganisationId | None = None
    handover_at: datetime | None = None
    handed_over_to: OrganisationId | None = None
    merged_into: IncidentId | None = None
    disposition: str | None = None
    result: tuple[tuple[str, str | int | bool], ...] = ()
    ended_at: datetime | None = None
    end_noted_by: tuple[TeamId, ...] = ()
    police_required: tuple[str, ...] = ()
    away: bool = False
    late_entry: bool = False
    outage: str | None = None
    supervisions: tuple[Supervision, ...] = ()
    questions: tuple[Question, ...] = ()
    outcome_confirmed_at: datetime | None = None
    follow_up_due: datetime | None = None
    follow_up_calls: tuple[FollowUpCall, ...] = ()
    operator: str | None = None
    shelved_until: datetime | None = None
    shelved_reason: str | None = None

    @property
    def round(self) -> Round:
        """The round that runs, or ran last."""
        return self.rounds[-1]

    @property
    def live_assignments(self) -> tuple[Assignment, ...]:
        """The assignments whose team is still on it."""
        return tuple(entry for entry in self.assignments if entry.is_live)

    def has(self, name: MomentName, *, round_number: int | None = None) -> bool:
        """Whether a moment was stamped in a round (the present one by default)."""
        number = self.round.number if round_number is None else round_number
        return any(entry.name is name and entry.round == number for entry in self.moments)
