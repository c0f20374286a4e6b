"""Puts intake together: the only place that knows both its handlers and its adapters."""

import asyncio

import structlog

from incident.messages import ALERTS, DIRECTORY
from services.intake.adapters.alert_log import KafkaAlertLog
from services.intake.adapters.directory_feed import DirectoryFeed
from services.intake.adapters.directory_store import PostgresDirectoryStore
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

_log = structlog.get_logger(__name__)


async def build(settings: IntakeSettings) -> ServiceParts:
    """Return intake, to be run alone or with others."""
    clock = settings.clock
    producer = Producer(
        settings.kafka,
        clock=clock,
        client_id=NAME,
        timeout=settings.kafka_seconds,
        in_flight=settings.slots,
    )
    store = PostgresDirectoryStore(settings.postgres, clock=clock)
    copy = DirectoryCopy(clock)
    feed = DirectoryFeed(
        settings.kafka, topic=settings.topic_prefix + DIRECTORY, clock=clock, take=copy.take
    )
    kinds, _ = load_kinds()
    desk = Desk(
        directory=copy,
        kinds=kinds,
        vault=settings.data_keys,
        log=KafkaAlertLog(producer, topic=settings.topic_prefix + ALERTS),
        clock=clock,
    )
    admission = Admission(settings.limits(), clock.monotonic)

    async def restore_copy() -> None:
        await _restore(copy, store)

    async def close() -> None:
        admission.close()

    async def has_directory() -> str | None:
        return None if copy.version else "no directory has come yet"

    async def has_kafka() -> str | None:
        return None if producer.connected else "Kafka is away"

    return ServiceParts(
        name=NAME,
        app=make_app(desk, admission),
        body_bytes=None,
        paths=("/v1/alerts",),
        tasks={
            "directory feed": feed.run,
            "directory copy": lambda: keep_saved(copy, store, clock),
        },
        start=(restore_copy, producer.start),
        drain=(close,),
        stop=(store.close, producer.stop),
        ready={"directory": has_directory, "kafka": has_kafka},
    )


async def _restore(copy: DirectoryCopy, store: DirectoryStore) -> None:
    """Begin with the saved directory, if Postgres has it soon; else Kafka will tell."""
    try:
        async with asyncio.timeout(RESTORE_SECONDS):
            await restore(copy, store)
    except (StoreAwayError, TimeoutError) as error:
        _log.warning("directory_not_restored", fault=type(error).__name__)
