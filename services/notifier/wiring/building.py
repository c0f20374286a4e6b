"""Builds the notifier: its consumer, its clocks, its loops and its HTTP side."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import asyncpg
import structlog
from fastapi import FastAPI

from incident import messages
from services.notifier.adapters.digests import PostgresDigests
from services.notifier.adapters.postgres import SCHEMA, PostgresStore
from services.notifier.api import app, figures, timing
from services.notifier.consumer import NewsConsumer
from services.notifier.deadlines import Deadlines
from services.notifier.heartbeat import Heart, Watch
from services.notifier.settings import NotifierSettings
from services.notifier.upkeep import Upkeep
from services.notifier.wiring.extension import Extension
from services.notifier.wiring.extensions import extend
from services.notifier.wiring.foundation import NAME, Base, make_base
from services.runtime.consumer import Consumer
from services.runtime.directory import DirectoryCopy
from services.runtime.health import Check
from services.runtime.postgres import Database
from services.runtime.process import ServiceParts, Task
from services.runtime.records import Received, dead_letter_topic
from services.runtime.topics import PARTITIONS, KafkaAwayError, ensure_topics, every_topic

PATHS = ("/v1/compliance", "/v1/conservation", "/v1/timing", "/v1/watch", app.DOCUMENT)
STALLED_SECONDS = 30.0
LINGER_SECONDS = 0.03
"""A transaction costs as much as applying several records, and nobody waits for these: what is due
is looked at beside."""

T = TypeVar("T")

_log = structlog.get_logger(__name__)


async def build(settings: NotifierSettings) -> ServiceParts:
    """Wire the notifier.

    Raises:
        PostgresAwayError: Postgres did not answer in time.
        ClockMismatchError: The database was made with another clock.
    """
    base = await make_base(settings)
    parts = extend(base)
    store = PostgresStore(
        base.database,
        timing_topic=base.topic(messages.TIMING),
        shelf=base.shelf,
        listeners=[listener for part in parts for listener in part.listeners],
    )
    told = _all(base.relay.wake, *(wake for part in parts for wake in part.told))
    consumer = _consumer(base, store, told)
    deadlines = _deadlines(base, store, consumer, told)
    return ServiceParts(
        name=NAME,
        app=_app(base, deadlines, parts),
        paths=(*PATHS, *(path for part in parts for path in part.paths)),
        tasks=_tasks(base, consumer, deadlines) | _joined(part.tasks for part in parts),
        start=[partial(_prepare, base), *(hook for part in parts for hook in part.start)],
        drain=[partial(_leave, consumer)],
        stop=[
            base.database.close,
            base.producer.stop,
            *(hook for part in parts for hook in part.stop),
        ],
        ready={"postgres": partial(_answers, base.database)},
        alive={"consumer": partial(_polls, consumer)},
        notes=_notes(base, deadlines) | _joined(part.notes for part in parts),
    )


def _notes(base: Base, deadlines: Deadlines) -> dict[str, Check]:
    return {
        "dispatcher": Watch(base.reports, base.clock).warning,
        "directory": partial(_has_directory, base.copy),
        "clocks": partial(_keeps_clocks, deadlines),
        "peers": base.peers.check,
    }


def _all(*calls: Callable[[], None]) -> Callable[[], None]:
    """Make one call of several."""

    def call() -> None:
        for one in calls:
            one()

    return call


def _joined(mappings: Iterable[Mapping[str, T]]) -> dict[str, T]:
    return {name: value for mapping in mappings for name, value in mapping.items()}


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


def _consumer(base: Base, store: PostgresStore, told: Callable[[], None]) -> Consumer:
    news = NewsConsumer(store.work_in, atlas=base.atlas, clock=base.clock)
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
        committed=told,
        member=base.settings.member,
        linger=LINGER_SECONDS,
    )


def _deadlines(
    base: Base, store: PostgresStore, consumer: Consumer, told: Callable[[], None]
) -> Deadlines:
    incidents = base.topic(messages.INCIDENTS)

    def settled() -> list[int]:
        return [
            place.partition for place in consumer.settled_partitions if place.topic == incidents
        ]

    return Deadlines(
        store=store,
        atlas=base.atlas,
        clock=base.clock,
        partitions=PARTITIONS,
        settled=settled,
        told=told,
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


def _app(base: Base, deadlines: Deadlines, parts: Sequence[Extension]) -> FastAPI:
    desk = figures.Desk(
        reports=base.reports,
        atlas=base.atlas,
        clock=base.clock,
        caller=base.caller,
        time_zone=base.settings.time_zone,
        clocks_age=lambda: deadlines.silent_seconds,
    )
    bench = timing.Bench(
        reports=base.reports, atlas=base.atlas, clock=base.clock, caller=base.caller
    )
    return app.build(
        [
            figures.router(desk),
            timing.router(bench),
            *(one for part in parts for one in part.routers),
        ],
        models=[model for part in parts for model in part.models],
    )


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
