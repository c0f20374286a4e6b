"""Sends canaries to intake over HTTP, with a key of their own, as a station sends its alerts."""

import asyncio
from collections.abc import Callable, Mapping
from uuid import UUID

import aiohttp
from typing_extensions import override

from incident.alert import OrganisationId, Reference, Severity, Status, alert_id
from services.notifier.ports.canaries import Canary, Nest, NotTakenError
from services.runtime import codec
from services.runtime.auth import KEY_ID

SEND_SECONDS = 5.0
LARGEST_ANSWER = 65_536
TEXT = "自检 (self-check): nobody is to act"
REASON = "canary_done"


class IntakeNest(Nest):
    """Posts to `/v1/alerts`; the reference follows from center and day, so a retry is the same."""

    def __init__(self, url: str, key: str, *, holder: Callable[[str], str | None]) -> None:
        """Take what it sends with.

        Args:
            url: Intake's address, `http://host:port`.
            key: The canaries' own key, of a station.
            holder: Says which organisation a key id is of; None for an unknown one.
        """
        self._url = url.rstrip("/")
        self._key = key
        self._holder = holder
        self._session: aiohttp.ClientSession | None = None

    @override
    async def send(self, canary: Canary, *, kind: str) -> UUID:
        body = {
            "reference": _reference(canary),
            "kind": kind,
            "severity": Severity.BLUE,
            "status": Status.TEST,
            "text": TEXT,
            "place": {"center": canary.center},
        }
        told = await self._post("/v1/alerts", body)
        return UUID(str(told["id"]))

    @override
    async def take_back(self, canary: Canary, alert: UUID) -> None:
        body = {"reference": _reference(canary), "reason": REASON}
        await self._post(f"/v1/alerts/{alert}/cancellation", body)

    @override
    def name(self, canary: Canary) -> UUID | None:
        holder = self._holder(self.key_id)
        if holder is None:
            return None
        return alert_id(OrganisationId(holder), Reference(**_reference(canary)))

    @property
    def key_id(self) -> str:
        """The id of the key."""
        found = KEY_ID.match(self._key.removeprefix("d115_"))
        return found[0] if found else ""

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()

    async def _post(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=2))
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            async with (
                asyncio.timeout(SEND_SECONDS),
                self._session.post(
                    self._url + path, data=codec.encode(body), headers=headers
                ) as answer,
            ):
                said = await answer.content.read(LARGEST_ANSWER)
                if answer.status != 202:
                    raise NotTakenError(f"intake answered {answer.status}")
                told: dict[str, object] = codec.decode(said, dict)
                return told
        except (aiohttp.ClientError, OSError, codec.DecodeError) as error:  # a time-out is one too
            raise NotTakenError(type(error).__name__) from error


def _reference(canary: Canary) -> dict[str, str]:
    return {"number": f"canary-{canary.day:%Y%m%d}", "order": canary.center}
