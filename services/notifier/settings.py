"""The notifier's settings, from the environment."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import ServiceSettings


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("must be the IANA name of a time zone, such as Asia/Shanghai") from error
    return text


class NotifierSettings(ServiceSettings):
    """What the notifier is told, beside what every service is told.

    Attributes:
        member: The name of this replica in its consumer group; one that comes back under its
            name within the session's time causes no rebalance.
        connections: Connections to Postgres.
        time_zone: The zone whose days figures are counted by; the directory's if not set.
    """

    model_config = ServiceSettings.model_config | SettingsConfigDict(env_prefix="NOTIFIER_")

    member: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    connections: int = Field(default=8, ge=3, le=64)
    time_zone: Annotated[str, AfterValidator(_zone)] | None = None
