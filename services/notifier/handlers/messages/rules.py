"""How people are written to, as data: `services/notifier/messages.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most so many messages in so many seconds by one address."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All of them; durations are real but `late_after`.

    Attributes:
        flood: How long after a message a person's next ones are gathered.
        digest: How long a digest is gathered from its first.
        late_after: So long after its moment a step that fires is late.
        waits: Seconds before each attempt on a way, while the person has another.
        last_waits: The same on the person's last way.
        patience: Asked to wait longer, the next way is taken.
        valid: How long a link is good.
        month_day: The day the monthly test is sent on.
        month_hour: The hour of that day.
        limits: By the type of the way.
    """

    flood: timedelta = timedelta(seconds=30)
    digest: timedelta = timedelta(minutes=10)
    late_after: timedelta = timedelta(seconds=30)
    waits: tuple[float, ...] = (0, 2, 8)
    last_waits: tuple[float, ...] = (0, 2, 8, 30, 120, 600)
    patience: float = 30.0
    valid: timedelta = timedelta(days=1)
    month_day: int = 1
    month_hour: int = 10
    limits: Mapping[str, Limit] = field(default_factory=dict)
