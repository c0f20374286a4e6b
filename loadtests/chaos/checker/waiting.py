"""Waits until all is quiet: nothing on its way, every console level with its channel."""

from collections.abc import Callable, Mapping

import asyncpg

from loadtests.chaos.checker.reading import read_channels, read_left
from services.cli.answers import ClientError
from services.cli.client import Client
from services.runtime.clock import SystemClock
from services.runtime.logs import describe

POLL_SECONDS = 0.5
_CLOCK = SystemClock()


async def wait_quiet(
    dsn: str,
    auditor: Client,
    *,
    seen: Callable[[], Mapping[str, int]] = dict,
    seconds: float = 60.0,
) -> dict[str, int | str]:
    """Wait until nothing is left on its way, within a bound.

    Args:
        dsn: The instance's database.
        auditor: Reads conservation.
        seen: Gives the last number that each reader of a stream saw, by channel.
        seconds: The bound.

    Returns:
        What is left then; empty if it is quiet.
    """
    deadline = _CLOCK.monotonic() + seconds
    while True:
        try:
            left: dict[str, int | str] = {**await read_left(dsn, auditor)}
            left |= _behind(await read_channels(dsn), seen())
        except (ClientError, OSError, asyncpg.PostgresError) as error:  # time-outs are OSErrors
            left = {"unreadable": describe(error)}
        left = {name: count for name, count in left.items() if count}
        if not left or _CLOCK.monotonic() > deadline:
            return left
        await _CLOCK.sleep(POLL_SECONDS)


def _behind(channels: Mapping[str, int], seen: Mapping[str, int]) -> dict[str, int]:
    return {who: max(0, channels.get(who, 0) - last) for who, last in seen.items()}
