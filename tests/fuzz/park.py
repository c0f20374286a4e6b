"""A whole instance on real servers, its park's keys, and incidents in it to ask about."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import yaml

from services.cli.client import Client, open_session
from services.cli.instance.instance import Blueprint, Instance
from services.cli.instance.opening import open_instance
from services.cli.park import DEMO_PARK
from services.cli.stack.stack import Stack
from services.runtime.auth import Role, new_key
from services.runtime.ids import new_id

CENTER, TEAM, STATION, PARK = "heling-center", "heling-duty-1", "qinghe-station", "qinghe"
HOLDERS = {
    Role.STATION: STATION,
    Role.OPERATOR: CENTER,
    Role.CHIEF: CENTER,
    Role.TEAM: TEAM,
    Role.SUPERVISOR: PARK,
    Role.AUDITOR: PARK,
    Role.ADMIN: PARK,
}
"""Who of the park asks, by role."""

NOBODY, STRANGER = "no key", "a key nobody has"
CALLERS = (*(role.value for role in Role), NOBODY, STRANGER)
DOCUMENTS = {
    "intake": "/v1/alerts/openapi.json",
    "dispatcher": "/openapi/dispatcher.json",
    "notifier": "/openapi/notifier.json",
}
UNHINDERED = {"INTAKE_RATE": "100000", "INTAKE_BURST": "100000"}
"""Refusing who reports too fast is tried elsewhere; here everything is to be looked at."""

INCIDENTS = 8
SECONDS = 30.0

_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Park:
    """An instance that runs, and all it takes to ask it.

    Attributes:
        urls: Where each service is.
        keys: The key of each caller; None for none.
        incidents: Ids of incidents of the center that every caller of the park knows.
    """

    instance: Instance
    urls: Mapping[str, str]
    keys: Mapping[str, str | None]
    incidents: list[str]

    def headers(self, caller: str) -> dict[str, str]:
        """The headers that say who asks."""
        key = self.keys[caller]
        return {} if key is None else {"Authorization": f"Bearer {key}"}

    def address(self, service: str) -> tuple[str, int]:
        """Where to connect to a service."""
        parts = urlsplit(self.urls[service])
        return str(parts.hostname), int(parts.port or 0)


@asynccontextmanager
async def open_park(stack: Stack, directory: Path, *, name: str) -> AsyncIterator[Park]:
    """Bring an instance up with the demo's park."""
    park = yaml.safe_load(DEMO_PARK.read_text("utf-8"))
    made = {role: new_key(role.value) for role in (Role.CHIEF, Role.ADMIN)}  # who gets none else
    park["keys"] = [
        {"id": role.value, "role": role.value, "organisation": HOLDERS[role], "sha256": sha256}
        for role, (_, sha256) in made.items()
    ]
    blueprint = Blueprint(name=name, data=directory, park=park, environment=UNHINDERED)
    async with open_instance(stack, blueprint, progress=print) as instance:
        origins = instance.origins
        known = {
            role.value: made[role][0] if role in made else instance.keys.of(role, code)
            for role, code in HOLDERS.items()
        }
        opened = Park(
            instance=instance,
            urls={name: getattr(origins, name) for name in DOCUMENTS},
            keys={**known, NOBODY: None, STRANGER: new_key("stranger")[0]},
            incidents=[],
        )
        async with open_session() as session:
            reporter = instance.client_of(session, Role.STATION, STATION)
            operator = instance.client_of(session, Role.OPERATOR, CENTER)
            for _ in range(INCIDENTS):
                opened.incidents.append(await open_incident(reporter, operator))
        yield opened


async def open_incident(reporter: Client, operator: Client) -> str:
    """Raise an alert and wait until its incident is open; gives the id."""
    accepted = await reporter.send_alert(
        {
            "reference": {"number": f"F{next(_numbers)}-{new_id()}", "order": "1"},
            "kind": "police-alert",
            "severity": "orange",
            "text": "试",
            "place": {"center": CENTER},
        }
    )
    await operator.act(accepted.id, "receipt", key=f"{accepted.id}/receipt", await_opening=True)
    return str(accepted.id)


def document_of(park: Park, service: str, session: requests.Session) -> dict[str, Any]:
    """A service's OpenAPI document, as it gives it."""
    found: dict[str, Any] = session.get(
        f"{park.urls[service]}{DOCUMENTS[service]}", timeout=SECONDS
    ).json()
    return found
