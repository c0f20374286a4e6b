"""Which faults are made, in which order: it follows from the seed alone."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadtests.chaos.faults.fault import Fault

SECONDS_A_KILL = 9.0
"""At most so long between two kills on average: 200 in 30 minutes."""

_PLANNED_SECONDS_A_KILL = 7.0
"""Faults may take longer than they are thought to; then it is still one in nine seconds."""

_RECOVERY_SECONDS = 5.0
_CROWD_SHARE = 0.5
_LONG_SECONDS = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One fault to make.

    Attributes:
        kill_at: When a service is killed beside it, as a share of its time; None: none is.
    """

    fault: Fault
    kill_at: float | None = None

    @property
    def kills(self) -> int:
        """How many processes it kills."""
        return self.fault.kills + (self.kill_at is not None)

    @property
    def seconds(self) -> float:
        """How long it is thought to take, with the time until all works again."""
        return self.fault.seconds + _RECOVERY_SECONDS * max(1, self.fault.kills)


def steps(faults: Sequence[Fault], *, seed: int, replicas: int) -> Iterator[Step]:
    """Give faults without end: no kind again before all of its weight were made once.

    Kills come often enough to be one in nine seconds, whatever else takes its time.

    Raises:
        ValueError: There is no fault to draw.
    """
    chance = random.Random(seed)
    possible = [fault for fault in faults if fault.replicas <= replicas and fault.weight > 0]
    if not possible:
        raise ValueError("there is no fault to draw")
    killers = _dealt([fault for fault in possible if fault.kills], chance)
    others = _dealt([fault for fault in possible if not fault.kills], chance)
    seconds, kills = 0.0, 0
    while True:
        behind = kills * _PLANNED_SECONDS_A_KILL <= seconds
        fault = next(killers if behind else others, None) or next(others if behind else killers)
        step = Step(fault=fault, kill_at=_kill_at(fault, chance))
        seconds, kills = seconds + step.seconds, kills + step.kills
        yield step


def each_once(faults: Sequence[Fault], *, seed: int, replicas: int) -> Iterator[Step]:
    """Give each fault once, in their order, with a kill beside it as the seed has it."""
    chance = random.Random(seed)
    for fault in faults:
        if fault.replicas <= replicas:
            yield Step(fault=fault, kill_at=_kill_at(fault, chance))


def _dealt(faults: Sequence[Fault], chance: random.Random) -> Iterator[Fault]:
    """Deal faults like cards, the heavier ones several times a round; nothing for no faults."""
    lightest = min((fault.weight for fault in faults), default=1.0)
    cards = [fault for fault in faults for _ in range(max(1, round(fault.weight / lightest)))]
    while cards:
        chance.shuffle(cards)
        yield from cards


def _kill_at(fault: Fault, chance: random.Random) -> float | None:
    drawn, when = chance.random(), chance.uniform(0.2, 0.6)
    crowded = fault.crowded and fault.seconds >= _LONG_SECONDS
    return when if crowded and drawn < _CROWD_SHARE else None
