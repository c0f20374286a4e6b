"""An intake process with topics and a database of its own, and what a test asks of them."""

import asyncio
import base64
import io
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer, TopicPartition

from incident.messages import ALERTS, DIRECTORY, DIRECTORY_PUBLISHED, DirectoryPublished
from services.runtime import codec, envelope
from services.runtime.clock import SystemClock
from services.runtime.consumer.places import received
from services.runtime.envelope import Envelope
from services.runtime.producer import Producer
from services.runtime.records import Received, Record
from services.runtime.topics import Topic, ensure_topics
from tests.services.intake.park import KEYS, document

CLOCK = SystemClock()
ROOT = Path(__file__).parents[3]
MIGRATIONS = ROOT / "schemas" / "sql" / "intake"
PARTITIONS = 6
DATA_KEY = bytes(range(32))
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
PATIENCE = 20.0


@dataclass(kw_only=True)
class Site:
    """Kafka, a database and topics of one test's own."""

    kafka: str
    dsn: str
    prefix: str = field(default_factory=lambda: f"t{secrets.token_hex(4)}.")

    @property
    def alerts(self) -> str:
        """The topic of alerts."""
        return self.prefix + ALERTS

    async def make_topics(self) -> None:
        """Make the topics intake needs."""
        topics = [
            Topic(name=self.alerts, partitions=PARTITIONS),
            Topic(name=self.prefix + DIRECTORY, compacted=True),
        ]
        await ensure_topics(self.kafka, topics, clock=CLOCK)

    async def publish(self, version: int, **changes: object) -> None:
        """Publish the park's directory."""
        published = DirectoryPublished(
            version=version, document=document() | changes, published_at=CLOCK.real()
        )
        headers = envelope.build(
            Envelope(
                id=str(version),
                source="/dispatcher",
                type=DIRECTORY_PUBLISHED,
                time=CLOCK.real(),
            )
        )
        record = Record(
            topic=self.prefix + DIRECTORY,
            key="directory",
            value=codec.encode(published),
            headers=headers,
        )
        producer = Producer(self.kafka, clock=CLOCK, client_id="test", timeout=10)
        await producer.start()
        try:
            await producer.send(record)
        finally:
            await producer.stop()

    async def records(self) -> list[Received]:
        """All that the topic of alerts holds now, each partition in its order."""
        kafka = AIOKafkaConsumer(bootstrap_servers=self.kafka, auto_offset_reset="earliest")
        await kafka.start()
        try:
            places = [TopicPartition(self.alerts, number) for number in range(PARTITIONS)]
            kafka.assign(places)
            ends = await kafka.end_offsets(places)
            found = list[Received]()
            while [place for place in places if await kafka.position(place) < ends[place]]:
                for records in (await kafka.getmany(timeout_ms=200)).values():
                    found += [received(record) for record in records]
        finally:
            await kafka.stop()
        return found


class Intake:
    """A running process."""

    def __init__(self, process: asyncio.subprocess.Process, http: aiohttp.ClientSession) -> None:
        self.process = process
        self._http = http
        self.port = self.ops_port = 0
        self.lines: list[str] = []
        self._reading: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Wait until it serves, and go on reading what it logs."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while not self.port:
                line = (await self.process.stdout.readline()).decode()
                assert line, f"it ended: {self.lines}"
                self._note(line)
        self._reading = asyncio.create_task(self._read())

    async def ready(self) -> None:
        """Wait until it says that it may be sent work."""
        async with asyncio.timeout(PATIENCE):
            while (await self.readiness())[0] != 200:
                await CLOCK.sleep(0.05)

    async def readiness(self) -> tuple[int, dict[str, Any]]:
        """What it says of being sent work."""
        async with self._http.get(f"http://127.0.0.1:{self.ops_port}/readyz") as answer:
            return answer.status, (await answer.json())["checks"]

    async def notes(self) -> dict[str, str]:
        """What it says beside, without being unready for it."""
        async with self._http.get(f"http://127.0.0.1:{self.ops_port}/readyz") as answer:
            noted: dict[str, str] = (await answer.json())["notes"]
            return noted

    async def figure(self, name: str) -> float:
        """One of its metrics, without labels."""
        lines = (await self.figures()).splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))

    async def figures(self) -> str:
        """Its metrics."""
        async with self._http.get(f"http://127.0.0.1:{self.ops_port}/metrics") as answer:
            return await answer.text()

    async def post(
        self,
        body: object,
        *,
        path: str = "/v1/alerts",
        holder: str = "station",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any], Mapping[str, str]]:
        """Post a body (bytes as they are) and give status, answer and headers."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {
            "authorization": f"Bearer {KEYS[holder]}",
            "content-type": "application/json",
            **(headers or {}),
        }
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self._http.post(url, data=io.BytesIO(data), headers=sent) as answer:
            return answer.status, await answer.json(content_type=None), answer.headers

    async def stop(self) -> int:
        """Tell it to stop and wait for its end; gives the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            code = await self.process.wait()
        if self._reading is not None:
            await self._reading
        return code

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := (await self.process.stdout.readline()).decode():
            self._note(line)

    def _note(self, line: str) -> None:
        self.lines.append(line)
        said = json.loads(line) if line.startswith("{") else {}
        if said.get("event") == "serving":
            self.port, self.ops_port = said["port"], said["ops_port"]


@asynccontextmanager
async def running(site: Site, **settings: str) -> AsyncIterator[Intake]:
    """Run an intake; settings are environment variables."""
    async with AsyncExitStack() as stack:
        process = await spawn(site, **settings)
        http = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        )
        intake = Intake(process, http)
        try:
            await intake.serve()
            yield intake
        finally:
            if process.returncode is None:
                process.kill()
            await intake.stop()


async def spawn(site: Site, **settings: str) -> asyncio.subprocess.Process:
    """Start `python -m services.intake`, its lines on a pipe."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("D115_")},
        "D115_KAFKA": site.kafka,
        "D115_POSTGRES": site.dsn,
        "D115_TOPIC_PREFIX": site.prefix,
        "D115_DATA_KEYS": f"k1:{base64.b64encode(DATA_KEY).decode()}",
        "INTAKE_PORT": "0",
        "INTAKE_OPS_PORT": "0",
        **settings,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.intake",
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=1024 * 1024,
    )
