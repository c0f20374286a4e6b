"""What a campaign breaks: servers, services and people, with the ways to get at each of them."""

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from aiohttp import ClientSession

from loadtests.chaos.answers import open_session
from loadtests.chaos.history import History, Kind
from loadtests.chaos.load import PATIENCE, Center, Fleet
from loadtests.chaos.proxy import Proxy, open_proxy
from loadtests.chaos.receiver import SECRET, SECRET_NAME, Receiver, open_receiver
from services.cli.client import Client
from services.cli.instance.instance import Blueprint, Instance
from services.cli.instance.opening import open_instance
from services.cli.instance.service import Service
from services.cli.stack.guard import is_alive
from services.cli.stack.server import Progress
from services.cli.stack.stack import Stack
from services.runtime.auth import Role

PARK = Path("deploy/local/demo-park.yaml")
WEBHOOK_CENTER = "lanxi-center"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What kind of world to open.

    Attributes:
        data: A folder every account may pass through: data of the servers, logs, the history.
        seed: Whatever is drawn by chance follows from it.
        replicas: Processes of each service.
        environment: Further settings of all services.
    """

    data: Path
    seed: int = 1
    replicas: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class World:
    """Everything there is.

    Attributes:
        stack: Kafka and Postgres; `kill`, `pause`, `resume`, `restart` block: call them with
            `asyncio.to_thread`.
        instance: The services; see `replicas_of`.
        fleet: Stations, operators, teams, and what they hold.
        history: What they did and saw.
        auditor: Reads figures and conservation.
        proxies: What stands between the services and a server: `postgres`. Kafka has none here.
        receiver: The system behind the webhook of `WEBHOOK_CENTER`.
        random: Draws for faults; seeded.
        data: Where logs and data are.
        memory: What a fault keeps between its beginning and its end, by its name.
        complaints: What faults found missing.
    """

    setting: Setting
    stack: Stack
    instance: Instance
    session: ClientSession
    fleet: Fleet
    history: History
    auditor: Client
    proxies: dict[str, Proxy]
    receiver: Receiver
    random: random.Random
    memory: dict[str, Any] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    @property
    def data(self) -> Path:
        """Where logs and data are."""
        return self.setting.data

    @property
    def dsn(self) -> str:
        """The instance's database, straight and not through the proxy."""
        return self.instance.dsn

    @property
    def bootstrap(self) -> str:
        """Kafka's address."""
        return self.stack.kafka.address

    @property
    def services(self) -> list[Service]:
        """All processes of all services."""
        return list(self.instance.services.values())

    def topic(self, name: str) -> str:
        """A topic's or a group's name in this instance."""
        return self.instance.topic_prefix + name

    def replicas_of(self, service: str) -> list[Service]:
        """The processes of a service, `intake`, `dispatcher` or `notifier`, the first one first."""
        return self.instance.replicas_of(service)

    def any_of(self, service: str) -> Service:
        """One process of a service that runs, drawn by chance."""
        running = [each for each in self.replicas_of(service) if is_running(each)]
        return self.random.choice(running or self.replicas_of(service))

    def client_of(self, role: Role, code: str, *, patience: float = PATIENCE) -> Client:
        """A caller with the key of somebody in the park."""
        key = self.instance.keys.of(role, code)
        return self.instance.client(self.session, key, patience=patience)

    def tell(self, what: str, **said: object) -> None:
        """Note what a fault saw and is worth telling; it stands in the report."""
        self.history.add(Kind.NOTE, "campaign", what, said)

    def complain(self, what: str) -> None:
        """Say that something that must have happened did not: the campaign fails."""
        self.complaints.append(what)

    async def revive(self) -> list[Service]:
        """Start every service that does not run; gives those that did not."""
        dead = [service for service in self.services if not is_running(service)]
        for service in dead:
            await service.kill()  # reaps what is left of it
            await service.start()
        return dead


