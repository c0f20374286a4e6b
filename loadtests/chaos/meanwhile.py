"""What stations, actors and consoles saw while a fault lasted, and whether alerts were pushed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from loadtests.chaos.history import Kind, Line

PROMISE_SECONDS = 60.0
_OPENED = "200"


@dataclass(slots=True, kw_only=True)
class Meanwhile:
    """What was seen in a stretch of time.

    Attributes:
        answers: Attempts that were not served, by who asked: `station`, `actor`, `reader`.
        reopened: How often a console's or phone's stream was opened again.
        silence: The longest time in seconds that a console heard nothing, not even a heartbeat.
        alerts: Alerts promised in it.
        slowest: The longest time in seconds from such a promise to a frame on the center's console;
            None where there was none.
        late: How many of them took longer than promised, or never came.
    """

    answers: dict[str, Counter[str]] = field(default_factory=dict)
    reopened: int = 0
    silence: float = 0.0
    alerts: int = 0
    slowest: float | None = None
    late: int = 0


def look(lines: Sequence[Line], *, since: float, until: float) -> Meanwhile:
    """Gather what was seen in a stretch of time.

    Args:
        lines: The whole history: a promise made in the stretch may be kept after it.
        since: Its beginning, in seconds since the history began.
        until: Its end.
    """
    seen = Meanwhile()
    inside = [line for line in lines if since <= line.at <= until]
    for line in inside:
        if line.kind is not Kind.ANSWER:
            continue
        if line.who == "console" and line.what == _OPENED:
            seen.reopened += 1
        else:
            seen.answers.setdefault(line.who, Counter())[line.what] += 1
    seen.silence = _silence(inside, since=since, until=until)
    _promises(seen, lines, inside)
    return seen


def pushed_after(lines: Iterable[Line]) -> dict[str, float]:
    """When each incident was first seen on a console, by its id."""
    first: dict[str, float] = {}
    for line in lines:
        if line.kind is Kind.FRAME and line.who.startswith("center:") and line.said.get("incident"):
            first.setdefault(line.said["incident"], line.at)
    return first


def _promises(seen: Meanwhile, lines: Sequence[Line], inside: Sequence[Line]) -> None:
    promised = {
        line.said["id"]: line.at
        for line in reversed(inside)
        if line.kind is Kind.OK and line.what == "alert"
    }
    first = pushed_after(lines)
    waits = [first.get(id_, float("inf")) - at for id_, at in promised.items()]
    seen.alerts = len(waits)
    seen.late = sum(wait > PROMISE_SECONDS for wait in waits)
    seen.slowest = max((max(0.0, wait) for wait in waits), default=None)


def _silence(inside: Sequence[Line], *, since: float, until: float) -> float:
    heard: dict[str, list[float]] = {}
    for line in inside:
        if line.kind is Kind.FRAME and line.who.startswith("center:"):
            heard.setdefault(line.who, [since]).append(line.at)
    return max(
        (
            later - earlier
            for moments in heard.values()
            for earlier, later in zip(moments, [*moments[1:], until], strict=True)
        ),
        default=until - since,
    )
