"""Puts intake together: the only place that knows both its handlers and its adapters."""

import asyncio

import structlog

from incident.messages import ALERTS, DIRECTORY
from services.intake.adapters.alert_log import SpooledAlertLog
from services.intake.adapters.circuit import Circuit
from services.intake.adapters.database import IntakeDatabase
from services.intake.adapters.directory_feed import DirectoryFeed
from services.intake.adapters.directory_store import PostgresDirectoryStore
from services.intake.adapters.drainer import Drainer
from services.intake.adapters.readiness import Readiness
from services.intake.adapters.spool import Spool
from services.intake.api.app import make_app
from services.intake.handlers.alerts import Desk
from services.intake.handlers.directory import DirectoryCopy, keep_saved, restore
from services.intake.overload import Admission
from services.intake.ports import DirectoryStore, StoreAwayError
from services.intake.settings import IntakeSettings
from services.runtime.kinds import load_kinds
from services.runtime.process import ServiceParts
from services.runtime.producer import Producer

NAME = "intake"
RESTORE_SECONDS = 2.0
MOST_IN_FLIGHT = 256
"""Records on their way to Kafka at once; those of further slots wait their turn."""

_log = structlog.get_logger(__name__)


async def build(settings: IntakeSettings) -> ServiceParts:
    """Return intake, to be run alone or with others."""
    clock = settings.clock
    producer = Producer(
        settings.kafka,
        clock=clock,
        client_id=NAME,
        timeout=settings.kafka_seconds,
        in_flight=min(settings.slots, MOST_IN_FLIGHT),
    )
    database = IntakeDatabase(settings.postgres, clock=clock)
    store = PostgresDirectoryStore(database)
    copy = DirectoryCopy(clock)
    feed = DirectoryFeed(
        settings.kafka, topic=settings.topic_prefix + DIRECTORY, clock=clock, take=copy.take
    )
    circuit = Circuit(clock)
    spool = Spool(database, clock=clock, limits=settings.spool())
    drainer = Drainer(database, spool=spool, producer=producer, circuit=circuit, clock=clock)
    kinds, _ = load_kinds()
    desk = Desk(
        directory=copy,
        kinds=kinds,
        vault=settings.data_keys,
        log=SpooledAlertLog(
            producer, topic=settings.topic_prefix + ALERTS, spool=spool, circuit=circuit
        ),
        clock=clock,
    )
    admission = Admission(settings.limits(), clock.monotonic)
    readiness = Readiness(
        feed=feed, producer=producer, circuit=circuit, spool=spool, drainer=drainer
    )

    async def begin() -> None:
        await asyncio.gather(_restore(copy, store, drainer), producer.start())

    async def close() -> None:
        admission.close()

    async def has_directory() -> str | None:
        return None if copy.version else "no directory has come yet"

    return ServiceParts(
        name=NAME,
        app=make_app(desk, admission, settings.passes()),
        body_bytes=None,
        paths=("/v1/alerts",),
        tasks={
            "directory feed": feed.run,
            "directory copy": lambda: keep_saved(copy, store, clock),
            "spool": spool.run,
            "drainer": drainer.run,
            "loop": circuit.watch_loop,
        },
        start=(begin,),
        drain=(close,),
        stop=(database.close, producer.stop),
        ready={"directory": has_directory, "stores": readiness.stores},
        notes={"kafka": readiness.kafka, "spool": readiness.spool},
    )


async def _restore(copy: DirectoryCopy, store: DirectoryStore, drainer: Drainer) -> None:
    """Begin with the saved directory and a look at the spool, if Postgres has them soon.

    Else Kafka will tell of the directory, and the spool is looked at as soon as it answers.
    """
    try:
        async with asyncio.timeout(RESTORE_SECONDS):
            await restore(copy, store)
            await drainer.look()
    except (StoreAwayError, TimeoutError) as error:
        _log.warning("directory_not_restored", fault=type(error).__name__)
