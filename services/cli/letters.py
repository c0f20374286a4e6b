"""Dead letters, read from their topics and put back to where they came from.

What can never be applied stands in `<topic>.dead-letter` with its reason, for ever. A replay sends
it again under its own key, with a header that says where it comes from and how often that was done;
whoever applied it in the meantime drops it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from services.cli.errors import USAGE, CommandError
from services.runtime import codec
from services.runtime.clock import SystemClock
from services.runtime.consumer.places import received
from services.runtime.producer import Producer
from services.runtime.records import DEAD_LETTER, Received, Record

MOST_REPLAYS = 3
SECONDS = 10.0
REPLAYS, SOURCE = "dead-letter-replays", "dead-letter-replayed-from"
_PREFIX = "dead-letter-"
_ABOUT = ("reason", "group", "topic", "partition", "offset")
_SEALED = frozenset({"sealed", "text", "caller", "phone", "name"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One dead letter.

    Attributes:
        place: `<topic>/<partition>/<offset>` in the dead-letter topic; names it.
        topic: Where it came from.
        replays: How often it had been put back before it died this time.
    """

    place: str
    topic: str
    key: str
    reason: str
    group: str
    died_at: datetime
    replays: int
    headers: Mapping[str, str]
    value: bytes

    def shown(self) -> dict[str, Any]:
        """Say all about it, without what people wrote."""
        return {
            "place": self.place,
            "topic": self.topic,
            "key": self.key,
            "reason": self.reason,
            "group": self.group,
            "died_at": self.died_at,
            "replays": self.replays,
        }


def letter_of(record: Received) -> Letter:
    """Read a record of a dead-letter topic."""
    told = {name: record.headers.get(_PREFIX + name, "") for name in _ABOUT}
    replays = record.headers.get(REPLAYS, "0")
    return Letter(
        place=f"{record.topic}/{record.partition}/{record.offset}",
        topic=told["topic"] or record.topic.removesuffix(DEAD_LETTER),
        key=record.key,
        reason=told["reason"],
        group=told["group"],
        died_at=record.timestamp,
        replays=int(replays) if replays.isdecimal() else 0,
        headers=record.headers,
        value=record.value,
    )


def body_of(letter: Letter, *, whole: bool) -> object:
    """Give the body: as JSON with what is personal left out, or all of it where it is asked for."""
    try:
        body: object = codec.decode(letter.value, dict)
    except codec.DecodeError:
        text = letter.value[:2000].decode(errors="replace")
        return text if whole else f"{len(letter.value)} bytes that are no JSON object"
    return body if whole else _masked(body)


def replay_of(letter: Letter) -> Record:
    """Make what is sent to put a letter back.

    Raises:
        CommandError: It was put back often enough.
    """
    if letter.replays >= MOST_REPLAYS:
        raise CommandError(f"{letter.place} was replayed {letter.replays} times: mend it first")
    own = {name: value for name, value in letter.headers.items() if not name.startswith(_PREFIX)}
    counted = {REPLAYS: str(letter.replays + 1), SOURCE: letter.place}
    return Record(
        topic=letter.topic, key=letter.key, value=letter.value, headers={**own, **counted}
    )


async def read_letters(bootstrap: str, topics: Sequence[str], *, newest: int) -> list[Letter]:
    """Read the newest dead letters of each topic, oldest first.

    Raises:
        KafkaError: Kafka does not answer.
    """
    records = list[Received]()
    async with _reader(bootstrap, topics) as kafka:
        for place, (begin, end) in (await _places(kafka)).items():
            records += await _records(kafka, place, max(begin, end - newest), end)
    return [letter_of(each) for each in sorted(records, key=lambda each: each.timestamp)]


async def read_letter(bootstrap: str, topics: Sequence[str], place: str) -> Letter:
    """Read one by its place.

    Raises:
        CommandError: There is none there; the code is 2.
    """
    topic, _, rest = place.partition("/")
    partition, _, offset = rest.partition("/")
    known = topic in topics and topic.endswith(DEAD_LETTER)
    if not known or not (partition.isdecimal() and offset.isdecimal()):
        raise CommandError(f"{place} is no dead letter's place: topic/partition/offset", code=USAGE)
    at, where = int(offset), TopicPartition(topic, int(partition))
    async with _reader(bootstrap, [topic]) as kafka:
        begin, end = (await _places(kafka)).get(where, (0, 0))
        found = await _records(kafka, where, at, at + 1) if begin <= at < end else []
    if not found:
        raise CommandError(f"there is no dead letter at {place}", code=USAGE)
    return letter_of(found[0])


async def replay(bootstrap: str, letters: Sequence[Letter]) -> int:
    """Put letters back; returns how many Kafka has taken.

    Raises:
        CommandError: One was put back often enough, or Kafka did not take it; earlier ones stand.
    """
    records = [replay_of(letter) for letter in letters]
    producer = Producer(bootstrap, clock=SystemClock(), client_id="d115")
    await producer.start()
    try:
        outcomes = await producer.send_all(records)
    finally:
        await producer.stop()
    for letter, outcome in zip(letters, outcomes, strict=True):
        if outcome is not None:
            raise CommandError(f"{letter.place} was not taken: {outcome}")
    return len(records)


async def count_letters(bootstrap: str, topics: Sequence[str]) -> dict[str, int]:
    """Count the dead letters by dead-letter topic; those without any are left out."""
    counts = Counter[str]()
    async with _reader(bootstrap, topics) as kafka:
        for place, (begin, end) in (await _places(kafka)).items():
            counts[place.topic] += end - begin
    return dict(counts)


@asynccontextmanager
async def _reader(bootstrap: str, topics: Sequence[str]) -> AsyncIterator[AIOKafkaConsumer]:
    """Give a consumer in no group, of those dead-letter topics that are there."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    try:
        await admin.start()
        there = set(await admin.list_topics())
    finally:
        await admin.close()
    wanted = [topic for topic in topics if topic.endswith(DEAD_LETTER) and topic in there]
    kafka = AIOKafkaConsumer(
        *wanted,
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="latest",
        request_timeout_ms=5_000,
    )
    try:
        await kafka.start()
        yield kafka
    finally:
        await kafka.stop()


async def _places(kafka: AIOKafkaConsumer) -> dict[TopicPartition, tuple[int, int]]:
    """Where each partition begins and ends; empty ones are left out."""
    places = list(kafka.assignment())
    if not places:
        return {}
    begins, ends = await kafka.beginning_offsets(places), await kafka.end_offsets(places)
    return {each: (begins[each], ends[each]) for each in places if ends[each] > begins[each]}


async def _records(
    kafka: AIOKafkaConsumer, place: TopicPartition, begin: int, end: int
) -> list[Received]:
    kafka.seek(place, begin)
    records = list[Received]()
    async with asyncio.timeout(SECONDS):
        while await kafka.position(place) < end:
            batch = await kafka.getmany(place, timeout_ms=500)
            records += [received(each) for each in batch.get(place, []) if each.offset < end]
    return records


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: "…" if name in _SEALED and part is not None else _masked(part)
            for name, part in value.items()
        }
    return [_masked(part) for part in value] if isinstance(value, list) else value
