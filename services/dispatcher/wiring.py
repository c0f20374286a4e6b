"""The dispatcher, put together: the one place that knows handlers, adapters and edges alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter

from incident import messages
from services.dispatcher import watch
from services.dispatcher.adapters.addresses import Guard
from services.dispatcher.adapters.atlas import DirectoryAtlas
from services.dispatcher.adapters.deliveries import PostgresDeliveries
from services.dispatcher.adapters.digests import PostgresDigests
from services.dispatcher.adapters.directory import PostgresRegistry
from services.dispatcher.adapters.frames import PostgresFrames
from services.dispatcher.adapters.heads import PostgresLedger
from services.dispatcher.adapters.housekeeping import PostgresAttic
from services.dispatcher.adapters.reads import PostgresReads
from services.dispatcher.adapters.store import PostgresStore
from services.dispatcher.adapters.webhook import WebhookPost
from services.dispatcher.api import acts, app, directory, heads, reads, streams
from services.dispatcher.consumer import AlertConsumer, TimingConsumer
from services.dispatcher.deliveries import Deliveries
from services.dispatcher.handlers.commands import Answer, Request, execute
from services.dispatcher.handlers.keys import find_key
from services.dispatcher.housekeeping import Housekeeping
from services.dispatcher.payloads.delivery import write_alert
from services.dispatcher.ports import Change, StoreAwayError
from services.dispatcher.settings import DispatcherSettings
from services.dispatcher.stream import Hub
from services.runtime.auth import Authenticator, bearer
from services.runtime.clock import Clock
from services.runtime.consumer import Apply, Consumer
from services.runtime.directory import DirectoryCopy
from services.runtime.migrations import check_clock
from services.runtime.postgres import Database, is_transient
from services.runtime.process import ServiceParts, Task
from services.runtime.producer import Producer
from services.runtime.relay import Relay
from services.runtime.tail import Tail
from services.runtime.topics import Topic, dead_letters, ensure_topics

NAME = "dispatcher"
PARTITIONS = 6
PATHS = ("/v1/incidents", "/v1/centers", "/v1/teams", "/v1/directory", "/openapi/dispatcher.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What everything else stands on."""

    settings: DispatcherSettings
    clock: Clock
    database: Database
    producer: Producer
    copy: DirectoryCopy
    atlas: DirectoryAtlas
    relay: Relay
    hub: Hub
    notifier: watch.NotifierWatch
    store: PostgresStore
    wake: Callable[[], None]

    def topic(self, name: str) -> str:
        """A topic's name in this instance."""
        return self.settings.topic_prefix + name


async def build(settings: DispatcherSettings) -> ServiceParts:
    """Wire the dispatcher.

    Raises:
        PostgresAwayError: Postgres did not answer in time.
        ClockMismatchError: The database was made with another clock.
    """
    base = await _base(settings)
    consumers = _consumers(base)
    return ServiceParts(
        name=NAME,
        app=app.build(_routers(base)),
        paths=PATHS,
        tasks=_tasks(base, consumers),
        start=[partial(_prepare, base)],
        drain=[base.hub.end],
        stop=[base.database.close, base.producer.stop],
        ready={
            "postgres": partial(_answers, base.database),
            **{name: partial(_polls, consumer) for name, consumer in consumers.items()},
        },
        notes={"notifier": base.notifier.check, "directory": partial(_has_directory, base.copy)},
        body_bytes=None,  # the app bounds them by path
    )


async def _base(settings: DispatcherSettings) -> Base:
    clock = settings.clock
    database = await Database.connect(
        settings.postgres,
        role="d115_dispatcher",
        application="d115-dispatcher",
        size=settings.connections,
        clock=clock,
    )
    async with database.transaction() as connection:
        await check_clock(connection, NAME, clock)
    producer = Producer(settings.kafka, clock=clock, client_id=NAME)
    copy = DirectoryCopy(database=database, schema=NAME, clock=clock)
    atlas = DirectoryAtlas(copy)
    relay = Relay(database=database, producer=producer, clock=clock, schema=NAME)
    hub = Hub(PostgresFrames(database), clock)

    def wake(_: Sequence[Change] = ()) -> None:
        relay.wake()
        hub.wake()

    return Base(
        settings=settings,
        clock=clock,
        database=database,
        producer=producer,
        copy=copy,
        atlas=atlas,
        relay=relay,
        hub=hub,
        notifier=watch.NotifierWatch(clock),
        wake=wake,
        store=PostgresStore(
            database,
            clock,
            topic=settings.topic_prefix + messages.INCIDENTS,
            atlas=atlas,
            wake=wake,
        ),
    )


async def _prepare(base: Base) -> None:
    await base.producer.start()
    await ensure_topics(base.settings.kafka, _topics(base), clock=base.clock)
    await base.copy.refresh()


