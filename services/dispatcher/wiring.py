"""The dispatcher, put together: the one place that knows handlers, adapters and edges alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter

from incident import messages
from services.dispatcher import watch
from services.dispatcher.adapters import guarding
from services.dispatcher.adapters.addresses import Guard
from services.dispatcher.adapters.atlas import DirectoryAtlas
from services.dispatcher.adapters.deliveries import PostgresDeliveries
from services.dispatcher.adapters.digests import PostgresDigests
from services.dispatcher.adapters.directory import PostgresRegistry
from services.dispatcher.adapters.frames import PostgresFrames
from services.dispatcher.adapters.heads import PostgresLedger
from services.dispatcher.adapters.housekeeping import PostgresAttic
from services.dispatcher.adapters.reads import PostgresReads
from services.dispatcher.adapters.reclaiming import Reclaimer
from services.dispatcher.adapters.store import PostgresStore
from services.dispatcher.adapters.webhook import WebhookPost
from services.dispatcher.api import acts, app, directory, heads, reads, streams
from services.dispatcher.consumer import AlertConsumer, TimingConsumer
from services.dispatcher.deliveries import Deliveries
from services.dispatcher.echoes import Following, Waking
from services.dispatcher.handlers.commands import Answer, Request, execute
from services.dispatcher.handlers.keys import find_key
from services.dispatcher.housekeeping import Housekeeping
from services.dispatcher.payloads.delivery import write_alert
from services.dispatcher.ports import StoreAwayError
from services.dispatcher.settings import DispatcherSettings
from services.dispatcher.stream import Hub
from services.runtime.auth import Authenticator, bearer
from services.runtime.clock import Clock
from services.runtime.clockwatch import PeerClocks
from services.runtime.consumer import Apply, Consumer
from services.runtime.directory import DirectoryCopy
from services.runtime.migrations import check_clock
from services.runtime.postgres import Database, is_transient
from services.runtime.process import ServiceParts, Task
from services.runtime.producer import Producer
from services.runtime.relay import Relay
from services.runtime.tail import Tail
from services.runtime.topics import PARTITIONS, ensure_topics, every_topic

NAME = "dispatcher"
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
    waking: Waking
    registry: PostgresRegistry
    set_back: guarding.Guard
    clocks: PeerClocks

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
            "history": base.set_back.check,
        },
        notes={
            "kafka": partial(_hears_kafka, base, consumers),
            "notifier": base.notifier.check,
            "directory": partial(_has_directory, base.copy),
            "clocks": base.clocks.check,
        },
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

    waking = Waking(relay, hub)
    topics = guarding.topics_of(settings.kafka, settings.topic_prefix)
    store = PostgresStore(
        database, clock, topic=topics.incidents, atlas=atlas, wake=waking.wake_for
    )
    registry = PostgresRegistry(database, topic=topics.directory, copy=copy, wake=relay.wake)
    reclaimer = Reclaimer(
        database=database, store=store, registry=registry, clock=clock, topics=topics
    )
    ensure = partial(ensure_topics, settings.kafka, every_topic(settings.topic_prefix), clock=clock)
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
        waking=waking,
        store=store,
        registry=registry,
        set_back=guarding.Guard(reclaimer, clock, ensure=ensure),
        clocks=PeerClocks(clock),
    )


async def _prepare(base: Base) -> None:
    """Begin with what is there: commands and streams are served whether or not Kafka answers."""
    await base.producer.start()
    await base.copy.refresh()


def _consumers(base: Base) -> dict[str, Consumer]:
    of_alerts, of_timing = guarding.GROUPS
    opening, stepping = (Following(base.store, base.waking.wake_for) for _ in guarding.GROUPS)
    alerts = AlertConsumer(opening.begin, atlas=base.atlas, clock=base.clock)
    timing = TimingConsumer(
        stepping.begin, atlas=base.atlas, clock=base.clock, hear=base.notifier.hear
    )
    hears = base.clocks.over
    return {
        "alerts": _consumer(
            base, of_alerts, messages.ALERTS, hears("intake", alerts.apply), following=opening
        ),
        "timing": _consumer(
            base, of_timing, messages.TIMING, hears("notifier", timing.apply), following=stepping
        ),
    }


def _consumer(
    base: Base, group: str, topic: str, apply: Apply, *, following: Following
) -> Consumer:
    member = base.settings.member
    return Consumer(
        bootstrap=base.settings.kafka,
        group=base.topic(group),
        topics=[base.topic(topic)],
        database=base.database,
        producer=base.producer,
        apply=base.set_back.over(following.over(apply)),
        clock=base.clock,
        schema=NAME,
        committed=following.committed,
        member=None if member is None else f"{group}-{member}",
    )


def _tasks(base: Base, consumers: Mapping[str, Consumer]) -> dict[str, Task]:
    tail = Tail(
        bootstrap=base.settings.kafka,
        topic=base.topic(messages.INCIDENTS),
        clock=base.clock,
        on_record=base.waking.hear,
        on_gap=base.hub.wake,
    )
    heartbeat = partial(
        watch.beat,
        base.producer,
        base.clock,
        topic=base.topic(messages.INCIDENTS),
        partitions=PARTITIONS,
    )
    after = base.set_back.after
    return {
        **{f"{name} consumer": after(consumer.run) for name, consumer in consumers.items()},
        "set back": base.set_back.run,
        "relay": after(base.relay.run),
        "directory": base.copy.run,
        "stream": base.hub.run,
        "stream heartbeat": base.hub.beat,
        "incidents tail": after(tail.run),
        "heartbeat": after(heartbeat),
        "deliveries": base.set_back.unless_held(_deliveries(base).run),
        "housekeeping": after(_housekeeping(base).run),
    }


def _deliveries(base: Base) -> Deliveries:
    post = WebhookPost(
        secrets=base.settings.webhook_secrets,
        guard=Guard(base.settings.webhook_allow),
        clock=base.clock,
    )
    return Deliveries(
        store=PostgresDeliveries(base.database, store=base.store, wake=base.waking.wake),
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
    desk = directory.Desk(registry=base.registry, caller=caller, atlas=base.atlas, clock=base.clock)
    return [
        acts.router(doing),
        heads.router(PostgresLedger(base.database), caller=caller),  # before an incident's own
        reads.router(looking),
        directory.router(desk),
        streams.router(base.hub, caller=caller, atlas=base.atlas),
    ]


async def _execute(base: Base, request: Request) -> Answer:
    """Carry out a command; what passes by itself is tried again, since a retry is harmless."""
    if base.set_back.holds:
        raise StoreAwayError  # what it would decide on is older than what was answered before
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


async def _hears_kafka(base: Base, consumers: Mapping[str, Consumer]) -> str | None:
    """Say what Kafka keeps from happening: commands and streams need it not."""
    waits = await base.set_back.note()
    if waits is not None:
        return waits
    silent = [name for name, consumer in consumers.items() if not consumer.healthy]
    return f"it has not answered for 30 s: {', '.join(silent)}" if silent else None
