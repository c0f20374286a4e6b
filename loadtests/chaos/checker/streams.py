"""What each console and phone saw is a sequence without a gap or a repeat, each event once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from loadtests.chaos.checker.findings import Finding, Wrong
from loadtests.chaos.checker.state import State
from loadtests.chaos.history import Kind, Line
from services.cli.sse import HEARTBEAT, RESYNC


@dataclass(slots=True)
class Seen:
    """What one reader saw, over all its reconnects.

    Attributes:
        numbers: The numbers of its frames in the order they came.
        events: How often it was told of each version of each incident.
        resyncs: How often it was sent to read the board anew.
    """

    numbers: list[int] = field(default_factory=list)
    events: Counter[tuple[str, int]] = field(default_factory=Counter)
    resyncs: int = 0


def seen_by(lines: Iterable[Line]) -> dict[str, Seen]:
    """Put together what each reader saw, by its channel: `center:heling`, `team:heling-duty-1`."""
    readers: dict[str, Seen] = defaultdict(Seen)
    for line in lines:
        if line.kind is not Kind.FRAME:
            continue
        seen = readers[line.who]
        if line.what == RESYNC:
            seen.resyncs += 1
        elif line.what != HEARTBEAT and line.said.get("sequence") is not None:
            seen.numbers.append(line.said["sequence"])
            seen.events[line.said["incident"], line.said["version"]] += 1
    return dict(readers)


def last_seen(lines: Iterable[Line]) -> dict[str, int]:
    """The last number that each reader saw, by its channel."""
    return {who: max(seen.numbers, default=0) for who, seen in seen_by(lines).items()}


def check_streams(lines: Iterable[Line], state: State) -> Iterator[Finding]:
    """Find gaps and repeats in what readers saw, and events they were not told of once."""
    readers = seen_by(lines)
    for who, seen in readers.items():
        if seen.resyncs:
            detail = f"was sent to read the board anew {seen.resyncs} times"
            yield Finding(wrong=Wrong.STREAM_GAP, about=who, detail=detail)
        yield from _check_numbers(who, seen.numbers)
        yield from _check_end(who, seen.numbers, state.channels)
    yield from _check_events(readers, state)


def _check_numbers(who: str, numbers: Sequence[int]) -> Iterator[Finding]:
    expected = 1
    for number in numbers:
        if number != expected:
            detail = f"saw {number} where {expected} belongs"
            yield Finding(wrong=Wrong.STREAM_GAP, about=who, detail=detail)
        expected = number + 1


def _check_end(who: str, numbers: Sequence[int], channels: Mapping[str, int]) -> Iterator[Finding]:
    last, end = max(numbers, default=0), channels.get(who, 0)
    if last < end:
        detail = f"saw numbers up to {last}, there are {end}"
        yield Finding(wrong=Wrong.STREAM_SHORT, about=who, detail=detail)
    elif last > end:
        detail = f"saw number {last}, and there are only {end}"
        yield Finding(wrong=Wrong.STREAM_WRONG, about=who, detail=detail)


def _check_events(readers: Mapping[str, Seen], state: State) -> Iterator[Finding]:
    """The console of an incident's center is told of each of its events exactly once."""
    by_center: dict[str, list[UUID]] = defaultdict(list)
    for id_, incident in state.incidents.items():
        if len(incident.rounds) == 1:
            by_center[f"center:{incident.center}"].append(id_)
    for who, ids in by_center.items():
        if who not in readers:
            continue
        told = readers[who].events
        for id_ in ids:
            wrong = [
                f"version {version} {told[str(id_), version]} times"
                for version in range(1, state.incidents[id_].version + 1)
                if told[str(id_), version] != 1
            ]
            if wrong:
                detail = f"was told of {id_} " + ", ".join(wrong)
                yield Finding(wrong=Wrong.STREAM_WRONG, about=who, detail=detail)
