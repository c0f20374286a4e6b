"""Which partitions' deadlines this process looks at, so that no outage brings false breaches.

What has not happened can only be said once what has is known. So the deadlines of a partition are
kept by the process that has applied all the partition held when it gained it, and that says so
again every second (a beat). After a start, a rebalance or an outage they wait for that, but at
most ten seconds: once nobody has said so for that long, every process looks at them, whatever it
is that keeps Kafka from the watchers. Claims make sure that each deadline is handled once.
"""

from collections.abc import Collection, Mapping

PATIENCE = 10.0
"""Real seconds."""


class Gate:
    """Remembers when each partition was last known to be in good hands."""

    def __init__(self, partitions: int, *, now: float) -> None:
        """Begin with every partition closed.

        Args:
            partitions: How many `incidents.v1` has.
            now: Real monotonic seconds.
        """
        self._held_at = dict.fromkeys(range(partitions), now)
        self._beats: dict[int, int] = {}
        self._settled: frozenset[int] = frozenset()

    def hear(self, beats: Mapping[int, int], *, now: float) -> None:
        """Take in how often each partition was said to be in good hands, by whatever process.

        Args:
            beats: Counts by partition; only that one has moved says something.
            now: Real monotonic seconds.
        """
        for partition, count in beats.items():
            if partition in self._held_at and self._beats.get(partition, count) != count:
                self._held_at[partition] = now
        self._beats = dict(beats)

    def settle(self, settled: Collection[int], *, now: float) -> None:
        """Take in which partitions are in good hands here.

        Args:
            settled: Where all is applied that they held when this process last (re)gained them.
            now: Real monotonic seconds.
        """
        self._settled = frozenset(settled)
        self._held_at.update((partition, now) for partition in self._settled)

    def closed(self, *, now: float) -> frozenset[int]:
        """The partitions whose deadlines are not for this process to look at.

        Args:
            now: Real monotonic seconds.
        """
        return frozenset(
            partition
            for partition, held_at in self._held_at.items()
            if partition not in self._settled and now - held_at < PATIENCE
        )
