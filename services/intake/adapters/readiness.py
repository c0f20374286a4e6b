"""Whether intake can take alerts: while one of its two stores answers, it can."""

from services.intake.adapters.circuit import Circuit
from services.intake.adapters.directory_feed import DirectoryFeed
from services.intake.adapters.drainer import Drainer
from services.intake.adapters.spool import Spool
from services.runtime.producer import Producer


class Readiness:
    """Says what is known, without asking anybody: a look at readiness must not wait."""

    def __init__(
        self,
        *,
        feed: DirectoryFeed,
        producer: Producer,
        circuit: Circuit,
        spool: Spool,
        drainer: Drainer,
    ) -> None:
        self._feed = feed
        self._producer = producer
        self._circuit = circuit
        self._spool = spool
        self._drainer = drainer

    async def stores(self) -> str | None:
        """What is wrong where neither Kafka nor the spool takes anything."""
        if await self.kafka() is None:
            return None
        if self._spool.away is not None:
            return "neither Kafka nor Postgres answers"
        seen = self._drainer.seen
        if seen is not None and not self._spool.has_room(seen):
            return "Kafka is away and the spool is full"
        return None

    async def kafka(self) -> str | None:
        """That Kafka does not answer. The directory's follower hears of it where nobody sends."""
        if not self._producer.connected or self._circuit.away or not self._feed.healthy:
            return "Kafka is away: alerts are spooled"
        return None

    async def spool(self) -> str | None:
        """That Postgres does not answer, or that something waits."""
        if self._spool.away is not None:
            return f"Postgres is away: there is no spool ({self._spool.away})"
        seen = self._drainer.seen
        return f"{seen.rows} messages wait for Kafka" if seen and seen.rows else None
