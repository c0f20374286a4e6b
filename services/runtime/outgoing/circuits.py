"""How hard each of others' systems may be tried at a time, so that none takes another's turn.

Seen by one process for itself: which systems answer is a matter of seconds, and a process that
begins anew finds out with a few attempts.
"""

from dataclasses import dataclass

AT_ONCE = 2
THRESHOLD = 5
FIRST_REST, LONGEST_REST = 2.0, 30.0
"""Real seconds; a new alert is tried within the longest, so still within its minute."""


@dataclass(slots=True)
class Circuit:
    """One system.

    Attributes:
        most: Attempts at once while it does not fail.
        under_way: Attempts now.
        failures: Attempts that failed since the last that did not.
        rests_until: Monotonic seconds before which nothing more is begun.
    """

    most: int = AT_ONCE
    under_way: int = 0
    failures: int = 0
    rests_until: float = float("-inf")

    def room(self, now: float) -> int:
        """How many more may be begun; a failing system gets one attempt at a time."""
        most = self.most if self.failures < THRESHOLD else 1
        return 0 if now < self.rests_until else max(0, most - self.under_way)


class Circuits:
    """The systems that are being tried or fail, each by a name of its own."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._circuits: dict[str, Circuit] = {}

    @property
    def failing(self) -> int:
        """How many systems are slowed down."""
        return sum(circuit.failures >= THRESHOLD for circuit in self._circuits.values())

    def busy(self, now: float) -> list[str]:
        """The systems that get nothing more at a monotonic moment."""
        return [system for system, room in self.rooms(now).items() if not room]

    def rooms(self, now: float) -> dict[str, int]:
        """How much more each may get at a monotonic moment; those not named get what all do."""
        return {system: circuit.room(now) for system, circuit in self._circuits.items()}

    def rest(self, system: str, now: float) -> float:
        """Seconds for which a system is left alone; 0 for one that is not."""
        circuit = self._circuits.get(system)
        return 0.0 if circuit is None else max(0.0, circuit.rests_until - now)

    def begin(self, system: str) -> None:
        """An attempt begins."""
        self._circuits.setdefault(system, Circuit(most=self._at_once)).under_way += 1

    def end(self, system: str, *, worked: bool, now: float, rest: float | None = None) -> None:
        """An attempt ended.

        Args:
            system: Its name.
            worked: It answered that it took it.
            now: Monotonic seconds.
            rest: Seconds it asks to be left alone; no longer than `LONGEST_REST` is granted.
        """
        circuit = self._circuits[system]
        circuit.under_way -= 1
        if worked:
            circuit.failures, circuit.rests_until = 0, float("-inf")
            if not circuit.under_way:
                del self._circuits[system]
            return
        circuit.failures += 1
        beyond = circuit.failures - THRESHOLD
        asked = min(rest or 0.0, LONGEST_REST)
        if beyond >= 0:
            asked = max(asked, min(FIRST_REST * 2.0 ** min(beyond, 10), LONGEST_REST))
        circuit.rests_until = max(circuit.rests_until, now + asked)