def _topics(base: Base) -> list[Topic]:
    keyed = [
        Topic(name=base.topic(name), partitions=PARTITIONS)
        for name in (messages.ALERTS, messages.INCIDENTS, messages.TIMING)
    ]
    directory = Topic(name=base.topic(messages.DIRECTORY), compacted=True)
    digests = Topic(name=base.topic(messages.DIGESTS), settings={"retention.ms": "-1"})
    return [*keyed, directory, digests, *(dead_letters(topic) for topic in (*keyed, directory))]


def _consumers(base: Base) -> dict[str, Consumer]:
    alerts = AlertConsumer(base.store.on, atlas=base.atlas, clock=base.clock)
    timing = TimingConsumer(
        base.store.on, atlas=base.atlas, clock=base.clock, hear=base.notifier.hear
    )
    return {
        "alerts": _consumer(base, "dispatcher", messages.ALERTS, alerts.apply),
        "timing": _consumer(base, "dispatcher-timing", messages.TIMING, timing.apply),
    }


def _consumer(base: Base, group: str, topic: str, apply: Apply) -> Consumer:
    member = base.settings.member
    return Consumer(
        bootstrap=base.settings.kafka,
        group=base.topic(group),
        topics=[base.topic(topic)],
        database=base.database,
        producer=base.producer,
        apply=apply,
        clock=base.clock,
        schema=NAME,
        committed=base.wake,
        member=None if member is None else f"{group}-{member}",
    )


def _tasks(base: Base, consumers: Mapping[str, Consumer]) -> dict[str, Task]:
    tail = Tail(
        bootstrap=base.settings.kafka,
        topic=base.topic(messages.INCIDENTS),
        clock=base.clock,
        on_record=lambda _: base.hub.wake(),
        on_gap=base.hub.wake,
    )
    heartbeat = partial(
        watch.beat,
        base.producer,
        base.clock,
        topic=base.topic(messages.INCIDENTS),
        partitions=PARTITIONS,
    )
    return {
        **{f"{name} consumer": consumer.run for name, consumer in consumers.items()},
        "relay": base.relay.run,
        "directory": base.copy.run,
        "stream": base.hub.run,
        "stream heartbeat": base.hub.beat,
        "incidents tail": tail.run,
        "heartbeat": heartbeat,
        "deliveries": _deliveries(base).run,
        "housekeeping": _housekeeping(base).run,
    }


def _deliveries(base: Base) -> Deliveries:
    post = WebhookPost(
        secrets=base.settings.webhook_secrets,
        guard=Guard(base.settings.webhook_allow),
        clock=base.clock,
    )
    return Deliveries(
        store=PostgresDeliveries(base.database, store=base.store, wake=base.wake),
        post=post,
        atlas=base.atlas,
        write=write_alert,
        clock=base.clock,
    )


def _housekeeping(base: Base) -> Housekeeping:
    return Housekeeping(
        attic=PostgresAttic(base.database),
        digests=PostgresDigests(base.database, topic=base.topic(messages.DIGESTS)),
        clock=base.clock,
    )


def _routers(base: Base) -> list[APIRouter]:
    settings = base.settings
    caller = bearer(Authenticator(find_key(base.copy, settings.admin_key), base.clock))
    doing = acts.Acts(
        execute=partial(_execute, base), caller=caller, vault=settings.data_keys, clock=base.clock
    )
    looking = reads.Looks(
        reads=PostgresReads(base.database),
        caller=caller,
        atlas=base.atlas,
        vault=settings.data_keys,
        clock=base.clock,
        watch=base.notifier,
    )
    desk = directory.Desk(
        registry=PostgresRegistry(
            base.database,
            topic=base.topic(messages.DIRECTORY),
            copy=base.copy,
            wake=base.wake,
        ),
        caller=caller,
        atlas=base.atlas,
        clock=base.clock,
    )
    return [
        acts.router(doing),
        heads.router(PostgresLedger(base.database), caller=caller),  # before an incident's own
        reads.router(looking),
        directory.router(desk),
        streams.router(base.hub, caller=caller, atlas=base.atlas),
    ]


async def _execute(base: Base, request: Request) -> Answer:
    """Carry out a command; what passes by itself is tried again, since a retry is harmless."""
    try:
        return await base.database.retry_transient(
            partial(execute, request, store=base.store, atlas=base.atlas)
        )
    except Exception as error:
        if is_transient(error):
            raise StoreAwayError from error
        raise


async def _answers(database: Database) -> str | None:
    await database.ping()
    return None


async def _has_directory(copy: DirectoryCopy) -> str | None:
    return None if copy.version else "no directory was applied yet: nothing can be routed"


async def _polls(consumer: Consumer) -> str | None:
    return None if consumer.healthy else "Kafka has not answered for 30 s"
