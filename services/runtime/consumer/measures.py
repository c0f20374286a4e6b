"""What a consumer counts."""

import contextlib
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

from services.runtime.consumer.cursors import Cursors

RECORDS = Counter("d115_consumer_records_total", "Records applied.", ["group", "topic"])
BATCH_SECONDS = Histogram(
    "d115_consumer_batch_seconds",
    "One transaction: position and effects.",
    ["group"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
FAULTS = Counter(
    "d115_consumer_faults_total", "Failed attempts, by what they mean.", ["group", "fault"]
)
DEAD_LETTERS = Counter(
    "d115_consumer_dead_letters_total",
    "Records that could not be applied, by why and whether the service did something for them.",
    ["group", "topic", "fault", "rescued"],
)
STALLED = Gauge("d115_consumer_stalled", "1 while waiting for a fault to pass.", ["group"])
REBALANCES = Counter("d115_consumer_rebalances_total", "Assignments received.", ["group"])
REBUILDS = Counter(
    "d115_consumer_rebuilds_total", "Memberships ended by a fault, by which.", ["group", "fault"]
)
SKIPS = Counter(
    "d115_consumer_skips_total",
    "Times a partition went on elsewhere than where the group stood: forward (records are gone, or"
    " were compacted) or back (the topic was cut or made anew).",
    ["group", "topic", "direction"],
)
LAG = Gauge(
    "d115_consumer_lag_records", "Records known and not applied.", ["group", "topic", "partition"]
)
DELAY = Gauge(
    "d115_consumer_lag_seconds",
    "How far applying is behind, by when records were sent.",
    ["group", "topic", "partition"],
)
SETTLED = Gauge(
    "d115_consumer_settled_partitions",
    "Assigned partitions where all is applied that they held when gained.",
    ["group"],
)
ASSIGNED = Gauge("d115_consumer_assigned_partitions", "Assigned partitions.", ["group"])


def measure(group: str, cursors: Cursors, *, now: float, real: datetime) -> None:
    """Set the gauges of one member's partitions."""
    for place in cursors:
        labels = (group, place.topic, str(place.partition))
        LAG.labels(*labels).set(cursors[place].lag)
        DELAY.labels(*labels).set(cursors.delay(place, now=real))
    ASSIGNED.labels(group).set(len(cursors))
    SETTLED.labels(group).set(len(cursors.settled(now=now)))


def forget(group: str, cursors: Cursors) -> None:
    """Take back the gauges of partitions that are going: their next member sets its own."""
    for place in cursors:
        for gauge in (LAG, DELAY):
            with contextlib.suppress(KeyError):  # never set
                gauge.remove(group, place.topic, str(place.partition))
    ASSIGNED.labels(group).set(0)
    SETTLED.labels(group).set(0)
