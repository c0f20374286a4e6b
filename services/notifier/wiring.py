"""The notifier, put together: the one place that knows handlers, adapters and edges alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import asyncpg
import structlog
from fastapi import FastAPI

from incident import messages
from services.notifier.adapters.atlas import DirectoryAtlas
from services.notifier.adapters.digests import PostgresDigests
from services.notifier.adapters.postgres import SCHEMA, SETTINGS, PostgresStore
from services.notifier.adapters.reports import PostgresReports
from services.notifier.api import app, figures, timing
from services.notifier.consumer import NewsConsumer
from services.notifier.deadlines import Deadlines
from services.notifier.heartbeat import Heart, Watch
from services.notifier.settings import NotifierSettings
from services.notifier.upkeep import Upkeep
from services.runtime.auth import Authenticator, bearer
from services.runtime.clock import Clock
from services.runtime.clockwatch import PeerClocks
from services.runtime.consumer import Consumer
from services.runtime.directory import DirectoryCopy
from services.runtime.migrations import check_clock
from services.runtime.postgres import Database
from services.runtime.process import ServiceParts, Task
from services.runtime.producer import Producer
from services.runtime.records import Received, dead_letter_topic
from services.runtime.relay import Relay
from services.runtime.topics import PARTITIONS, KafkaAwayError, ensure_topics, every_topic

NAME = "notifier"
PATHS = ("/v1/compliance", "/v1/conservation", "/v1/timing", "/v1/watch", app.DOCUMENT)
STALLED_SECONDS = 30.0
LINGER_SECONDS = 0.03
"""A transaction costs as much as applying several records, and nobody waits for these: what is due
is looked at beside."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What everything else stands on."""

    settings: NotifierSettings
    clock: Clock
    database: Database
    producer: Producer
    copy: DirectoryCopy
    atlas: DirectoryAtlas
    relay: Relay
    store: PostgresStore
    reports: PostgresReports
    peers: PeerClocks

    def topic(self, name: str) -> str:
        """A topic's, or a group's, name in this instance."""
        return self.settings.topic_prefix + name


async def build(settings: NotifierSettings) -> ServiceParts:
    """Wire the notifier.

    Raises:
        PostgresAwayError: Postgres did not answer in time.
        ClockMismatchError: The database was made with another clock.
    """
    base = await _base(settings)
    consumer = _consumer(base)
    deadlines = _deadlines(base, consumer)
    return ServiceParts(
        name=NAME,
        app=_app(base, deadlines),
        paths=PATHS,
        tasks=_tasks(base, consumer, deadlines),
        start=[partial(_prepare, base)],
        drain=[partial(_leave, consumer)],
        stop=[base.database.close, base.producer.stop],
        ready={"postgres": partial(_answers, base.database)},
        alive={"consumer": partial(_polls, consumer)},
        notes={
            "dispatcher": Watch(base.reports, base.clock).warning,
            "directory": partial(_has_directory, base.copy),
            "clocks": partial(_keeps_clocks, deadlines),
            "peers": base.peers.check,
        },
    )


async def _base(settings: NotifierSettings) -> Base:
    clock = settings.clock
    database = await Database.connect(
        settings.postgres,
        role="d115_notifier",
        application="d115-notifier",
        size=settings.connections,
        clock=clock,
        settings=SETTINGS,
    )
    async with database.transaction() as connection:
        await check_clock(connection, NAME, clock)
    producer = Producer(settings.kafka, clock=clock, client_id=NAME)
    copy = DirectoryCopy(database=database, schema=SCHEMA, clock=clock)
    return Base(
        settings=settings,
        clock=clock,
        database=database,
        producer=producer,
        copy=copy,
        atlas=DirectoryAtlas(copy),
        relay=Relay(database=database, producer=producer, clock=clock, schema=SCHEMA),
        store=PostgresStore(database, timing_topic=settings.topic_prefix + messages.TIMING),
        reports=PostgresReports(database),
        peers=PeerClocks(clock),
    )


