"""A station's registration: where it is told, of what, and the secrets that sign it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.notifier.handlers.callbacks.kinds import CallbackType
from services.runtime.ids import random_bytes
from services.runtime.outgoing.signing import write_secret
from services.runtime.vault import Vault

SECRET_BYTES = 32
MOST_SECRETS = 3
OVERLAP = timedelta(hours=24)
"""For so long the secret before signs beside the new one."""


class SubscriptionState(StrEnum):
    """Whether anything is sent."""

    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A signing secret, sealed for its station.

    Attributes:
        until: When it stops signing; None for the newest.
    """

    sealed: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a station registered.

    Attributes:
        url: Where it is told; None for a station that pulls.
        secrets: The newest first.
        reason: Why nothing is sent any more, where it is disabled.
        failing_since: The first failure since its system last took something.
    """

    station: str
    url: str | None = field(repr=False)
    types: tuple[CallbackType, ...]
    secrets: tuple[Secret, ...] = field(repr=False)
    changed_at: datetime
    state: SubscriptionState = SubscriptionState.ACTIVE
    reason: str | None = None
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a station asks for.

    Attributes:
        rotate: It wants a new secret.
    """

    station: str
    url: str | None
    types: tuple[CallbackType, ...]
    rotate: bool = False


class TooManySecretsError(Exception):
    """So many secrets sign already that one of them has to run out first.

    Attributes:
        until: When the next one does.
    """

    def __init__(self, until: datetime) -> None:
        super().__init__("too many secrets sign at once")
        self.until = until


def register(
    before: Subscription | None, asked: Registration, *, vault: Vault, now: datetime
) -> tuple[Subscription, str | None]:
    """Say what is registered afterwards. Whoever registers again is sent to again.

    Returns:
        The registration, and the new secret where one was made: it is told once and never again.

    Raises:
        TooManySecretsError: A rotation too many within a day.
    """
    secrets = () if before is None else living(before.secrets, now)
    plain = None
    if before is None or asked.rotate:
        if len(secrets) >= MOST_SECRETS:
            raise TooManySecretsError(min(each.until for each in secrets if each.until is not None))
        plain = write_secret(random_bytes(SECRET_BYTES))
        sealed = vault.seal(plain.encode(), context_of(asked.station))
        retired = [replace(each, until=each.until or now + OVERLAP) for each in secrets]
        secrets = (Secret(sealed=sealed), *retired)
    return (
        Subscription(
            station=asked.station,
            url=asked.url,
            types=asked.types,
            secrets=secrets,
            changed_at=now,
        ),
        plain,
    )


def living(secrets: Sequence[Secret], now: datetime) -> tuple[Secret, ...]:
    """Those that sign at a moment of real time."""
    return tuple(each for each in secrets if each.until is None or now < each.until)


def open_secrets(
    station: str, secrets: Sequence[Secret], *, vault: Vault, now: datetime
) -> list[str]:
    """Open what signs for a station now, the newest first.

    Raises:
        VaultError: One was sealed with a key that is not there any more, or was changed.
    """
    context = context_of(station)
    return [vault.open(each.sealed, context).decode() for each in living(secrets, now)]


def context_of(station: str) -> str:
    """What a station's secrets are sealed for."""
    return f"callback secret of {station}"
