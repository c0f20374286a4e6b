"""What is kept only for a time, and the hourly digest of all heads.

Dead letters, events and directory versions are kept for ever; what is removed here is what nobody
can ask for any more. An update or cancellation that never found its alert is no such thing: it is
removed after a week because it can no longer matter, and said loudly.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from incident.alert import IncidentId
from incident.chain import Head

FRAMES_FOR = timedelta(hours=24)
ANSWERS_FOR = timedelta(days=7)
EARLY_FOR = timedelta(days=7)
BATCH = 1000
MOST_BATCHES = 50
MOST = BATCH * MOST_BATCHES
"""Of each kind in one round: what is left waits for the next."""

HOUR = timedelta(hours=1)
SETTLE_SECONDS = 30.0
"""Real seconds after which nothing recorded before a moment is still uncommitted: a command that
is tried again and again under the database's time-outs takes no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """An update or cancellation whose alert never came."""

    incident: IncidentId
    id: str
    type: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The early messages that wait for their alert.

    Attributes:
        oldest: The domain moment since when; None if none waits.
    """

    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one round removed."""

    frames: int
    answers: int
    strays: tuple[Stray, ...]

    @property
    def is_all(self) -> bool:
        """Whether nothing too old was left for the next round."""
        return max(self.frames, self.answers, len(self.strays) * MOST_BATCHES) < MOST


class Attic(Protocol):
    """Where things are kept for a time; each removal is a transaction of its own."""

    async def purge_frames(self, before: datetime, *, limit: int) -> int:
        """Remove frames older than a real moment; says how many."""
        ...

    async def purge_answers(self, before: datetime, *, limit: int) -> int:
        """Remove answers to commands older than a real moment; says how many."""
        ...

    async def take_strays(self, before: datetime, *, limit: int) -> list[Stray]:
        """Take out early messages older than a domain moment."""
        ...

    async def count_early(self) -> Waiting:
        """Say what waits for its alert."""
        ...


async def sweep(attic: Attic, *, now: datetime, real: datetime) -> Swept:
    """Remove what is too old, a bounded number at a time."""

    async def purge(remove: Callable[..., Awaitable[int]], before: datetime) -> int:
        gone = 0
        for _ in range(MOST_BATCHES):
            batch = await remove(before, limit=BATCH)
            gone += batch
            if batch < BATCH:
                break
        return gone

    return Swept(
        frames=await purge(attic.purge_frames, real - FRAMES_FOR),
        answers=await purge(attic.purge_answers, real - ANSWERS_FOR),
        strays=tuple(await attic.take_strays(now - EARLY_FOR, limit=BATCH)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A digest of the heads of all incidents.

    Attributes:
        taken_at: Of each chain the last event recorded before this domain moment counts.
        previous: The digest before it.
    """

    sequence: int
    taken_at: datetime
    count: int
    digest: str
    previous: str


class Digests(Protocol):
    """Where digests are taken."""

    async def last(self) -> Digest | None:
        """Give the last digest."""
        ...

    async def take(self, at: datetime, *, real: datetime) -> Digest | None:
        """Take and tell the digest as of a moment; None where another process has, or is at it."""
        ...


def boundary(now: datetime, *, factor: float) -> datetime:
    """The last full hour of domain time before which nothing more can be recorded.

    Args:
        now: Domain time.
        factor: Domain seconds in a real second.
    """
    settled = now - timedelta(seconds=SETTLE_SECONDS * factor)
    return settled.replace(minute=0, second=0, microsecond=0)


async def digest_hour(digests: Digests, at: datetime, *, real: datetime) -> Digest | None:
    """Take the digest of a full hour, unless it was taken.

    After hours of silence one digest is taken, not one for each: it covers all that was said.
    """
    last = await digests.last()
    if last is not None and last.taken_at >= at:
        return None
    return await digests.take(at, real=real)


class HeadsHash:
    """The digest of heads that come in the order of their incidents, without holding them all.

    It is `incident.chain.digest_of_heads` of the same heads: ids written alike sort alike as texts
    and as ids.
    """

    def __init__(self) -> None:
        self._hash = sha256()
        self.count = 0

    def add(self, heads: Iterable[Head]) -> None:
        """Take further heads, all of them behind those before."""
        for head in heads:
            self._hash.update(f"{head.incident} {head.version} {head.hash}\n".encode())
            self.count += 1

    def digest(self) -> str:
        """The SHA-256 over all of them, 64 lower-case hexadecimal digits."""
        return self._hash.hexdigest()
