"""The figures of a demo, asked of the service over its public interface."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.cli.client import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the notifier answered.

    Attributes:
        legs: The legs of all centers together, by code.
        conservation: The answer of `/v1/conservation`; empty before the first.
    """

    legs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    conservation: Mapping[str, Any] = field(default_factory=dict)

    @property
    def difference(self) -> int | None:
        """What must be 0; None before the first answer."""
        return self.conservation.get("difference")


async def ask_figures(
    client: Client, *, since: datetime, until: datetime, zone: ZoneInfo
) -> Figures:
    """Ask for the figures of the days from one moment to another."""
    days = {
        "from": since.astimezone(zone).date().isoformat(),
        "to": until.astimezone(zone).date().isoformat(),
    }
    told = await client.get("/v1/compliance", **days)
    legs = {leg["leg"]: leg for group in told["groups"] for leg in group["legs"]}
    return Figures(legs=legs, conservation=await client.get("/v1/conservation"))
