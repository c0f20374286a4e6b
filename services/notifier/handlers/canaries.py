"""When each center's canary is sent, and what is to be done with one: pure, by given moments.

A canary is an alert of status `test` and severity blue. It opens an incident, reaches the center's
channel and is taken back some seconds later: before the first rung of any ladder, so that nobody
is rung. It shows, every day and for every center, that the whole way from intake to the center's
console and back to the notifier works.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from incident.profile import Kind
from services.notifier.ports.canaries import Canary, CanaryFault, CanaryState, Sight

SEND_SECONDS = 60.0
OPEN_SECONDS = 30.0
END_SECONDS = 60.0
"""Real seconds it may take to be accepted, to be opened, and to be over after it was taken back."""

PUSH_SECONDS = 2.0
"""Domain seconds that a console which confirms by itself has; the first rung waits for 5."""

LATEST = timedelta(hours=1)
"""Those whose moment had passed before they were planned are spread over so much of the rest."""


class Do(StrEnum):
    """What to do with a canary besides keeping how far it has come."""

    WAIT = "wait"
    SEND = "send"
    TAKE_BACK = "take_back"


def plan(centers: Iterable[str], *, now: datetime, zone: ZoneInfo) -> list[Canary]:
    """Plan the canaries of the day it is in the park, spread over the day, each at its own moment.

    The moment follows from center and day, so that every notifier plans the same.
    """
    day = now.astimezone(zone).date()
    begins, ends = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    return [
        Canary(
            center=center,
            day=day,
            planned_at=_moment(center, day, begins=begins, ends=ends, now=now),
            ends_at=ends,
        )
        for center in centers
    ]


def advance(
    canary: Canary, sight: Sight | None, *, now: datetime, real: datetime
) -> tuple[Canary, Do]:
    """Say how far a canary has come, and what to do with it now.

    Args:
        canary: As it was kept.
        sight: What was heard of its incident.
        now: Domain time.
        real: Real time: what takes too long is judged by it.
    """
    if sight is not None and canary.opened_at is None:
        canary = _opened(canary, sight)
    match canary.state:
        case CanaryState.PLANNED:
            return _send(canary, now=now, real=real)
        case CanaryState.SENT:
            if _over(canary.tried_at, OPEN_SECONDS, real):
                return _end(canary, real, fault=CanaryFault.NOT_OPENED), Do.TAKE_BACK
            return canary, Do.WAIT
        case CanaryState.OPENED:
            return _await_push(canary, sight, now=now, real=real)
        case CanaryState.ENDING:
            return _finish(canary, sight, now=now, real=real)
        case _:
            return canary, Do.WAIT


def kind_for(used: Iterable[str], kinds: Mapping[str, Kind]) -> str | None:
    """Choose the kind of canaries: the first one that asks for no details of its own."""
    for code in used:
        kind = kinds.get(code)
        if kind is not None and not any(
            entry.required and entry.at == "opening" for entry in kind.details
        ):
            return code
    return None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _moment(center: str, day: date, *, begins: datetime, ends: datetime, now: datetime) -> datetime:
    digest = hashlib.sha256(f"{center}\x1f{day.isoformat()}".encode()).digest()
    share = int.from_bytes(digest[:6]) / 256**6
    moment = begins + share * (ends - begins)
    return moment if moment >= now else now + share * min(ends - now, LATEST)


def _send(canary: Canary, *, now: datetime, real: datetime) -> tuple[Canary, Do]:
    if canary.tried_at is None and now >= canary.ends_at:
        return replace(canary, state=CanaryState.MISSED, finished_at=now), Do.WAIT
    if _over(canary.tried_at, SEND_SECONDS, real):  # it may have been taken all the same
        return _end(canary, real, fault=CanaryFault.NOT_ACCEPTED), Do.TAKE_BACK
    return replace(canary, tried_at=canary.tried_at or real), Do.SEND


def _opened(canary: Canary, sight: Sight) -> Canary:
    waited = None
    if sight.received_at is not None:
        waited = max(0.0, (sight.opened_at - sight.received_at).total_seconds())
    state = canary.state if canary.state is CanaryState.ENDING else CanaryState.OPENED
    return replace(canary, state=state, opened_at=sight.opened_at, open_seconds=waited)


def _await_push(
    canary: Canary, sight: Sight | None, *, now: datetime, real: datetime
) -> tuple[Canary, Do]:
    pushed = sight is not None and sight.pushed
    opened_at = canary.opened_at or now
    if not pushed and now < opened_at + timedelta(seconds=PUSH_SECONDS):
        return canary, Do.WAIT
    return replace(_end(canary, real), pushed=pushed), Do.TAKE_BACK


def _end(canary: Canary, real: datetime, *, fault: CanaryFault | None = None) -> Canary:
    return replace(canary, state=CanaryState.ENDING, ending_at=real, fault=fault)


def _finish(
    canary: Canary, sight: Sight | None, *, now: datetime, real: datetime
) -> tuple[Canary, Do]:
    if sight is not None and sight.ended:
        state = CanaryState.PASSED if canary.fault is None else CanaryState.FAILED
        return replace(canary, state=state, finished_at=now), Do.WAIT
    if not _over(canary.ending_at, END_SECONDS, real):
        return canary, Do.TAKE_BACK
    fault = canary.fault or CanaryFault.NOT_ENDED
    return replace(canary, state=CanaryState.FAILED, fault=fault, finished_at=now), Do.WAIT


def _over(since: datetime | None, seconds: float, real: datetime) -> bool:
    return since is not None and real - since > timedelta(seconds=seconds)
