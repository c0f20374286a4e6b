"""The only reader of time and the only sleeper.

Two kinds of time live side by side. Domain time (`now`) stamps moments, deadlines, ladders and
rosters; a scaled clock lets a day of it pass in minutes. Real time (`real`, `monotonic`, `sleep`)
drives time-outs, retries, heartbeats, signatures and key expiry, and is never scaled.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from typing_extensions import override

EPOCH = datetime.fromtimestamp(0, UTC)


class ClockSetting(NamedTuple):
    """What a clock is made of: domain time = origin + (real time - started) x factor.

    Kept with a database, so that all services of one database agree on it.

    Attributes:
        origin: The domain moment at `started`.
        started: The real moment the scaled time began.
        factor: Domain seconds in one real second, above 0.
    """

    origin: datetime
    started: datetime
    factor: float

    @override
    def __str__(self) -> str:
        if self == SYSTEM:
            return "system"
        return f"{self.origin.isoformat()};{self.started.isoformat()};{self.factor!r}"


SYSTEM = ClockSetting(EPOCH, EPOCH, 1.0)


class Clock(ABC):
    """Reads time and sleeps for everybody else."""

    @property
    @abstractmethod
    def setting(self) -> ClockSetting:
        """What this clock is made of; two services of one database must agree on it."""

    @abstractmethod
    def now(self) -> datetime:
        """Return domain time, aware UTC, to the microsecond."""

    @abstractmethod
    def real(self) -> datetime:
        """Return real wall time, aware UTC: for signatures, key expiry and log lines."""

    @abstractmethod
    def monotonic(self) -> float:
        """Return real seconds from an arbitrary start; never goes back."""

    @abstractmethod
    async def sleep(self, seconds: float) -> None:
        """Sleep for real seconds; zero or less only gives way once."""

    @abstractmethod
    def seconds_until(self, moment: datetime) -> float:
        """Return the real seconds until a domain moment, zero or less once it is reached."""


class SystemClock(Clock):
    """Domain time is real time."""

    @property
    @override
    def setting(self) -> ClockSetting:
        return SYSTEM

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)

    @override
    def real(self) -> datetime:
        return datetime.now(UTC)

    @override
    def monotonic(self) -> float:
        return time.monotonic()

    @override
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0.0))

    @override
    def seconds_until(self, moment: datetime) -> float:
        return (moment - self.now()).total_seconds()


class ScaledClock(SystemClock):
    """Domain time runs `factor` times as fast as real time, from `origin` at `started`.

    Every process with the same three values reads the same domain time. Before `started` it stands
    at `origin`. It never goes back within a process, not even when the machine's clock is set back.
    """

    def __init__(self, origin: datetime, started: datetime, factor: float) -> None:
        if origin.tzinfo is None or started.tzinfo is None:
            raise ValueError("a clock's origin and start must carry a zone")
        if not 0 < factor <= 100_000:
            raise ValueError(f"a clock's factor must be above 0 and at most 100000, not {factor:g}")
        self._setting = ClockSetting(origin.astimezone(UTC), started.astimezone(UTC), factor)
        self._latest = self._setting.origin

    @property
    @override
    def setting(self) -> ClockSetting:
        return self._setting

    @override
    def now(self) -> datetime:
        origin, started, factor = self._setting
        passed = (self.real() - started).total_seconds()
        self._latest = max(self._latest, origin + timedelta(seconds=passed * factor))
        return self._latest

    @override
    def seconds_until(self, moment: datetime) -> float:
        return (moment - self.now()).total_seconds() / self._setting.factor


def clock_of(setting: ClockSetting) -> Clock:
    """Return the clock with a setting, as read back from a database."""
    return SystemClock() if setting == SYSTEM else ScaledClock(*setting)


def parse_clock(setting: str) -> Clock:
    """Read `system`, or `origin;started;factor` with two ISO 8601 moments that carry a zone.

    Raises:
        ValueError: The setting has another form; the message says which part is wrong.
    """
    if setting.strip() == "system":
        return SystemClock()
    parts = [part.strip() for part in setting.split(";")]
    if len(parts) != 3:
        raise ValueError(f"a clock is 'system' or 'origin;started;factor', not {setting!r}")
    try:
        factor = float(parts[2])
    except ValueError as error:
        raise ValueError(f"a clock's factor must be a number, not {parts[2]!r}") from error
    return ScaledClock(_moment(parts[0]), _moment(parts[1]), factor)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"a clock's moment must be ISO 8601 with a zone, not {text!r}") from error
