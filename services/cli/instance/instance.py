"""An instance: what to bring up, and what then runs."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, takewhile
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
        replicas: Processes of each service; more than one only if they are separate.
        reroute: Has the last word on the settings, to put something between services and servers.
    """

    name: str
    data: Path
    park: Mapping[str, Any] | None = None
    clock: Clock = field(default_factory=SystemClock)
    separate: bool = True
    keep: bool = False
    port: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    replicas: int = 1
    reroute: Callable[[Mapping[str, str]], Mapping[str, str]] = dict

    def __post_init__(self) -> None:
        if self.replicas < 1 or (self.replicas > 1 and not self.separate):
            raise ValueError("replicas are at least one, and of one process alone there is one")


def replica_name(service: str, number: int) -> str:
    """Name a replica: the first as its service, `dispatcher`, the second `dispatcher-2`."""
    return service if number == 1 else f"{service}-{number}"


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
        self._replicas = max(1, len(self.replicas_of(SERVICES[0])))
        self._callers = count()

    @property
    def origins(self) -> Origins:
        """Where each service's API is: that of its first replica."""
        return self._origins_of(1)

    def replicas_of(self, service: str) -> list[Service]:
        """The processes of a service, the first one first."""
        names = (replica_name(service, number) for number in count(1))
        return [self.services[name] for name in takewhile(self.services.__contains__, names)]

    def client(self, session: aiohttp.ClientSession, key: str, *, patience: float = 30) -> Client:
        """Return a caller with a key; where there are replicas, each caller begins with another."""
        number = next(self._callers) % self._replicas
        places = [self._origins_of(1 + each) for each in range(self._replicas)]
        first, *spares = [*places[number:], *places[:number]]
        return Client(session, first, key=key, patience=patience, spares=spares)

    def client_of(self, session: aiohttp.ClientSession, role: Role, code: str) -> Client:
        """Return a caller with the key of somebody in the directory that was applied."""
        return self.client(session, self.keys.of(role, code))

    def _origins_of(self, number: int) -> Origins:
        if HOST in self.services:
            return Origins.one(self.services[HOST].url)
        names = (replica_name(service, number) for service in SERVICES)
        intake, dispatcher, notifier = (self.services[name].url for name in names)
        return Origins(intake=intake, dispatcher=dispatcher, notifier=notifier)

    async def wait_ready(self, seconds: float = 30.0) -> None:
        """Return when every service may be sent work.

        Raises:
            StackError: One may not in time; the message says which and what is missing.
        """
        await asyncio.gather(*(each.wait_ready(seconds) for each in self.services.values()))
