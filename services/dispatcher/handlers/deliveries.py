"""Alerts on their way to enterprises' own systems: which go now, and what an outcome means.

A delivery is begun in one transaction (its attempt is counted before anything is sent, so that a
process that dies in the middle leaves one that is due again) and settled in another. The system's
2xx is the center's receipt; it is decided and recorded in the transaction that settles it.

A delivery ends when there is nothing left to ask for: the center has the alert by another way, the
incident is over or has moved on to another round, or the center has no system to deliver to.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID, uuid5

from incident.alert import IncidentId, OrganisationId
from incident.chain import canonical, sha256_hex
from incident.commands import Context, Facts, Receipt
from incident.decisions.decide import decide, record
from incident.directory import Webhook
from incident.events import IncidentPushed
from incident.lifecycle import TRANSITIONS, Incident
from incident.moments import Actor, ActorKind, Via
from incident.replay import is_pushed
from services.dispatcher.ports import Atlas, Change, Work

WAITS = (0, 1, 3, 8, 20, 60, 300, 1800, 7200, 21600)
"""Seconds before each attempt, counted from the end of the one before it: the first five lie within
the minute the alert is to be pushed in, even if each of them takes all its time."""

JITTERED_FROM = 60
JITTER = 0.1
LEASE = timedelta(seconds=10)
"""How long an attempt may take, its settling included; then its process is taken for dead."""
LONGEST_RETRY_AFTER = 3600.0

WriteBody = Callable[[Incident], str]
"""Writes what the system is sent; the edge knows the form."""


class State(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    ENDED = "ended"
    FAILED = "failed"


class Ending(StrEnum):
    """Why there is nothing left to deliver."""

    RECEIPT = "receipt"
    OVER = "over"  # ended, or the outcome is reported: the state takes no receipt any more
    MOVED = "moved"
    NO_ENDPOINT = "no_endpoint"
    DISABLED = "disabled"
    EXHAUSTED = "exhausted"


class Fault(StrEnum):
    """Why nothing was answered."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    BAD_ANSWER = "bad_answer"
    ADDRESS_REFUSED = "address_refused"
    NOT_HTTPS = "not_https"
    NO_SECRET = "no_secret"  # noqa: S105  # the name of a fault
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A delivery whose time has come.

    Attributes:
        attempts: Those begun so far.
        body: What the earlier attempts sent; empty before the first.
    """

    id: UUID
    incident: IncidentId
    center: str
    round: int
    attempts: int
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What one attempt sends.

    Attributes:
        id: The delivery's; the same in every attempt, so that the receiver knows a repeat.
        attempt: From 1.
        secret: The name of the signing secret.
    """

    id: UUID
    incident: IncidentId
    center: str
    round: int
    attempt: int
    url: str
    secret: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A delivery that ends without another attempt."""

    id: UUID
    ending: Ending

    @property
    def state(self) -> State:
        """Out of attempts is a failure; all else is an end."""
        return State.FAILED if self.ending is Ending.EXHAUSTED else State.ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What came of looking for deliveries that are due."""

    parcels: tuple[Parcel, ...] = ()
    ended: tuple[Ended, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of one attempt: an HTTP status, or why there is none.

    Attributes:
        retry_after: Seconds the system asks to be left alone, if it does.
    """

    status: int | None = None
    fault: Fault | None = None
    retry_after: float | None = None

    @property
    def outcome(self) -> str:
        """The status or the fault, as kept and counted."""
        return str(self.status or self.fault or Fault.INTERNAL)

    @property
    def is_receipt(self) -> bool:
        """Whether the system took it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an outcome means for the delivery.

    Attributes:
        next_at: When it is tried again, in real time; None where it is not.
        disable: The system said that it is gone: nothing more goes to this address.
    """

    state: State
    outcome: str
    next_at: datetime | None = None
    disable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits to be delivered."""

    count: int
    oldest: datetime | None


class DeliveryWork(Protocol):
    """One transaction. Incidents are locked before a delivery is settled, frames come last."""

    @property
    def incidents(self) -> Work:
        """The incidents, in the same transaction."""
        ...

    async def take_due(self, *, now: datetime, busy: Collection[str], limit: int) -> list[Due]:
        """Lock what is due and nobody has, one delivery a center, none of the busy centers."""
        ...

    async def find_disabled(self, centers: Iterable[str]) -> dict[str, str]:
        """Give the marks of the addresses that said they are gone, by center."""
        ...

    async def begin(self, parcels: Sequence[Parcel], *, until: datetime) -> None:
        """Count an attempt of each; it is due again at `until` should nobody settle it."""
        ...

    async def end(self, ended: Sequence[Ended]) -> None:
        """End deliveries without another attempt."""
        ...

    async def settle(self, parcel: Parcel, verdict: Verdict) -> None:
        """Keep what an attempt came to; nothing if a later attempt has begun, unless it arrived."""
        ...

    async def disable(self, center: str, mark: str, *, now: datetime) -> None:
        """Send nothing more to an address of a center."""
        ...


class DeliveryStore(Protocol):
    """Where deliveries are kept."""

    def work(self) -> AbstractAsyncContextManager[DeliveryWork]:
        """Begin a transaction: committed at the end, rolled back on any error."""
        ...

    async def measure(self) -> Backlog:
        """Say what waits."""
        ...


class Post(Protocol):
    """Sends to the outside."""

    async def send(self, parcel: Parcel) -> Tried:
        """Try once, within a few seconds; says what came of it and never raises for that."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which deliveries are asked for.

    Attributes:
        now: Real time.
        busy: Centers that get nothing more for the moment.
        limit: How many at most.
    """

    now: datetime
    busy: Collection[str] = ()
    limit: int = 1


async def claim(wanted: Wanted, *, store: DeliveryStore, atlas: Atlas, write: WriteBody) -> Claimed:
    """Begin the attempts that are due, and end the deliveries that have nothing left to ask."""
    async with store.work() as work:
        due = await work.take_due(now=wanted.now, busy=wanted.busy, limit=wanted.limit)
        if not due:
            return Claimed()
        incidents = await work.incidents.find({entry.incident for entry in due})
        disabled = await work.find_disabled({entry.center for entry in due})
        prepared = [
            _prepare(entry, incidents, atlas=atlas, disabled=disabled, write=write) for entry in due
        ]
        parcels = tuple(entry for entry in prepared if isinstance(entry, Parcel))
        ended = tuple(entry for entry in prepared if isinstance(entry, Ended))
        await work.begin(parcels, until=wanted.now + LEASE)
        await work.end(ended)
    return Claimed(parcels=parcels, ended=ended)


def _prepare(
    due: Due,
    incidents: Mapping[IncidentId, Incident],
    *,
    atlas: Atlas,
    disabled: Mapping[str, str],
    write: WriteBody,
) -> Parcel | Ended:
    incident = incidents[due.incident]
    ending = ending_of(incident, center=due.center, round_number=due.round)
    if ending is None and due.attempts >= len(WAITS):
        ending = Ending.EXHAUSTED  # a process died in the middle of the last one
    center = atlas.lookup.centers.get(due.center)
    webhook = None if center is None else center.webhook
    if ending is not None:
        return Ended(id=due.id, ending=ending)
    if webhook is None:
        return Ended(id=due.id, ending=Ending.NO_ENDPOINT)
    if disabled.get(due.center) == mark_of(webhook):
        return Ended(id=due.id, ending=Ending.DISABLED)
    return Parcel(
        id=due.id,
        incident=due.incident,
        center=due.center,
        round=due.round,
        attempt=due.attempts + 1,
        url=webhook.url,
        secret=webhook.secret,
        body=due.body or write(incident),
    )


def ending_of(incident: Incident, *, center: str, round_number: int) -> Ending | None:
    """Say why a delivery of a round has nothing left to ask for; None while it has."""
    if IncidentPushed not in TRANSITIONS[incident.state]:
        return Ending.OVER
    if incident.center != center or incident.round.number != round_number:
        return Ending.MOVED
    return Ending.RECEIPT if is_pushed(incident) else None


def judge(parcel: Parcel, tried: Tried, *, now: datetime) -> Verdict:
    """Say what an outcome means: delivered, gone for good, to be tried again, or given up.

    Args:
        parcel: What was sent.
        tried: What came of it.
        now: Real time.
    """
    if tried.is_receipt:
        return Verdict(state=State.DELIVERED, outcome=tried.outcome)
    if tried.status == 410:
        return Verdict(state=State.ENDED, outcome=tried.outcome, disable=True)
    if parcel.attempt >= len(WAITS):
        return Verdict(state=State.FAILED, outcome=tried.outcome)
    wait = _wait(parcel)
    if tried.status in {429, 503} and tried.retry_after is not None:
        wait = max(wait, min(tried.retry_after, LONGEST_RETRY_AFTER))
    return Verdict(state=State.QUEUED, outcome=tried.outcome, next_at=now + timedelta(seconds=wait))


def _wait(parcel: Parcel) -> float:
    """Seconds to the next attempt; long waits are spread, so that many do not come at once."""
    wait = float(WAITS[parcel.attempt])
    if wait < JITTERED_FROM:
        return wait
    share = uuid5(parcel.id, str(parcel.attempt)).int % 1000 / 1000
    return wait * (1 - JITTER + 2 * JITTER * share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When an attempt is settled.

    Attributes:
        real: Real time.
        now: Domain time.
        answered_at: The domain moment the answer came.
    """

    real: datetime
    now: datetime
    answered_at: datetime


async def settle(
    parcel: Parcel, tried: Tried, *, store: DeliveryStore, at: Times
) -> tuple[Verdict, bool]:
    """Keep what an attempt came to; settling the same again changes nothing.

    Returns:
        What it means, and whether it was the receipt that pushed the incident.
    """
    verdict = judge(parcel, tried, now=at.real)
    async with store.work() as work:
        changes = []
        if verdict.state is State.DELIVERED:
            locked = await work.incidents.lock([parcel.incident])
            changes = _confirm(locked[parcel.incident], parcel, at)
        await work.settle(parcel, verdict)
        if verdict.disable:
            mark = mark_of(Webhook(url=parcel.url, secret=parcel.secret))
            await work.disable(parcel.center, mark, now=at.real)
        await work.incidents.save(changes)
    return verdict, bool(changes)


def _confirm(incident: Incident, parcel: Parcel, at: Times) -> list[Change]:
    """Decide the receipt of the center's own system; a center it has left confirms nothing."""
    if ending_of(incident, center=parcel.center, round_number=parcel.round) is not None:
        return []
    context = Context(
        now=at.now,
        actor=Actor(
            kind=ActorKind.MACHINE,
            id="webhook",
            role="webhook",
            organisation=OrganisationId(parcel.center),
        ),
        via=Via.WEBHOOK,
        occurred_at=at.answered_at,
    )
    decided = decide(incident, Receipt(), context=context, facts=_NO_FACTS)
    after, events = record(incident, decided.bodies, context=context)
    return [Change(before=incident, incident=after, events=events)]


_NO_FACTS = Facts(
    teams={},
    consoles={},
    police=frozenset(),
    dispositions={},
    result_fields=(),
    places=(),
    others={},
)
"""A receipt asks nothing of the directory."""


def mark_of(webhook: Webhook) -> str:
    """Tell an address and the name of its secret from any other, without repeating them."""
    return sha256_hex(canonical([webhook.url, webhook.secret]))
