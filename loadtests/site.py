"""A site under load: an instance of the services with an invented park, and how to reach it."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from loadtests import park as parks
from loadtests.loopback import check_all
from loadtests.park import Park, Size
from loadtests.processes import GENERATOR, Cost, Meter, Parts
from loadtests.streams import Streams, Take, Watch
from loadtests.wire import Wire, bearer
from services.cli.instance.instance import Blueprint, Instance
from services.cli.instance.opening import open_instance
from services.cli.stack.server import Progress
from services.cli.stack.stack import Stack
from services.runtime.auth import Role
from services.runtime.clock import Clock, SystemClock

MOST_CONNECTIONS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A running instance with its park.

    Attributes:
        intake: Connections to intake; `dispatcher` and `notifier` likewise.
    """

    stack: Stack
    instance: Instance
    park: Park
    clock: Clock
    intake: Wire
    dispatcher: Wire
    notifier: Wire

    def headers(self, role: Role, code: str, **more: str) -> bytes:
        """Return the headers of a station, a center's operator, a team, or the park's people."""
        return bearer(self.instance.keys.of(role, code), **more)

    def parts(self, **more: int | None) -> Parts:
        """Return the process ids of all parts, the generator being this process."""
        services = {name: service.pid for name, service in self.instance.services.items()}
        servers = {"kafka": self.stack.kafka.pid, "postgres": self.stack.postgres.pid}
        return {**services, **servers, GENERATOR: os.getpid(), **more}

    def meter(self) -> "SiteMeter":
        """Begin to measure what the parts cost."""
        return SiteMeter(self)

    def streams(self, take: Take) -> Streams:
        """Prepare to hold consoles open."""
        return Streams(self.dispatcher, take)

    def console(self, center: str) -> Watch:
        """Return what a center's console watches."""
        headers = self.headers(Role.OPERATOR, center)
        return Watch(f"/v1/centers/{center}/stream", headers)

    def topic(self, name: str) -> str:
        """Return a topic's name here."""
        return self.instance.topic_prefix + name

    async def connect(self) -> asyncpg.Connection:
        """Connect to the database as its superuser; the caller closes it."""
        return await asyncpg.connect(self.instance.dsn, timeout=10, command_timeout=60)


class SiteMeter:
    """Measures what a site's parts cost from its making on."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._meter = Meter(site.parts(), at=site.clock.monotonic())

    def read(self) -> Cost:
        """Return the cost until now."""
        return self._meter.read(self._site.parts(), at=self._site.clock.monotonic())


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What site to open.

    Attributes:
        name: Of the instance.
        environment: Further settings for all services.
        clock: The instance's clock.
    """

    name: str
    size: Size
    environment: Mapping[str, str]
    clock: Clock


@asynccontextmanager
async def open_site(
    stack: Stack, wanted: Wanted, *, data: Path, progress: Progress
) -> AsyncIterator[Site]:
    """Bring up services, each a process, with database and topics of their own.

    All goes at the end.

    Args:
        stack: The Kafka and the Postgres it is on.
        wanted: What to open.
        data: Where its logs go.
        progress: Takes a line about each thing done.

    Raises:
        NotLoopbackError: Kafka or Postgres is on another machine.
        StackError: A service could not be started.
    """
    check_all(stack.kafka.address)
    check_all(stack.postgres.address)
    park = parks.build(wanted.size)
    blueprint = Blueprint(
        name=wanted.name,
        data=data,
        park=park.document,
        clock=wanted.clock,
        environment=wanted.environment,
    )
    async with open_instance(stack, blueprint, progress=progress) as instance:
        origins = instance.origins
        wires = [
            Wire(url, connections=MOST_CONNECTIONS)
            for url in (origins.intake, origins.dispatcher, origins.notifier)
        ]
        try:
            yield Site(
                stack=stack,
                instance=instance,
                park=park,
                clock=SystemClock(),
                intake=wires[0],
                dispatcher=wires[1],
                notifier=wires[2],
            )
        finally:
            for wire in wires:
                await wire.close()
