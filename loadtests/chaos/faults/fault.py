"""What a fault is: how it is made, how it ends, and from when on things must work again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from loadtests.chaos.world import World

Deed = Callable[[World], Awaitable[None]]


class Since(StrEnum):
    """From which moment on the time until working again counts."""

    INJECTED = "injected"  # somebody else must take over while the fault stays
    HEALING = "healing"  # healing is a restart, and the restart counts
    HEALED = "healed"  # what was broken is whole: now the services must notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of harm; a campaign makes each many times, so it keeps no state of its own.

    Attributes:
        name: As in the table and after `--fault`: lower-case words, such as `kafka frozen`.
        inject: Makes it. What it must remember for its end it puts into `world.memory[name]`.
        heal: Ends it, and returns when what was broken is whole again. It is also called after an
            `inject` that failed half-way and at the end of a campaign that was called off, so it
            must bear being called for nothing and twice.
        seconds: How long it lasts between the two.
        weight: How often it is drawn, compared with others; 0: only where it is asked for by name.
        since: From when on the time until working again counts.
        goal: Seconds from then until a whole life from report to close has been lived, and the
            notifier has judged it.
        ready_goal: Seconds from then until every service says that it may be sent work.
        kills: How many processes of services it kills with SIGKILL.
        replicas: How many replicas of each service it needs.
        crowded: One kill of a service may happen while it lasts; False for one that minds.
    What it finds missing by itself (a jump that nobody noticed, say) it tells with
    `world.complain(...)`: that fails the campaign. What it saw and is worth telling: `world.tell`.
    """

    name: str
    inject: Deed
    heal: Deed
    seconds: float = 0.0
    weight: float = 1.0
    since: Since = Since.HEALED
    goal: float = 10.0
    ready_goal: float = 10.0
    kills: int = 0
    replicas: int = 1
    crowded: bool = True
