"""Takes alerts, updates and withdrawals: each is checked, then made safe, then answered.

No store is asked: the id follows from the sender and the sender's own reference, so that a retry
is the same alert, and what came before is the dispatcher's to know. Nothing is kept here: what is
not answered with `Accepted` is the sender's to send again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

import structlog
from prometheus_client import Counter

from incident.alert import Alert, IncidentId, Reference
from incident.messages import AlertCancelled, AlertReceived
from incident.profile import Kind
from services.intake.handlers.checks import check_report, check_update
from services.intake.handlers.directory import DirectoryCopy
from services.intake.handlers.messages import (
    alert_message,
    name_alert,
    update_message,
    withdrawal_message,
)
from services.intake.handlers.refusals import RefusedError, UnknownAlertError
from services.intake.handlers.reports import Report, Sender, Update, Withdrawal
from services.intake.ports import AlertLog, Message, NotSafeError, Safe
from services.runtime.clock import Clock
from services.runtime.vault import Vault

STEP = 50
"""How many alerts of one batch are on their way at once."""

_ACCEPTED = Counter(
    "d115_intake_accepted_total",
    "What was made safe, repeats included.",
    ["type", "source", "severity", "kind", "status"],
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What taking a report needs at hand."""

    directory: DirectoryCopy
    kinds: Mapping[str, Kind]
    vault: Vault
    log: AlertLog
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """It survives any single failure from here on.

    Attributes:
        received_at: When it was taken; the clocks run from it, wherever it waits meanwhile.
        safe: Where it is safe.
        late: It came too late for automation to act on it, unless it is red.
    """

    id: IncidentId
    received_at: datetime
    safe: Safe = Safe.ACCEPTED
    late: bool = False


Outcome = Accepted | RefusedError | NotSafeError


async def receive(report: Report, *, sender: Sender, desk: Desk) -> Accepted:
    """Take an alert.

    Raises:
        RefusedError: It cannot be taken as it is.
        NotSafeError: No store confirmed it.
    """
    now = desk.clock.now()
    _check(report, sender, desk, now)
    message = alert_message(report, sender=sender, vault=desk.vault, now=now)
    return _accept(message, await desk.log.append(message))


async def receive_batch(
    reports: Sequence[Report], *, sender: Sender, desk: Desk, sent_at: datetime
) -> list[Outcome]:
    """Take alerts that a cut held back, each on its own; one outcome each, in their order.

    Once one could not be made safe, those after its step are not tried: the sender is to hear
    soon that there is no store.
    """
    outcomes: list[Outcome] = []
    for start in range(0, len(reports), STEP):
        step = reports[start : start + STEP]
        if any(isinstance(outcome, NotSafeError) for outcome in outcomes):
            outcomes += [NotSafeError("not tried") for _ in step]
        else:
            outcomes += await _receive_step(step, sender, desk, sent_at)
    return outcomes


async def update(change: Update, *, asked: UUID | None, sender: Sender, desk: Desk) -> Accepted:
    """Take new facts about an alert.

    Args:
        change: What is new.
        asked: The id the sender asked for; None for what is no id at all.
        sender: Who reports.
        desk: What is needed at hand.

    Raises:
        RefusedError: It cannot be taken as it is.
        NotSafeError: No store confirmed it.
    """
    _check_asked(asked, change.reference, sender)
    check_update(change, lookup=desk.directory.lookup)
    message = update_message(change, sender=sender, vault=desk.vault, now=desk.clock.now())
    return _accept(message, await desk.log.append(message))


async def withdraw(
    withdrawal: Withdrawal, *, asked: UUID | None, sender: Sender, desk: Desk
) -> Accepted:
    """Take an alert's withdrawal by its sender; arguments and errors as `update`."""
    _check_asked(asked, withdrawal.reference, sender)
    now = desk.clock.now()
    message = withdrawal_message(withdrawal, sender=sender, vault=desk.vault, now=now)
    return _accept(message, await desk.log.append(message))


async def _receive_step(
    reports: Sequence[Report], sender: Sender, desk: Desk, sent_at: datetime
) -> list[Outcome]:
    now = desk.clock.now()

    def draft(report: Report) -> Message | RefusedError:
        try:
            _check(report, sender, desk, now)
        except RefusedError as refusal:
            return refusal
        return alert_message(
            report, sender=sender, vault=desk.vault, now=now, batch_sent_at=sent_at
        )

    drafts = [draft(report) for report in reports]
    messages = [each for each in drafts if isinstance(each, Message)]
    said = iter(await desk.log.append_all(messages))

    def outcome(message: Message) -> Outcome:
        safe = next(said)
        return safe if isinstance(safe, NotSafeError) else _accept(message, safe)

    return [each if isinstance(each, RefusedError) else outcome(each) for each in drafts]


@cache
def _counter(*facts: str | None) -> Counter:
    """The counter of what has these facts, looked up once each."""
    return _ACCEPTED.labels(*(value or "none" for value in facts))


def _check(report: Report, sender: Sender, desk: Desk, now: datetime) -> None:
    lookup = desk.directory.lookup
    check_report(report, sender=sender, lookup=lookup, kinds=desk.kinds, now=now)


def _check_asked(asked: UUID | None, reference: Reference, sender: Sender) -> None:
    """Refuse a path that does not lead to this sender's alert; a foreign one is never found."""
    if asked != name_alert(reference, sender):
        raise UnknownAlertError


def _accept(message: Message, safe: Safe) -> Accepted:
    """Count and tell what is safe now; what is personal is sealed by now and not looked at."""
    body = message.body
    about = body.alert if isinstance(body, AlertReceived) else body
    alert = about if isinstance(about, Alert) else None
    changed = None if isinstance(about, AlertCancelled) else about
    facts = {
        "type": message.type,
        "source": about.source,
        "severity": changed and changed.severity,
        "kind": alert and alert.kind,
        "status": changed and changed.status,
    }
    _counter(*facts.values()).inc()
    late = alert is not None and alert.late
    alert_id = str(message.alert)
    _log.info(safe.value, alert_id=alert_id, station=about.station, late=late, **facts)
    return Accepted(id=message.alert, received_at=message.at, safe=safe, late=late)
