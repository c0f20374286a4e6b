"""A producer sends, in order within a key, and says what will never be taken."""

import pytest

from services.runtime.producer import Producer, RefusedError, Unavailable
from services.runtime.records import Record
from tests.integration.runtime.kafka.site import CLOCK, Site


async def test_what_was_acknowledged_can_be_read(site: Site) -> None:
    await site.producer.send(site.record(1, headers={"ce_id": "a"}))
    (found,) = await site.read_topic(site.topic, 1)
    assert (found.key, found.value, found.headers) == ("key-1", b"1", {"ce_id": "a"})
    assert abs((CLOCK.real() - found.timestamp).total_seconds()) < 60


async def test_records_of_one_key_arrive_in_order(site: Site) -> None:
    await site.producer.send_all([site.record(n, key=f"key-{n % 7}") for n in range(700)])
    found = await site.read_topic(site.topic, 700)
    for key in range(7):
        numbers = [int(record.value) for record in found if record.key == f"key-{key}"]
        assert numbers == list(range(key, 700, 7))


async def test_a_record_too_large_is_refused_and_the_rest_of_its_key_kept_back(site: Site) -> None:
    huge = Record(topic=site.topic, key="huge", value=b"x" * 1_200_000)
    outcomes = await site.producer.send_all([site.record(1), huge, site.record(2, key="huge")])
    assert [type(outcome) for outcome in outcomes] == [type(None), RefusedError, Unavailable]
    assert len(await site.read_topic(site.topic, 1)) == 1


async def test_a_topic_or_partition_that_is_not_there_is_unavailable_in_time(site: Site) -> None:
    producer = Producer(site.kafka, clock=CLOCK, client_id="astray", timeout=0.5)
    await producer.start()
    for astray in (site.record(1, topic=f"{site.topic}-not"), site.record(1, partition=99)):
        began = CLOCK.monotonic()
        with pytest.raises(Unavailable):
            await producer.send(astray)
        assert CLOCK.monotonic() - began < 1.0
    await producer.send(site.record(1))
    await producer.stop()
