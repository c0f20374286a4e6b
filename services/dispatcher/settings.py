"""The dispatcher's settings, from the environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import AdminKeyHash, DataKeys, ServiceSettings


class DispatcherSettings(ServiceSettings):
    """What the dispatcher is told, beside what every service is told.

    Attributes:
        data_keys: Seals and opens what is personal.
        admin_key: SHA-256 of the key that may apply the first directory.
        member: The name of this replica in its consumer groups; one that comes back under its
            name within the session's time causes no rebalance.
        connections: Connections to Postgres.
        webhook_secrets: `name:whsec_...` joined by commas, for the enterprises' own systems.
        webhook_allow: Hosts or networks a webhook may reach although they are not public.
    """

    model_config = ServiceSettings.model_config | SettingsConfigDict(env_prefix="DISPATCHER_")

    data_keys: DataKeys
    admin_key: AdminKeyHash
    member: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    connections: int = Field(default=12, ge=2, le=64)
    webhook_secrets: str = Field(default="", repr=False)
    webhook_allow: str = ""
