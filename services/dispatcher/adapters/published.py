"""What was published on a topic since a moment: read once, without a group."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from services.runtime.consumer.membership import COMMON_SETTINGS
from services.runtime.consumer.places import Place, received
from services.runtime.disposal import dispose
from services.runtime.records import Received

POLL_MILLISECONDS = 500
LEAVE_SECONDS = 1.0
REQUEST_MILLISECONDS = 10_000


async def read_since(
    bootstrap: str, topic: str, since: datetime | None
) -> AsyncIterator[Sequence[Received]]:
    """Give what a topic holds now, batch by batch, from a moment on or from its start.

    Raises:
        KafkaError: Kafka is away; what was given so far is not all.
    """
    kafka = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        client_id=f"reclaim-{topic}",
        auto_offset_reset="earliest",
        **COMMON_SETTINGS,
    )
    try:
        await kafka.start()
        places = sorted(kafka.assignment())
        ends = await kafka.end_offsets(places)
        await _seek(kafka, places, ends, since)
        while [tp for tp in places if await kafka.position(tp) < ends[tp]]:
            for records in (await kafka.getmany(timeout_ms=POLL_MILLISECONDS)).values():
                yield [received(record) for record in records]
    finally:
        await dispose(kafka, within=LEAVE_SECONDS)


async def _seek(
    kafka: AIOKafkaConsumer,
    places: Sequence[TopicPartition],
    ends: dict[TopicPartition, int],
    since: datetime | None,
) -> None:
    if since is None:
        await kafka.seek_to_beginning(*places)
        return
    moment = int(since.timestamp() * 1000)
    found = await kafka.offsets_for_times(dict.fromkeys(places, moment))
    for tp in places:
        kafka.seek(tp, found[tp].offset if found.get(tp) else ends[tp])


async def committed(bootstrap: str, groups: Sequence[str]) -> dict[Place, int]:
    """Return the offsets that Kafka has been told groups have applied; none for no such group.

    Raises:
        KafkaError: Kafka is away, or has not made its table of groups yet.
    """
    admin = AIOKafkaAdminClient(
        bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_MILLISECONDS
    )
    try:
        await admin.start()
        told = [await admin.list_consumer_group_offsets(group) for group in groups]
    finally:
        await admin.close()
    return {
        Place(tp.topic, tp.partition): at.offset
        for of_group in told
        for tp, at in of_group.items()
        if at.offset >= 0
    }
