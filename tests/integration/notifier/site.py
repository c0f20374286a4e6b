"""A whole notifier on real servers: a test speaks for intake and the dispatcher, and moves time."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg
from aiokafka import AIOKafkaConsumer
from typing_extensions import override

from incident import messages
from incident.alert import Alert
from incident.events import Event, IncidentOpened, type_name
from incident.lifecycle import Incident
from incident.messages import AlertReceived, DirectoryPublished, Heartbeat, IncidentChanged
from incident.moments import Via
from services.notifier.settings import NotifierSettings
from services.notifier.wiring import build
from services.runtime import codec, envelope, eventlog
from services.runtime.auth import new_key
from services.runtime.clock import SystemClock
from services.runtime.consumer.places import received
from services.runtime.process import ServiceParts
from services.runtime.producer import Producer
from services.runtime.records import Received, Record, dead_letter_topic
from services.runtime.topics import Topic, ensure_topics
from tests.asgi import AsgiClient
from tests.builders import RECEIVED, an_actor, at
from tests.incident.directories import key, park_document

REAL = SystemClock()


class HandClock(SystemClock):
    """Domain time stands until a test moves it; real time runs."""

    def __init__(self) -> None:
        self._now = RECEIVED

    @override
    def now(self) -> datetime:
        return self._now

    @override
    def seconds_until(self, moment: datetime) -> float:
        return (moment - self._now).total_seconds()

    def move(self, seconds: float) -> None:
        """Set domain time to so many seconds after receipt."""
        self._now = RECEIVED + timedelta(seconds=seconds)


@dataclass(kw_only=True)
class Site:
    """One test's own topics and database, with as many notifiers as it starts."""

    kafka: str
    dsn: str
    producer: Producer
    prefix: str
    clock: HandClock = field(default_factory=HandClock)
    admin_key: str = ""

    def settings(self) -> NotifierSettings:
        return NotifierSettings(
            D115_KAFKA=self.kafka,
            D115_POSTGRES=self.dsn,
            D115_TOPIC_PREFIX=self.prefix,
            D115_CLOCK=self.clock,
            port=0,
            ops_port=0,
            connections=4,
        )  # type: ignore[call-arg]  # named as in the environment

    @asynccontextmanager
    async def notifier(self) -> AsyncIterator[ServiceParts]:
        """Run a notifier until the block ends."""
        parts = await build(self.settings())
        async with AsyncExitStack() as stack:
            for hook in parts.stop:
                stack.push_async_callback(hook)
            for hook in parts.start:
                await hook()
            tasks = [asyncio.create_task(make(), name=name) for name, make in parts.tasks.items()]
            stack.push_async_callback(_cancel, tasks)
            yield parts
            for task in tasks:
                assert not task.done(), task

    async def say(self, *told: Alert | Incident) -> None:
        """Speak for intake and the dispatcher."""
        records = [self._record(one) for one in told]
        assert not any(await self.producer.send_all(records))

    async def send(self, topic: str, key: str, value: bytes, type_: str) -> None:
        """Send any record."""
        about = envelope.Envelope(id=secrets.token_hex(8), source="/test", type=type_, time=at(0))
        await self.producer.send(
            Record(topic=self.prefix + topic, key=key, value=value, headers=envelope.build(about))
        )

    async def beat(self) -> None:
        """Give the dispatcher's sign of life."""
        beat = Heartbeat(
            service="dispatcher", instance="d-1", sent_at=REAL.real(), now=self.clock.now()
        )
        await self.send(
            messages.INCIDENTS, "heartbeat", codec.encode(beat), messages.DISPATCHER_HEARTBEAT
        )

    async def publish_directory(self) -> None:
        """Publish a park whose admin key is kept here."""
        self.admin_key, sha256 = new_key("k-test")
        document = park_document()
        document["keys"] = [key("k-test", "admin", "park") | {"sha256": sha256}]
        published = DirectoryPublished(version=1, document=document, published_at=at(0))
        await self.send(
            messages.DIRECTORY, "park", codec.encode(published), messages.DIRECTORY_PUBLISHED
        )

    def client(self, parts: ServiceParts) -> AsgiClient:
        """Ask a notifier as the park's admin."""
        return AsgiClient(parts.app, {"authorization": f"Bearer {self.admin_key}"})

    async def read(self, topic: str, enough: Callable[[list[Received]], bool]) -> list[Received]:
        """Read a topic from its start until there is enough."""
        kafka = AIOKafkaConsumer(
            self.prefix + topic, bootstrap_servers=self.kafka, auto_offset_reset="earliest"
        )
        await kafka.start()
        try:
            async with asyncio.timeout(20):
                found: list[Received] = []
                while not enough(found):
                    for records in (await kafka.getmany(timeout_ms=100)).values():
                        found += map(received, records)
                return found
        finally:
            await kafka.stop()

    async def facts(self) -> list[str]:
        """What was said, of all incidents."""
        rows = await self.fetch("select fact from notifier.timing_event order by recorded_at")
        return [row["fact"] for row in rows]

    async def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Ask as the owner."""
        connection = await asyncpg.connect(self.dsn)
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()

    async def settled(self) -> None:
        """Wait until some notifier says of every partition that it is in good hands."""
        before = await self._beats()

        async def moved() -> bool:
            beats = await self._beats()
            return len(beats) == 6 and all(beats[p] > before.get(p, 0) for p in beats)

        await until(moved)

    async def applied(self, *told: Incident) -> None:
        """Wait until the notifier has incidents at their versions."""

        async def all_there() -> bool:
            rows = await self.fetch("select id, version from notifier.incident")
            versions = {row["id"]: row["version"] for row in rows}
            return all(versions.get(one.id, 0) >= one.version for one in told)

        await until(all_there)

    async def _beats(self) -> dict[int, int]:
        rows = await self.fetch("select partition, beats from notifier.partition_beat")
        return {row["partition"]: row["beats"] for row in rows}

    def _record(self, told: Alert | Incident) -> Record:
        body: AlertReceived | IncidentChanged
        if isinstance(told, Alert):
            topic, type_, body = (
                messages.ALERTS,
                messages.ALERT_RECEIVED,
                AlertReceived(alert=told),
            )
        else:
            topic, type_, body = messages.INCIDENTS, type_name(IncidentOpened), changed(told)
        about = envelope.Envelope(id=secrets.token_hex(8), source="/test", type=type_, time=at(0))
        return Record(
            topic=self.prefix + topic,
            key=str(told.id),
            value=codec.encode(body),
            headers=envelope.build(about),
        )


def changed(incident: Incident) -> IncidentChanged:
    """What the dispatcher says of an incident; the event in it is any."""
    event = Event(
        incident=incident.id,
        version=incident.version,
        occurred_at=incident.updated_at,
        recorded_at=incident.updated_at,
        disbelieved=False,
        actor=an_actor(),
        via=Via.AUTOMATIC,
        body=IncidentOpened(
            alert=incident.alert,
            center=incident.center,
            fallback=False,
            console=True,
            profile=incident.profile,
            dispositions=(),
        ),
    )
    return IncidentChanged(
        event=eventlog.to_text(event), previous="0" * 64, hash="1" * 64, incident=incident
    )


@asynccontextmanager
async def open_site(kafka: str, dsn: str) -> AsyncIterator[Site]:
    """Make the topics a test speaks on, and a producer."""
    prefix = f"n{secrets.token_hex(4)}."
    names = (messages.ALERTS, messages.INCIDENTS, messages.TIMING)
    topics = [Topic(name=prefix + name, partitions=6) for name in names]
    topics.append(Topic(name=prefix + messages.DIRECTORY, compacted=True))
    topics.append(Topic(name=dead_letter_topic(prefix + messages.ALERTS)))
    await ensure_topics(kafka, topics, clock=REAL)
    producer = Producer(kafka, clock=REAL, client_id="site")
    await producer.start()
    try:
        yield Site(kafka=kafka, dsn=dsn, producer=producer, prefix=prefix)
    finally:
        await producer.stop()


async def until(holds: Callable[[], Awaitable[object]], *, within: float = 20.0) -> None:
    """Return once something holds; fails the test if it does not in time."""
    async with asyncio.timeout(within):
        while not await holds():
            await REAL.sleep(0.05)


async def _cancel(tasks: list["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
