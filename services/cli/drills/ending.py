"""Ends what a drill opened: its station takes each alert back; what is too late for is closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.cli.answers import ClientError, Json, RefusedError
from services.cli.client import Client
from services.cli.drills.kept import Drill, SentAlert
from services.cli.incidents.following import ENDED
from services.runtime.clock import Clock

REASON = "drill_over"
DISPOSITION = "cancelled"
WITHIN_SECONDS = 10.0
_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Players:
    """Who a drill is played as.

    Attributes:
        station: Sends the alerts and takes them back.
        center: Watches the center, and closes what cannot be taken back any more.
    """

    station: Client
    center: Client
    clock: Clock


async def end_all(drill: Drill, players: Players) -> list[str]:
    """End every incident of a drill that may be open; returns what is left, by id and why."""
    left = []
    for alert in drill.alerts:
        if not alert.sending:
            continue
        try:
            fault = await _end(alert, players)
        except ClientError as error:
            fault = str(error)
        if fault is not None:
            left.append(f"{alert.id or alert.body['reference']['order']}: {fault}")
    return left


async def state_of(client: Client, id_: str) -> Json | None:
    """Give an incident; None while it is not open."""
    try:
        return await client.get(f"/v1/incidents/{id_}")
    except RefusedError as error:
        if error.status != 404:
            raise
        return None


async def _end(alert: SentAlert, players: Players) -> str | None:
    if alert.id is None:  # the answer was lost: the same alert again says which it is
        alert.id = str((await players.station.send_alert(alert.body)).id)
    if _over(await state_of(players.center, alert.id)):
        return None
    body = {"reference": alert.body["reference"], "reason": REASON}
    await players.station.change_alert(UUID(alert.id), "cancellation", body)
    if await _ends(alert.id, players):
        return None
    try:
        await players.center.act(UUID(alert.id), "close", {"disposition": DISPOSITION})
    except RefusedError as error:
        return str(error)
    return None if await _ends(alert.id, players) else "it did not end"


async def _ends(id_: str, players: Players) -> bool:
    deadline = players.clock.monotonic() + WITHIN_SECONDS
    while players.clock.monotonic() < deadline:
        seen = await state_of(players.center, id_)
        if _over(seen):
            return True
        if seen is not None and seen["cancellation_refused"]:
            return False
        await players.clock.sleep(_LOOK_SECONDS)
    return False


def _over(seen: Mapping[str, object] | None) -> bool:
    return seen is not None and seen["state"] in ENDED
