"""A tail sees every record from now on, and tells when it may have missed some."""

from services.runtime.records import Received
from services.runtime.tail import Tail
from tests.integration.runtime.kafka.site import CLOCK, Site, running, until


class Follower:
    """Keeps what a tail tells."""

    def __init__(self, site: Site) -> None:
        self.seen: list[bytes] = []
        self.gaps = 0
        self.tail = Tail(
            bootstrap=site.kafka,
            topic=site.topic,
            clock=CLOCK,
            on_record=self._take,
            on_gap=self._note_gap,
        )

    async def is_following(self) -> bool:
        return self.gaps > 0

    async def has_seen(self, count: int) -> bool:
        return len(self.seen) >= count

    def _take(self, record: Received) -> None:
        self.seen.append(record.value)
        if record.value == b"1":
            raise RuntimeError("a follower's fault")

    def _note_gap(self) -> None:
        self.gaps += 1


async def test_every_follower_sees_all_that_comes_and_nothing_older(site: Site) -> None:
    await site.send(range(100, 120))
    followers = [Follower(site), Follower(site)]
    async with running(*(follower.tail.run for follower in followers)):
        for follower in followers:
            await until(follower.is_following)
        await site.send(range(50))
        for follower in followers:
            await until(lambda seen=follower: seen.has_seen(50))  # type: ignore[misc]  # bound now
            assert sorted(map(int, follower.seen)) == list(range(50))
            assert follower.gaps == 1
            assert follower.tail.healthy
