"""The dispatcher as a process runs it: its tasks, its routes and what it says of its health."""

from collections.abc import Mapping
from functools import partial

from incident import messages
from services.dispatcher import watch
from services.dispatcher.adapters import guarding
from services.dispatcher.adapters.consoles import Consoles
from services.dispatcher.adapters.deliveries import PostgresDeliveries
from services.dispatcher.adapters.digests import PostgresDigests
from services.dispatcher.adapters.housekeeping import PostgresAttic
from services.dispatcher.adapters.webhook import WebhookPost
from services.dispatcher.api import app, pages
from services.dispatcher.consumer import AlertConsumer, TimingConsumer
from services.dispatcher.deliveries import Deliveries
from services.dispatcher.echoes import Following
from services.dispatcher.housekeeping import Housekeeping
from services.dispatcher.payloads.delivery import write_alert
from services.dispatcher.settings import DispatcherSettings
from services.dispatcher.wiring.foundation import NAME, Base, base_of
from services.dispatcher.wiring.routing import routers
from services.runtime.consumer import Apply, Consumer
from services.runtime.directory import DirectoryCopy
from services.runtime.outgoing.guard import Guard
from services.runtime.postgres import Database
from services.runtime.process import ServiceParts, Task
from services.runtime.tail import Tail
from services.runtime.topics import PARTITIONS

PATHS = (
    "/v1/incidents", "/v1/centers", "/v1/teams", "/v1/stations", "/v1/supervisions",
    "/v1/follow-up-calls", "/v1/directory", "/v1/session", "/v1/accounts",
    "/openapi/dispatcher.json",
)  # fmt: skip


async def build(settings: DispatcherSettings) -> ServiceParts:
    """Wire the dispatcher.

    Raises:
        PostgresAwayError: Postgres did not answer in time.
        ClockMismatchError: The database was made with another clock.
    """
    base = await base_of(settings)
    consumers = _consumers(base)
    return ServiceParts(
        name=NAME,
        app=app.build(routers(base)),
        paths=(*PATHS, *pages.paths(base.pages), "/"),
        tasks=_tasks(base, consumers),
        start=[partial(_prepare, base)],
        drain=[base.hub.end],
        stop=[base.database.close, base.producer.stop],
        ready={"postgres": partial(_answers, base.database), "history": base.set_back.check},
        notes={
            "kafka": partial(_hears_kafka, base, consumers),
            "notifier": base.notifier.check,
            "directory": partial(_has_directory, base.copy),
            "clocks": base.clocks.check,
        },
        body_bytes=None,  # the app bounds them by path
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
        "attendance": after(base.attendance.run),
        "consoles": Consoles(base.hub, base.atlas, base.clock).run,
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