def is_running(service: Service) -> bool:
    """Say whether its process is there."""
    return service.pid is not None and is_alive(service.pid)


@asynccontextmanager
async def open_world(setting: Setting, stack: Stack, *, progress: Progress) -> AsyncIterator[World]:
    """Bring an instance up with everybody in its park, and take it down at the end.

    Args:
        setting: What kind of world.
        stack: Servers of our own: they will be killed.
        progress: Takes a line about each thing done.
    """
    async with AsyncExitStack() as opened:
        history = opened.enter_context(History(setting.data / "history.jsonl"))
        receiver = await opened.enter_async_context(open_receiver(history))
        address = urlsplit(stack.postgres.dsn).netloc.rpartition("@")[2]
        postgres = await opened.enter_async_context(open_proxy(address, speaks_postgres=True))
        park = park_for(receiver)
        instance = await opened.enter_async_context(
            open_instance(stack, _blueprint(setting, park, postgres), progress=progress)
        )
        session = await opened.enter_async_context(open_session(history))
        fleet = fleet_of(instance, session, park, history=history, seed=setting.seed)
        code = park["park"]["code"]
        yield World(
            setting=setting,
            stack=stack,
            instance=instance,
            session=session,
            fleet=fleet,
            history=history,
            auditor=instance.client(session, instance.keys.of(Role.AUDITOR, code), patience=60),
            proxies={"postgres": postgres},
            receiver=receiver,
            random=random.Random(setting.seed),
        )


def park_for(receiver: Receiver) -> dict[str, Any]:
    """The demo's park; one of its centers has no console and a system of its own."""
    park: dict[str, Any] = yaml.safe_load(PARK.read_text("utf-8"))
    for center in park["centers"]:
        if center["code"] == WEBHOOK_CENTER:
            center["consoles"] = False
            center["webhook"] = {"url": receiver.url, "secret": SECRET_NAME}
    return park


def fleet_of(
    instance: Instance,
    session: ClientSession,
    park: Mapping[str, Any],
    *,
    history: History,
    seed: int,
    centers: Sequence[str] | None = None,
) -> Fleet:
    """Everybody of the park's enterprises who acts, or of the centers named."""

    def client(role: Role, code: str, patience: float = PATIENCE) -> Client:
        return instance.client(session, instance.keys.of(role, code), patience=patience)

    chosen = [
        center["code"]
        for center in park["centers"]
        if (center["code"] in centers if centers else center.get("enterprise"))
    ]
    station = park["stations"][0]["code"]
    return Fleet(
        station=client(Role.STATION, station),
        station_code=station,
        centers=[
            Center(
                code=code,
                operator=client(Role.OPERATOR, code),
                hasty=client(Role.OPERATOR, code, patience=2.0),
                by_webhook=code in _without_console(park),
                teams={
                    team["code"]: client(Role.TEAM, team["code"])
                    for team in park["teams"]
                    if team["organisation"] == code
                },
            )
            for code in chosen
        ],
        hasty_station=client(Role.STATION, station, 2.0),
        history=history,
        random=random.Random(seed),
    )


def _without_console(park: Mapping[str, Any]) -> set[str]:
    return {each["code"] for each in park["centers"] if each.get("consoles") is False}


def _blueprint(setting: Setting, park: Mapping[str, Any], postgres: Proxy) -> Blueprint:
    def through_proxy(settings: Mapping[str, str]) -> dict[str, str]:
        return {**settings, "D115_POSTGRES": postgres.dsn(settings["D115_POSTGRES"])}

    webhooks = {
        "DISPATCHER_WEBHOOK_SECRETS": f"{SECRET_NAME}:{SECRET}",
        "DISPATCHER_WEBHOOK_ALLOW": "127.0.0.1/32",
    }
    return Blueprint(
        name="chaos",
        data=setting.data,
        park=park,
        replicas=setting.replicas,
        environment={**webhooks, **setting.environment},
        reroute=through_proxy,
    )
