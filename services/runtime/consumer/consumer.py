"""A member of a group that applies records in Postgres, each once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from aiokafka import AIOKafkaConsumer

from services.runtime.clock import Clock
from services.runtime.consumer import measures
from services.runtime.consumer.cursors import Cursors
from services.runtime.consumer.delivery import Apply, Delivery, Rescue
from services.runtime.consumer.faults import describe
from services.runtime.consumer.membership import Listening, make_consumer
from services.runtime.consumer.places import Place
from services.runtime.consumer.session import FIRST_PAUSE, LONGEST_PAUSE, Session
from services.runtime.postgres import Database
from services.runtime.producer import Producer

_log = structlog.get_logger(__name__)


def _nothing() -> None:
    """Nobody wants to be told."""


@dataclass(kw_only=True, eq=False, repr=False)
class Consumer:
    """Reads topics as a member of a group, and goes on whatever happens to Kafka and Postgres.

    Attributes:
        bootstrap: Kafka's address.
        group: The group's name.
        topics: What to read; they must exist.
        database: Where positions and effects live.
        producer: Sends dead letters.
        apply: Writes the effects of records.
        clock: What to wait with.
        schema: The schema with the tables `consumer_position` and `dead_letter`.
        member: The name of a static member, None for one that leaves when it stops.
        batch: Records in one transaction at most.
        linger: Real seconds that a batch which is not full waits for more, before its transaction
            begins.
        rescue: Does something for a record that cannot be applied.
        committed: Told after each commit, such as a relay's `wake`; must return at once.
        silent_after: Seconds without an answer of Kafka after which the client is replaced.
    """

    bootstrap: str
    group: str
    topics: Sequence[str]
    database: Database
    producer: Producer
    apply: Apply
    clock: Clock
    schema: str
    member: str | None = None
    batch: int = 200
    linger: float = 0.0
    rescue: Rescue | None = None
    committed: Callable[[], None] = _nothing
    silent_after: float = 30.0
    _cursors: Cursors = field(init=False, default_factory=Cursors)
    _session: Session | None = field(init=False, default=None)
    _stopping: bool = field(init=False, default=False)
    _alive_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._alive_at = self.clock.monotonic()

    @property
    def healthy(self) -> bool:
        """Whether Kafka answered lately. Postgres being away does not count: that passes."""
        alive_at = max(self._alive_at, self._session.alive_at if self._session else self._alive_at)
        return self.clock.monotonic() - alive_at < self.silent_after

    @property
    def assigned_partitions(self) -> frozenset[Place]:
        """The partitions this member has now."""
        return frozenset(self._cursors)

    @property
    def settled_partitions(self) -> frozenset[Place]:
        """The assigned partitions where all is applied that they held when last (re)gained.

        A partition is regained by an assignment, and after an outage of Kafka or Postgres.
        """
        return self._cursors.settled(now=self.clock.monotonic())

    @property
    def settled(self) -> bool:
        """Whether this member has partitions and all of them are settled."""
        return len(self._cursors) > 0 and len(self.settled_partitions) == len(self._cursors)

    def stop(self) -> None:
        """Have `run` return after the batch in hand."""
        self._stopping = True

    async def run(self) -> None:
        """Read and apply until stopped or cancelled; leaves the group within a bounded time."""
        delivery = Delivery(
            group=self.group,
            schema=self.schema,
            database=self.database,
            producer=self.producer,
            clock=self.clock,
            apply=self.apply,
            rescue=self.rescue,
            committed=self.committed,
            cursors=self._cursors,
        )
        pause = FIRST_PAUSE
        while not self._stopping:
            began = self.clock.monotonic()
            await self._serve(delivery)
            lasted = self.clock.monotonic() - began
            pause = FIRST_PAUSE if lasted > self.silent_after else min(pause * 2, LONGEST_PAUSE)
            if not self._stopping:
                await self.clock.sleep(pause)

    async def _serve(self, delivery: Delivery) -> None:
        """Be a member until stopped or until something breaks."""
        session = Session(
            self._make,
            delivery=delivery,
            clock=self.clock,
            batch=self.batch,
            linger=self.linger,
            silent_after=self.silent_after,
        )
        self._session = session
        try:
            await session.join()
            while not self._stopping:
                await session.step()
        except Exception as error:  # noqa: BLE001  # whatever it is, the next session starts afresh
            measures.REBUILDS.labels(self.group, type(error).__name__).inc()
            _log.warning("session_ended", group=self.group, fault=describe(error))
        finally:
            await session.leave()
            self._alive_at = max(self._alive_at, session.alive_at)
            self._session = None

    def _make(self, listener: Listening) -> AIOKafkaConsumer:
        return make_consumer(
            self.bootstrap,
            group=self.group,
            topics=self.topics,
            member=self.member,
            listener=listener,
        )
