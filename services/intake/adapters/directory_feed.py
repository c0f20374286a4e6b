"""The directory as it is published: all that the topic holds, then what comes.

Without a group, because every intake needs every directory. The topic is compacted and holds little
more than the newest one, so it is simply read again wherever something may have been missed.
"""

import asyncio
from collections.abc import Callable

import structlog
from aiokafka import AIOKafkaConsumer
from prometheus_client import Counter

from incident.messages import DIRECTORY_PUBLISHED, DirectoryPublished
from services.runtime import codec, envelope
from services.runtime.clock import Clock
from services.runtime.codec import DecodeError
from services.runtime.consumer.membership import COMMON_SETTINGS
from services.runtime.consumer.places import received
from services.runtime.disposal import dispose
from services.runtime.envelope import EnvelopeError
from services.runtime.records import Received
from services.runtime.tail import CONNECT_SECONDS, Tail

READ_SECONDS = 15.0
LEAVE_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0

_UNREADABLE = Counter("d115_intake_directory_unreadable_total", "Records that hold no directory.")

_log = structlog.get_logger(__name__)


class DirectoryFeed:
    """Tells of every directory that is or will be published."""

    def __init__(
        self,
        bootstrap: str,
        *,
        topic: str,
        clock: Clock,
        take: Callable[[DirectoryPublished], object],
    ) -> None:
        """Prepare; `run` begins.

        Args:
            bootstrap: Kafka's address.
            topic: What to follow; while it does not exist it is waited for.
            clock: What to wait with.
            take: Told of each directory, also of old ones and of the same one again.
        """
        self._bootstrap = bootstrap
        self._topic = topic
        self._clock = clock
        self._take = take
        self._missed = asyncio.Event()
        self._tail = Tail(
            bootstrap=bootstrap,
            topic=topic,
            clock=clock,
            on_record=self._tell,
            on_gap=self._missed.set,
        )

    @property
    def healthy(self) -> bool:
        """Whether Kafka answered lately."""
        return self._tail.healthy

    async def run(self) -> None:
        """Follow until cancelled. Kafka being away is waited for."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tail.run())
            group.create_task(self._catch_up())

    async def _catch_up(self) -> None:
        """Read the whole topic each time something may have been missed."""
        pause = FIRST_PAUSE
        while True:
            await self._missed.wait()
            self._missed.clear()
            try:
                async with asyncio.timeout(READ_SECONDS):
                    await self._read_all()
                pause = FIRST_PAUSE
            except Exception as error:  # noqa: BLE001  # whatever it is, it is tried again
                _log.warning("directory_unread", fault=type(error).__name__)
                self._missed.set()
                await self._clock.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _read_all(self) -> None:
        kafka = AIOKafkaConsumer(
            self._topic,
            bootstrap_servers=self._bootstrap,
            client_id=f"read-{self._topic}",
            auto_offset_reset="earliest",
            **COMMON_SETTINGS,
        )
        try:
            async with asyncio.timeout(CONNECT_SECONDS):  # with an old leader's name it hangs
                await kafka.start()
                partitions = kafka.assignment()
                if not partitions:
                    raise LookupError(f"topic {self._topic} has no partitions yet")
                ends = await kafka.end_offsets(partitions)
            while [tp for tp, end in ends.items() if await kafka.position(tp) < end]:
                for records in (await kafka.getmany(timeout_ms=500)).values():
                    for record in records:
                        self._tell(received(record))
        finally:
            await dispose(kafka, within=LEAVE_SECONDS)

    def _tell(self, record: Received) -> None:
        try:
            if not record.value or envelope.parse(record.headers).type != DIRECTORY_PUBLISHED:
                return
            published = codec.decode(record.value, DirectoryPublished)
        except (EnvelopeError, DecodeError) as error:
            _UNREADABLE.inc()
            _log.warning("directory_unreadable", offset=record.offset, fault=type(error).__name__)
            return
        self._take(published)
