"""The notifier's settings, from the environment."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import SettingsConfigDict

from services.notifier.handlers.messages.gateways import PLACEHOLDER
from services.notifier.handlers.messages.links import SHORTEST_KEY
from services.runtime.outgoing.addresses import Allowed
from services.runtime.outgoing.signing import Secrets
from services.runtime.settings import ServiceSettings
from services.runtime.vault import Vault


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("must be the IANA name of a time zone, such as Asia/Shanghai") from error
    return text


def _vault(given: object) -> object:
    return Vault.from_setting(given) if isinstance(given, str) else given


def _allowed(given: object) -> object:
    return Allowed.from_setting(given) if isinstance(given, str) else given


def _gateway(text: str) -> str:
    if PLACEHOLDER not in text or "://" not in text:
        raise ValueError(f"must be an address of apprise with {PLACEHOLDER} in it")
    return text


Gateway = Annotated[str, AfterValidator(_gateway)]


def _secrets(given: object) -> object:
    return Secrets.from_setting(given) if isinstance(given, str) else given


class NotifierSettings(ServiceSettings):
    """What the notifier is told, beside what every service is told.

    Attributes:
        member: The name of this replica in its consumer group; one that comes back under its
            name within the session's time causes no rebalance.
        connections: Connections to Postgres.
        time_zone: The zone whose days figures are counted by; the directory's if not set.
        canary_key: A station's key that the daily canaries are sent with; none are without it.
        contact_keys: Seals people's addresses and stations' secrets; as D115_DATA_KEYS. Without it
            neither is taken.
        outgoing_allow: Hosts or networks that callbacks and messages may reach although they are
            not public.
        intake_url: Where the canaries are sent: `http://host:port` of intake, or of the ingress.
        public_url: Where people reach this service from a message, as `https://115.example.cn`.
        reply_key: What the links in messages are signed with; without it messages hold no link.
        email_gateway: apprise's address of the mail server, with `{address}` for the recipient.
        sms_gateway: The same of the SMS gateway.
        voice_url: Where the voice gateway takes calls.
        message_secrets: `messages:whsec_...,voice:whsec_...`: what webhooks to people, and to the
            voice gateway, are signed with.
    """

    model_config = ServiceSettings.model_config | SettingsConfigDict(env_prefix="NOTIFIER_")

    public_url: str | None = Field(default=None, pattern=r"^https?://[^/\s]+/?$")
    reply_key: str | None = Field(default=None, min_length=SHORTEST_KEY, repr=False)
    email_gateway: Gateway | None = Field(default=None, repr=False)
    sms_gateway: Gateway | None = Field(default=None, repr=False)
    voice_url: str | None = Field(default=None, pattern=r"^https?://\S+$", repr=False)
    message_secrets: Annotated[Secrets, BeforeValidator(_secrets)] = Field(
        default_factory=lambda: Secrets.from_setting(""), repr=False
    )

    contact_keys: Annotated[Vault | None, BeforeValidator(_vault)] = Field(default=None, repr=False)
    outgoing_allow: Annotated[Allowed, BeforeValidator(_allowed)] = Field(
        default_factory=lambda: Allowed.from_setting("")
    )
    canary_key: str | None = Field(default=None, repr=False)
    intake_url: str | None = Field(default=None, pattern=r"^https?://[^/\s]+/?$")
    member: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    connections: int = Field(default=8, ge=3, le=64)
    time_zone: Annotated[str, AfterValidator(_zone)] | None = None
