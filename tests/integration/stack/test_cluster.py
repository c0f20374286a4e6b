"""Three brokers go on when one of them is killed."""

from pathlib import Path

import pytest

from services.cli.stack.cluster import open_cluster
from services.runtime.clock import SystemClock
from services.runtime.producer import Producer
from services.runtime.records import Record
from services.runtime.topics import Topic, ensure_topics

pytestmark = pytest.mark.campaign

CLOCK = SystemClock()


async def test_a_record_is_acknowledged_while_one_of_three_brokers_is_dead(scratch: Path) -> None:
    with open_cluster(scratch, progress=print) as cluster:
        await ensure_topics(cluster.address, [Topic(name="kept")], clock=CLOCK)
        producer = Producer(cluster.address, clock=CLOCK, client_id="test", timeout=30.0)
        await producer.start()
        await producer.send(Record(topic="kept", key="a", value=b"1"))

        cluster.brokers[0].kill()
        await producer.send(Record(topic="kept", key="a", value=b"2"))

        await producer.stop()
        assert cluster.brokers[0].pid is None
        assert cluster.pid == cluster.brokers[1].pid
