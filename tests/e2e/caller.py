"""The other side of a page: alerts sent and acts done over the interfaces, with a ground's keys."""

# ruff: noqa: ANN401  # bodies and answers are JSON of many shapes

from itertools import count
from typing import Any
from uuid import UUID

import aiohttp

from services.cli.client import Client
from services.cli.instance.instance import Instance
from services.runtime.auth import Role
from tests.e2e.grounds import Ground

_NUMBERS = count(1)


class Caller:
    """Calls the interfaces of an instance for a ground."""

    def __init__(self, instance: Instance, ground: Ground, session: aiohttp.ClientSession) -> None:
        """Take where, for which ground, and over which connections."""
        self.instance = instance
        self.ground = ground
        self._session = session

    def as_(self, role: Role, code: str | None = None) -> Client:
        """Return a caller with the key of the ground's station, operator or first team."""
        usual = {
            Role.STATION: self.ground.station,
            Role.OPERATOR: self.ground.center,
            Role.CHIEF: self.ground.center,
            Role.TEAM: self.ground.teams[0],
        }
        return self.instance.client_of(self._session, role, code or usual[role])

    async def send(self, **changes: Any) -> UUID:
        """Send an alert of the ground's station to its center; returns the incident's id."""
        alert = {
            "reference": {"number": f"E{next(_NUMBERS):07}", "order": "1"},
            "revision": 1,
            "kind": "police-alert",
            "category": "纠纷",
            "severity": "orange",
            "status": "actual",
            "text": "两名工人在喷涂车间因排班起争执，互相推搡，未见器械。",
            "place": {"center": self.ground.center},
            "caller": {"name": "王某某", "phone": "00000000001"},
            "people": 2,
            "weapons": False,
        }
        accepted = await self.as_(Role.STATION).send_alert(alert | changes)
        return accepted.id

    async def act(self, incident: UUID, verb: str, *, role: Role, **body: Any) -> Any:
        """Do an act on an incident, as one of the ground's people."""
        return await self.as_(role).act(incident, verb, body, await_opening=True)

    async def incident(self, incident: UUID) -> Any:
        """Read an incident, as the center's operator."""
        return await self.as_(Role.OPERATOR).get(f"/v1/incidents/{incident}")
