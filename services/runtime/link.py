"""Keeps a working aiokafka producer at hand: connects it, and replaces it when it breaks."""

import asyncio

import structlog
from aiokafka import AIOKafkaProducer
from prometheus_client import Counter, Gauge

from services.runtime.clock import Clock
from services.runtime.disposal import dispose

MAX_RECORD_BYTES = 1_000_000  # below the broker's default limit of 1 MiB for a batch
BATCH_BYTES = 256 * 1024  # with aiokafka's 16 KiB, thousands of sends at once take seconds
COMPRESSION = "zstd"  # a third of lz4's bytes in a sixth of its time: what repeats lies far apart
CONNECT_SECONDS = 10.0
FLUSH_SECONDS = 0.6  # a service stops within seconds; what was not acknowledged is unknown
REPLACED_FLUSH_SECONDS = 3.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0

_REBUILDS = Counter(
    "d115_producer_rebuilds_total", "Producers replaced, by why.", ["client", "fault"]
)
_CONNECTED = Gauge("d115_producer_connected", "1 while there is a working producer.", ["client"])

_log = structlog.get_logger(__name__)


class LinkClosedError(Exception):
    """The link was closed: there will be no producer any more."""


class Link:
    """One producer at a time, made anew for as long as the link is open."""

    def __init__(self, bootstrap: str, *, clock: Clock, client_id: str) -> None:
        self._bootstrap = bootstrap
        self._clock = clock
        self._client_id = client_id
        self._kafka: AIOKafkaProducer | None = None
        self._ready = asyncio.Event()
        self._broken = asyncio.Event()
        self._closed = False
        self._supervisor: asyncio.Task[None] | None = None
        self._disposals: set[asyncio.Task[bool]] = set()

    @property
    def connected(self) -> bool:
        """Whether there is a working producer now."""
        return self._kafka is not None

    async def open(self, *, within: float) -> None:
        """Begin to connect, and wait for the first connection so many real seconds at most."""
        if self._supervisor is None:
            self._supervisor = asyncio.create_task(self._supervise())
        ready = asyncio.create_task(self._ready.wait())
        done, _ = await asyncio.wait(
            {ready, self._supervisor}, timeout=within, return_when=asyncio.FIRST_COMPLETED
        )
        ready.cancel()
        if self._supervisor in done:  # aiokafka cannot even be made, as without its zstd
            self._supervisor.result()
        if ready not in done:
            _log.warning("kafka_awaited", client=self._client_id)

    async def close(self) -> None:
        """Give what is under way a moment to be acknowledged, and disconnect."""
        self._closed = True
        self._ready.set()  # whoever waits for a producer learns that there will be none
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait([self._supervisor])
        if self._kafka is not None:
            await dispose(self._kafka, within=FLUSH_SECONDS)
            self._kafka = None
        for disposal in self._disposals:
            disposal.cancel()
        if self._disposals:
            await asyncio.wait(self._disposals)
        _CONNECTED.labels(self._client_id).set(0)

    async def producer(self) -> AIOKafkaProducer:
        """Return a working producer, waiting for it without end.

        Raises:
            LinkClosedError: The link was closed.
        """
        await self._ready.wait()
        if self._closed or self._kafka is None:
            raise LinkClosedError("the producer is stopped")
        return self._kafka

    def replace(self, kafka: AIOKafkaProducer | None, *, fault: str) -> None:
        """Have a broken producer replaced; nothing happens where that was done already."""
        if kafka is None or kafka is not self._kafka or self._closed:
            return
        _REBUILDS.labels(self._client_id, fault).inc()
        _log.warning("producer_replaced", client=self._client_id, fault=fault)
        self._kafka = None
        self._ready.clear()
        self._broken.set()
        disposal = asyncio.create_task(dispose(kafka, within=REPLACED_FLUSH_SECONDS))
        self._disposals.add(disposal)
        disposal.add_done_callback(self._disposals.discard)

    def replace_current(self, *, fault: str) -> None:
        """Have the producer of now replaced."""
        self.replace(self._kafka, fault=fault)

    async def _supervise(self) -> None:
        pause = FIRST_PAUSE
        while True:
            kafka = await self._connect()
            if kafka is None:
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                lasted = await self._hold(kafka)
                pause = FIRST_PAUSE if lasted > LONGEST_PAUSE else min(pause * 2, LONGEST_PAUSE)
            await self._clock.sleep(pause)

    async def _hold(self, kafka: AIOKafkaProducer) -> float:
        """Hand a producer out until it breaks; returns for how many seconds that was."""
        began = self._clock.monotonic()
        self._broken.clear()
        self._kafka = kafka
        self._ready.set()
        _CONNECTED.labels(self._client_id).set(1)
        await self._broken.wait()
        _CONNECTED.labels(self._client_id).set(0)
        return self._clock.monotonic() - began

    async def _connect(self) -> AIOKafkaProducer | None:
        kafka = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
            compression_type=COMPRESSION,
            max_batch_size=BATCH_BYTES,
            max_request_size=MAX_RECORD_BYTES,
            linger_ms=0,
            request_timeout_ms=5000,
        )
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await kafka.start()
        except BaseException as error:
            await dispose(kafka, within=FLUSH_SECONDS)
            if not isinstance(error, Exception):
                raise
            _log.warning("kafka_away", client=self._client_id, fault=type(error).__name__)
            return None
        return kafka
