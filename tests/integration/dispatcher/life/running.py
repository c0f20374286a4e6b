"""The dispatcher as a process of its own, and what stations and consoles do with it."""

import asyncio
import base64
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer

from incident import messages
from incident.messages import AlertReceived, IncidentChanged
from services.cli.sse import Frame, read_frames
from services.runtime import codec, envelope
from services.runtime.clock import SystemClock
from services.runtime.consumer.places import received
from services.runtime.producer import Producer
from services.runtime.records import Received, Record
from tests.services.dispatcher.park import KEYS, incident_id

CLOCK = SystemClock()
ROOT = Path(__file__).parents[4]
PATIENCE = 30.0


@dataclass(kw_only=True)
class Running:
    """A dispatcher's process on its own database and topics.

    Attributes:
        log: Where the process writes its lines.
        api: The address of its API, `ops` that of health and metrics.
    """

    kafka: str
    dsn: str
    log: Path
    producer: Producer
    http: aiohttp.ClientSession
    prefix: str = field(default_factory=lambda: f"t{secrets.token_hex(4)}.")
    api: str = ""
    ops: str = ""
    _process: asyncio.subprocess.Process | None = None
    _keys: int = 0

    @property
    def is_running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the process and wait until it serves; it may still be joining its groups."""
        environment = os.environ | {
            "D115_KAFKA": self.kafka,
            "D115_POSTGRES": self.dsn,
            "D115_TOPIC_PREFIX": self.prefix,
            "D115_DATA_KEYS": f"k1:{base64.b64encode(bytes(range(32))).decode()}",
            "D115_ADMIN_KEY_SHA256": "a" * 64,
            "DISPATCHER_PORT": "0",
            "DISPATCHER_OPS_PORT": "0",
            "DISPATCHER_MEMBER": "one",
        }
        self.log.write_bytes(b"")
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "services.dispatcher",
                env=environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        await until(self._serves)

    async def _serves(self) -> bool:
        assert self._process is not None
        assert self._process.returncode is None, self.log.read_text()
        for line in self.lines():
            if line.get("event") == "serving":
                self.api = f"http://127.0.0.1:{line['port']}"
                self.ops = f"http://127.0.0.1:{line['ops_port']}"
                return True
        return False

    def lines(self) -> list[dict[str, Any]]:
        """What it logged."""
        whole = self.log.read_text().splitlines()
        return [json.loads(line) for line in whole if line.startswith("{") and line.endswith("}")]

    async def stop(self) -> tuple[int, float]:
        """Tell it to stop; returns its code and the seconds it took."""
        assert self._process is not None
        began = CLOCK.monotonic()
        if self.is_running:
            self._process.terminate()
        async with asyncio.timeout(PATIENCE):
            code = await self._process.wait()
        return code, CLOCK.monotonic() - began

    async def kill(self) -> None:
        """End it at once."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def say(self, *told: AlertReceived) -> None:
        """Publish alerts as intake does."""
        now = CLOCK.now()
        records = [
            Record(
                topic=self.prefix + messages.ALERTS,
                key=str(message.alert.id),
                value=codec.encode(message),
                headers=envelope.build(
                    envelope.Envelope(
                        id=secrets.token_hex(8),
                        source="/intake",
                        type=messages.ALERT_RECEIVED,
                        time=now,
                        subject=str(message.alert.id),
                    )
                ),
            )
            for message in told
        ]
        assert not any(await self.producer.send_all(records))

    async def get(self, path: str, holder: str = "operator") -> Any:  # noqa: ANN401  # JSON is any of six types
        """Look at something that must be there."""
        async with self.http.get(self.api + path, headers=key_of(holder)) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def act(
        self, number: int, verb: str, body: object = None, holder: str = "operator"
    ) -> int:
        """Use a verb; returns the status."""
        self._keys += 1
        headers = key_of(holder) | {"Idempotency-Key": f"key-{self._keys}"}
        path = f"{self.api}/v1/incidents/{incident_id(number)}/{verb}"
        async with self.http.post(path, json=body or {}, headers=headers) as answer:
            await answer.read()
            return answer.status

    async def opened(self, number: int) -> None:
        """Wait until a numbered incident is open."""
        path = f"{self.api}/v1/incidents/{incident_id(number)}"

        async def is_open() -> bool:
            async with self.http.get(path, headers=key_of("supervisor")) as answer:
                return answer.status == 200

        await until(is_open)

    @asynccontextmanager
    async def watching(
        self, path: str, holder: str = "operator", after: int | None = None
    ) -> AsyncIterator[AsyncIterator[Frame]]:
        """Hold a stream open."""
        headers = key_of(holder)
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        async with self.http.get(self.api + path, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            yield read_frames(answer.content.iter_any())

    async def said(self, numbers: Collection[int], count: int) -> dict[int, list[IncidentChanged]]:
        """Read `incidents.v1` until it told so many versions of the numbered incidents.

        Returns:
            For each number its messages in order. A killed relay says things again; a repeat of
            the last message is left out, as a consumer leaves it out.
        """
        kafka = AIOKafkaConsumer(
            self.prefix + messages.INCIDENTS,
            bootstrap_servers=self.kafka,
            auto_offset_reset="earliest",
        )
        await kafka.start()
        try:
            found: dict[int, list[IncidentChanged]] = {number: [] for number in numbers}
            async with asyncio.timeout(PATIENCE):
                while sum(map(len, found.values())) < count:
                    for records in (await kafka.getmany(timeout_ms=100)).values():
                        for record in map(received, records):
                            _add(found, record)
            return found
        finally:
            await kafka.stop()


def key_of(holder: str) -> dict[str, str]:
    """The header with a holder's key."""
    return {"Authorization": f"Bearer {KEYS[holder]}"}


def _add(found: dict[int, list[IncidentChanged]], record: Received) -> None:
    if not envelope.parse(record.headers).type.startswith("incident."):
        return  # a heartbeat, or how a center's desks stand
    message = codec.decode(record.value, IncidentChanged)
    told = found.get(message.incident.id.int)
    if told is not None and (not told or message.incident.version != told[-1].incident.version):
        told.append(message)


async def until(holds: Callable[[], Awaitable[object]], *, within: float = PATIENCE) -> None:
    """Return once something holds; fails the test if it does not in time."""
    async with asyncio.timeout(within):
        while not await holds():
            await CLOCK.sleep(0.03)


@asynccontextmanager
async def run_dispatcher(kafka: str, dsn: str, log: Path) -> AsyncIterator[Running]:
    """Run a dispatcher for a while."""
    producer = Producer(kafka, clock=CLOCK, client_id="test")
    await producer.start()
    async with aiohttp.ClientSession() as http:
        running = Running(kafka=kafka, dsn=dsn, log=log, producer=producer, http=http)
        try:
            await running.start()
            yield running
        finally:
            await running.stop()
            await producer.stop()
