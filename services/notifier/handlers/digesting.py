"""When the hourly digest of all heads is taken."""

from datetime import datetime, timedelta

from services.notifier.ports import Digest, Digests

SETTLE_SECONDS = 15.0
"""Real seconds after which nothing recorded before a moment is still uncommitted."""

HOUR = timedelta(hours=1)


def boundary(now: datetime, *, factor: float) -> datetime:
    """The last full hour of domain time before which nothing more can be recorded.

    Args:
        now: Domain time.
        factor: Domain seconds in a real second.
    """
    settled = now - timedelta(seconds=SETTLE_SECONDS * factor)
    return settled.replace(minute=0, second=0, microsecond=0)


async def digest_hour(
    digests: Digests, *, now: datetime, real: datetime, factor: float
) -> Digest | None:
    """Take the digest of the last full hour, unless it is there.

    After hours of silence one digest is taken, not one for each: it covers all that was said.
    """
    at = boundary(now, factor=factor)
    last = await digests.last()
    if last is not None and last.taken_at >= at:
        return None
    return await digests.take(at=at, real=real)
