"""The dispatcher's settings, from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import SettingsConfigDict

from services.runtime.outgoing.addresses import Allowed
from services.runtime.outgoing.signing import Secrets
from services.runtime.settings import AdminKeyHash, DataKeys, ServiceSettings


def _secrets(given: object) -> object:
    return Secrets.from_setting(given) if isinstance(given, str) else given


def _allowed(given: object) -> object:
    return Allowed.from_setting(given) if isinstance(given, str) else given


class DispatcherSettings(ServiceSettings):
    """What the dispatcher is told, beside what every service is told.

    Attributes:
        data_keys: Seals and opens what is personal.
        admin_key: SHA-256 of the key that may apply the first directory.
        member: The name of this replica in its consumer groups; one that comes back under its
            name within the session's time causes no rebalance.
        connections: Connections to Postgres.
        pages: The folder with the built pages; else those of the installation.
        webhook_secrets: `name:whsec_...` joined by commas, for the enterprises' own systems.
        demo: The accounts are those of a demo, with passwords everybody may know.
        webhook_allow: Hosts or networks a webhook may reach although they are not public.
    """

    model_config = ServiceSettings.model_config | SettingsConfigDict(env_prefix="DISPATCHER_")

    data_keys: DataKeys
    admin_key: AdminKeyHash
    member: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    connections: int = Field(default=12, ge=2, le=64)
    pages: Path | None = None
    demo: bool = False
    webhook_secrets: Annotated[Secrets, BeforeValidator(_secrets)] = Field(
        default_factory=lambda: Secrets.from_setting(""), repr=False
    )
    webhook_allow: Annotated[Allowed, BeforeValidator(_allowed)] = Field(
        default_factory=lambda: Allowed.from_setting("")
    )
