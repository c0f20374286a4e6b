"""How hard each center's own system may be tried at a time, so that none takes another's turn.

Seen by one process for itself: which systems answer is a matter of seconds, and a process that
begins anew finds out with a few attempts.
"""

from dataclasses import dataclass

PER_CENTER = 2
THRESHOLD = 5
FIRST_REST, LONGEST_REST = 2.0, 30.0
"""Real seconds; a new alert is tried within the longest, so still within its minute."""


@dataclass(slots=True)
class Circuit:
    """One center's system.

    Attributes:
        under_way: Attempts now.
        failures: Attempts that failed since the last that did not.
        rests_until: Monotonic seconds before which nothing more is begun.
    """

    under_way: int = 0
    failures: int = 0
    rests_until: float = float("-inf")

    def is_busy(self, now: float) -> bool:
        """Whether nothing more may be begun; a failing system gets one attempt at a time."""
        most = PER_CENTER if self.failures < THRESHOLD else 1
        return self.under_way >= most or now < self.rests_until


class Circuits:
    """The systems that are being tried or fail."""

    def __init__(self) -> None:
        self._circuits: dict[str, Circuit] = {}

    @property
    def failing(self) -> int:
        """How many systems are slowed down."""
        return sum(circuit.failures >= THRESHOLD for circuit in self._circuits.values())

    def busy(self, now: float) -> list[str]:
        """The centers that get nothing more at a monotonic moment."""
        return [center for center, circuit in self._circuits.items() if circuit.is_busy(now)]

    def begin(self, center: str) -> None:
        """An attempt begins."""
        self._circuits.setdefault(center, Circuit()).under_way += 1

    def end(self, center: str, *, worked: bool, now: float, rest: float | None = None) -> None:
        """An attempt ended.

        Args:
            center: Whose system it was.
            worked: It answered that it took it.
            now: Monotonic seconds.
            rest: Seconds it asks to be left alone; no longer than `LONGEST_REST` is granted.
        """
        circuit = self._circuits[center]
        circuit.under_way -= 1
        if worked:
            circuit.failures, circuit.rests_until = 0, float("-inf")
            if not circuit.under_way:
                del self._circuits[center]
            return
        circuit.failures += 1
        beyond = circuit.failures - THRESHOLD
        asked = min(rest or 0.0, LONGEST_REST)
        if beyond >= 0:
            asked = max(asked, min(FIRST_REST * 2.0 ** min(beyond, 10), LONGEST_REST))
        circuit.rests_until = max(circuit.rests_until, now + asked)