async def _prepare(base: Base) -> None:
    """Begin with what is there: the clocks are kept whether or not Kafka answers."""
    await base.producer.start()
    await base.copy.refresh()


async def _consume(base: Base, consumer: Consumer) -> None:
    topics = every_topic(base.settings.topic_prefix)
    while True:
        try:
            await ensure_topics(base.settings.kafka, topics, clock=base.clock)
        except KafkaAwayError as error:
            _log.warning("topics_missing", fault=str(error))
        else:
            return await consumer.run()


def _consumer(base: Base) -> Consumer:
    news = NewsConsumer(base.store.work_in, atlas=base.atlas, clock=base.clock)
    alerts, directory = base.topic(messages.ALERTS), base.topic(messages.DIRECTORY)
    incidents = base.topic(messages.INCIDENTS)

    async def apply(connection: asyncpg.Connection, records: Sequence[Received]) -> None:
        published = [record for record in records if record.topic == directory]
        if published:
            await base.copy.apply(connection, published)
        rest = [record for record in records if record.topic != directory]
        if rest:
            await news.apply(connection, rest)

    of_incidents = base.peers.over("dispatcher", apply, topic=incidents)
    return Consumer(
        bootstrap=base.settings.kafka,
        group=base.topic(NAME),
        topics=[alerts, dead_letter_topic(alerts), incidents, directory],
        database=base.database,
        producer=base.producer,
        apply=base.peers.over("intake", of_incidents, topic=alerts),
        clock=base.clock,
        schema=SCHEMA,
        committed=base.relay.wake,
        member=base.settings.member,
        linger=LINGER_SECONDS,
    )


def _deadlines(base: Base, consumer: Consumer) -> Deadlines:
    incidents = base.topic(messages.INCIDENTS)

    def settled() -> list[int]:
        return [
            place.partition for place in consumer.settled_partitions if place.topic == incidents
        ]

    return Deadlines(
        store=base.store,
        atlas=base.atlas,
        clock=base.clock,
        partitions=PARTITIONS,
        settled=settled,
        told=base.relay.wake,
    )


def _tasks(base: Base, consumer: Consumer, deadlines: Deadlines) -> dict[str, Task]:
    heart = Heart(
        producer=base.producer,
        clock=base.clock,
        topic=base.topic(messages.TIMING),
        partitions=PARTITIONS,
        idle_seconds=lambda: deadlines.silent_seconds,
    )
    upkeep = Upkeep(
        reports=base.reports,
        digests=PostgresDigests(base.database, topic=base.topic(messages.DIGESTS)),
        housekeeping=base.reports,
        clock=base.clock,
    )
    return {
        "consumer": partial(_consume, base, consumer),
        "deadlines": deadlines.run,
        "relay": base.relay.run,
        "heartbeat": heart.run,
        "directory": base.copy.run,
        "measures": upkeep.measure,
        "digests": upkeep.digest,
    }


def _app(base: Base, deadlines: Deadlines) -> FastAPI:
    caller = bearer(Authenticator(base.copy.find_key, base.clock))
    desk = figures.Desk(
        reports=base.reports,
        atlas=base.atlas,
        clock=base.clock,
        caller=caller,
        time_zone=base.settings.time_zone,
        clocks_age=lambda: deadlines.silent_seconds,
    )
    bench = timing.Bench(reports=base.reports, atlas=base.atlas, clock=base.clock, caller=caller)
    return app.build([figures.router(desk), timing.router(bench)])


async def _leave(consumer: Consumer) -> None:
    """Have the partitions go to another notifier at once."""
    consumer.stop()


async def _answers(database: Database) -> str | None:
    await database.ping()
    return None


async def _has_directory(copy: DirectoryCopy) -> str | None:
    return None if copy.version else "no directory has come yet: nobody is known"


async def _keeps_clocks(deadlines: Deadlines) -> str | None:
    idle = deadlines.silent_seconds
    return None if idle < STALLED_SECONDS else f"what is due was not looked at for {idle:.0f} s"


async def _polls(consumer: Consumer) -> str | None:
    return None if consumer.healthy else "Kafka has not answered for 30 s"
