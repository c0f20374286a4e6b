"""Carries out one act, as whoever it is usually done by."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from services.cli.answers import Acted
from services.cli.calling import call
from services.cli.client import Client
from services.cli.incidents.acts import Act, body_of
from services.cli.reach import Reached, kept_keys, reach_as


def act_on(
    act: Act, incident: UUID, given: Mapping[str, Any], *, whom: Reached, key: str | None
) -> Acted:
    """Act on an incident.

    Args:
        act: What.
        incident: On which.
        given: The act's fields, by name.
        whom: Where, and as whom.
        key: The idempotency key; a fresh one if None.
    """
    body = body_of(act, given)

    async def do(client: Client) -> Acted:
        return await client.act(incident, act.verb, body, key=key)

    return call(whom, do)


def usual_actor(act: Act, incident: UUID, *, data: Path, whom: Reached) -> Reached:
    """Give the key of whoever usually does this, where `d115 up` keeps it: else that given.

    That is the operator of the center that has the incident, or the station that reported it.
    """
    keys = kept_keys(data)
    if not keys:
        return whom

    async def look(client: Client) -> dict[str, Any]:
        return await client.get(f"/v1/incidents/{incident}")

    seen = call(whom, look)
    station = str(seen["alert"]["station"])
    holder = f"station:{station}" if act.by_station else f"operator:{seen['center']}"
    return reach_as(data, url=None, holder=holder) if holder in keys else whom
