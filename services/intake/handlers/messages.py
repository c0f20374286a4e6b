"""What is said in Kafka about a report: its id, its fingerprint, its personal parts sealed."""

from datetime import datetime
from uuid import UUID, uuid5

from incident import messages as m
from incident.alert import Alert, IncidentId, Reference, alert_id
from incident.chain import JSON
from services.intake.handlers.checks import is_late
from services.intake.handlers.reports import Private, Report, Sender, Update, Withdrawal
from services.intake.ports import Body, Message
from services.runtime import codec
from services.runtime.vault import Vault


def name_alert(reference: Reference, sender: Sender) -> IncidentId:
    """The id of a sender's alert; the same for every retry."""
    return alert_id(sender.organisation, reference)


def alert_message(
    report: Report,
    *,
    sender: Sender,
    vault: Vault,
    now: datetime,
    batch_sent_at: datetime | None = None,
) -> Message:
    """The message about an alert that is handed over `now`."""
    id_ = name_alert(report.reference, sender)
    alert = Alert(
        id=id_,
        station=sender.organisation,
        reference=report.reference,
        revision=report.revision,
        kind=report.kind,
        severity=report.severity,
        status=report.status,
        source=sender.source,
        place=report.place,
        circumstances=report.circumstances,
        fingerprint=vault.digest(report.content.encode()),
        late=is_late(report.reported_at, now=now),
        reported_at=report.reported_at,
        received_at=now,
        category=report.category,
        batch_sent_at=batch_sent_at,
        details=report.details,
    )
    body = m.AlertReceived(alert=alert, sealed=_seal(report.private, id_, vault))
    said = f"{alert.revision}\x1f{alert.fingerprint}"
    return _message(body, type_=m.ALERT_RECEIVED, alert=id_, said=said, now=now)


def update_message(update: Update, *, sender: Sender, vault: Vault, now: datetime) -> Message:
    """The message about new facts that are handed over `now`."""
    id_ = name_alert(update.reference, sender)
    body = m.AlertUpdated(
        id=id_,
        station=sender.organisation,
        reference=update.reference,
        revision=update.revision,
        fingerprint=vault.digest(update.content.encode()),
        received_at=now,
        source=sender.source,
        status=update.status,
        severity=update.severity,
        circumstances=update.circumstances,
        place=update.place,
        sealed=None if update.private is None else _seal(update.private, id_, vault),
    )
    said = f"{body.revision}\x1f{body.fingerprint}"
    return _message(body, type_=m.ALERT_UPDATED, alert=id_, said=said, now=now)


def withdrawal_message(
    withdrawal: Withdrawal, *, sender: Sender, vault: Vault, now: datetime
) -> Message:
    """The message about a withdrawal that is handed over `now`."""
    id_ = name_alert(withdrawal.reference, sender)
    private = withdrawal.private
    body = m.AlertCancelled(
        id=id_,
        station=sender.organisation,
        reference=withdrawal.reference,
        reason=withdrawal.reason,
        received_at=now,
        source=sender.source,
        sealed=None if private is None else _seal(private, id_, vault),
    )
    said = f"\x1f{vault.digest(withdrawal.content.encode())}"
    return _message(body, type_=m.ALERT_CANCELLED, alert=id_, said=said, now=now)


def message_id(alert: IncidentId, type_: str, said: str) -> UUID:
    """Name a message after what it says, so that a retry is seen to be one.

    Args:
        alert: What it is about.
        type_: Its type.
        said: Revision and fingerprint, joined by U+001F.
    """
    return uuid5(alert, f"{type_}\x1f{said}")


def _message(body: Body, *, type_: str, alert: IncidentId, said: str, now: datetime) -> Message:
    return Message(id=message_id(alert, type_, said), type=type_, alert=alert, at=now, body=body)


def _seal(private: Private, alert: IncidentId, vault: Vault) -> str:
    """Seal what is personal, to be opened for this alert only."""
    caller: JSON = None
    if private.caller is not None:
        caller = {"name": private.caller.name, "phone": private.caller.phone}
    visible_to = private.visible_to
    plain: JSON = {
        "caller": caller,
        "text": private.text,
        "visible_to": None if visible_to is None else list(visible_to),
    }
    return vault.seal(codec.encode(plain), f"alert:{alert}")
