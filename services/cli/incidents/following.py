"""What an incident is at, as it changes: woken by a stream where there is one for the caller."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.cli.answers import Json, RefusedError
from services.cli.client import Ask, Client
from services.cli.sse import HEARTBEAT

LOOK_SECONDS = 1.0
"""Clocks are read again so often while they run, and so is the incident without a stream."""

ENDED = frozenset({"closed", "cancelled", "refused", "handed_over"})
_NOT_FOR_US = frozenset({401, 403, 404, 405})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An incident with its clocks.

    Attributes:
        incident: The public state.
        legs: Of `GET /v1/timing/{id}`; empty until the notifier has heard of it.
        as_of: The park's time of the clocks.
    """

    incident: Json
    legs: list[dict[str, Any]]
    as_of: datetime

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.incident["state"] in ENDED

    def has(self, moment: str) -> bool:
        """Whether a moment was stamped, in any round."""
        return any(entry["name"] == moment for entry in self.incident["moments"])


async def follow(client: Client, id_: UUID) -> AsyncIterator[Seen]:
    """Give an incident as it stands now, and again whenever it or the clock's second changes.

    It ends after the end of the incident. One that is not open yet is waited for.

    Raises:
        RefusedError: The caller may not see it, or it did not open in time.
    """
    seen = await look(client, id_, awaits=True)
    yield seen
    changed = asyncio.Event()
    waking = asyncio.create_task(_wake(client, id_, seen.incident["center"], changed))
    try:
        while not seen.ended:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await changed.wait()
            changed.clear()
            seen = await look(client, id_)
            yield seen
    finally:
        waking.cancel()
        await asyncio.wait([waking])


async def look(client: Client, id_: UUID, *, awaits: bool = False) -> Seen:
    """Look at an incident and its clocks once."""
    ask = Ask(method="GET", path=f"/v1/incidents/{id_}", await_opening=awaits)
    incident = await client.ask(ask)
    try:
        timing = await client.get(f"/v1/timing/{id_}")
    except RefusedError as error:
        if error.status not in _NOT_FOR_US:
            raise
        return Seen(
            incident=incident, legs=[], as_of=datetime.fromisoformat(incident["updated_at"])
        )
    return Seen(
        incident=incident, legs=timing["legs"], as_of=datetime.fromisoformat(timing["as_of"])
    )


async def _wake(client: Client, id_: UUID, center: str, changed: asyncio.Event) -> None:
    """Set the event at each frame about the incident, by the first stream the caller may have."""
    for path in (f"/v1/incidents/{id_}/stream", f"/v1/centers/{center}/stream"):
        try:
            async for frame in client.stream(path):
                about = frame.data.get("incident")
                named = about.get("id") if isinstance(about, dict) else None
                if frame.type != HEARTBEAT and named in {None, str(id_)}:
                    changed.set()
        except RefusedError as error:
            if error.status not in _NOT_FOR_US:
                raise
