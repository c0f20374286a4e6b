"""An instance: what to bring up, and what then runs."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from services.cli.answers import Origins
from services.cli.client import Client
from services.cli.instance.holders import Keyring
from services.cli.instance.service import Service
from services.runtime.auth import Role
from services.runtime.clock import Clock, SystemClock

SERVICES = ("intake", "dispatcher", "notifier")
HOST = "services"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """What to bring up.

    Attributes:
        name: Of the instance; lower-case letters, digits, hyphens.
        data: The data directory; secrets and logs go to `instances/<name>` below it.
        park: The directory to apply, as read from YAML, with a key for everybody in it. An
            instance that has one already keeps it.
        clock: Its clock, set when its database is made. One that is kept goes on with its own.
        separate: Each service a process of its own; else all three in one, under one address.
        keep: Database, topics and secrets stay for the next start; else nothing does.
        port: The port to prefer for the one address; 0 for any.
        environment: Further settings for all services.
    """

    name: str
    data: Path
    park: Mapping[str, Any] | None = None
    clock: Clock = field(default_factory=SystemClock)
    separate: bool = True
    keep: bool = False
    port: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)


class Instance:
    """A running instance."""

    def __init__(
        self, services: Sequence[Service], *, clock: Clock, dsn: str, prefix: str, admin_key: str
    ) -> None:
        """Hold what runs; `open_instance` makes it."""
        self.services = {service.name: service for service in services}
        self.clock = clock
        self.dsn = dsn
        self.topic_prefix = prefix
        self.admin_key = admin_key
        self.keys = Keyring({})

    @property
    def origins(self) -> Origins:
        """Where each service's API is."""
        if HOST in self.services:
            return Origins.one(self.services[HOST].url)
        intake, dispatcher, notifier = (self.services[name].url for name in SERVICES)
        return Origins(intake=intake, dispatcher=dispatcher, notifier=notifier)

    def client(self, session: aiohttp.ClientSession, key: str, *, patience: float = 30) -> Client:
        """Return a caller with a key."""
        return Client(session, self.origins, key=key, patience=patience)

    def client_of(self, session: aiohttp.ClientSession, role: Role, code: str) -> Client:
        """Return a caller with the key of somebody in the directory that was applied."""
        return self.client(session, self.keys.of(role, code))

    async def wait_ready(self, seconds: float = 30.0) -> None:
        """Return when every service may be sent work.

        Raises:
            StackError: One may not in time; the message says which and what is missing.
        """
        await asyncio.gather(*(each.wait_ready(seconds) for each in self.services.values()))
