"""Rows become calls: grouped by call number, their local stamps placed in UTC.

Rule 1. A call's own fields (received, entry, station area, disposition) are those of its first row
that has them, wherever in the file its other rows stand.

Rule 2. A local hour that the clocks showed twice is read so that no stamp lies before the receipt
and the call takes the shortest time; where both readings are the same in that, the earlier one.

Rule 3. Rows of the same unit in the same call are one turnout, with the earliest of each stamp and
the last of becoming available; dispatched once more after all of that, it is another turnout.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.cli.replay.records import Row, Skipped

ZONE = ZoneInfo("America/Los_Angeles")
"""The zone of the records' times."""

DISORDER = timedelta(minutes=5)
"""How far a stamp may lie before its call was received and still be read as of the same hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnout:
    """One unit's part in a call; stamps in UTC, None where there is none."""

    unit: str
    dispatched: datetime | None = None
    responded: datetime | None = None
    arrived: datetime | None = None
    available: datetime | None = None

    @property
    def stamps(self) -> tuple[datetime, ...]:
        """The stamps there are."""
        all_ = (self.dispatched, self.responded, self.arrived, self.available)
        return tuple(stamp for stamp in all_ if stamp is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call; stamps in UTC.

    Attributes:
        rows: How many rows it has.
    """

    number: str
    received: datetime
    entry: datetime | None
    turnouts: tuple[Turnout, ...]
    disposition: str
    station_area: str
    call_type: str
    priority: str
    rows: int

    @property
    def last(self) -> datetime:
        """The last of all its stamps."""
        own = [self.received] if self.entry is None else [self.received, self.entry]
        return max([*own, *(stamp for turnout in self.turnouts for stamp in turnout.stamps)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which calls are wanted, by when they were received, in local time.

    Attributes:
        since: The first moment that counts; None for no bound.
        until: The first one that counts no more; None for no bound.
    """

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, received: datetime) -> bool:
        """Whether a call received then is wanted."""
        after = self.since is None or self.since <= received
        return after and (self.until is None or received < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was found in a file.

    Attributes:
        calls: The wanted calls, in the order they were received.
        skipped: Rows left out, but for those known to lie outside the span.
    """

    calls: tuple[Call, ...]
    skipped: tuple[Skipped, ...]

    @property
    def rows(self) -> int:
        """How many rows the calls have."""
        return sum(call.rows for call in self.calls)


def select(found: Iterable[Row | Skipped], span: Span) -> Selection:
    """Group rows into calls and keep those received within a span."""
    rows: dict[str, list[Row]] = {}
    skipped: list[Skipped] = []
    for each in found:
        if isinstance(each, Row):
            rows.setdefault(each.call, []).append(each)
        elif each.received is None or span.holds(each.received):
            skipped.append(each)
    calls: list[Call] = []
    for of_call in rows.values():
        received = _first(row.received for row in of_call)
        if received is None:
            reason = "no row of its call says when it was received"
            skipped += [Skipped(line=row.line, reason=reason) for row in of_call]
        elif span.holds(received):
            calls.append(_call(of_call, received))
    return Selection(
        calls=tuple(sorted(calls, key=lambda call: (call.received, call.number))),
        skipped=tuple(sorted(skipped, key=lambda each: each.line)),
    )


def in_utc(received: datetime, stamps: Sequence[datetime | None]) -> list[datetime | None]:
    """Place the local times of one call in UTC; that of its receipt comes first in the result."""
    readings = [
        [start, *(None if stamp is None else _following(start, stamp) for stamp in stamps)]
        for start in _readings(received)
    ]
    return min(readings, key=_disorder)


def _readings(local: datetime) -> list[datetime]:
    """The moments a local time may mean, earliest first: two where clocks were put back."""
    found = {local.replace(tzinfo=ZONE, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(found)


def _following(start: datetime, local: datetime) -> datetime:
    readings = _readings(local)
    return next((each for each in readings if each >= start - DISORDER), readings[-1])


def _disorder(reading: Sequence[datetime | None]) -> tuple[bool, timedelta]:
    """Whether a stamp lies before the receipt, and the time from the first to the last."""
    start, *_ = known = [moment for moment in reading if moment is not None]
    return min(known) < start, max(known) - min(known)


def _call(rows: Sequence[Row], received: datetime) -> Call:
    entry = _first(row.entry for row in rows)
    stamps = [
        stamp for row in rows for stamp in (row.dispatch, row.response, row.on_scene, row.available)
    ]
    start, entered, *placed = in_utc(received, [entry, *stamps])
    assert start is not None  # noqa: S101  # it was given
    turnouts = [
        Turnout(
            unit=row.unit, dispatched=dispatched, responded=responded, arrived=arrived,
            available=available,
        )
        for row, dispatched, responded, arrived, available in zip(
            rows, placed[0::4], placed[1::4], placed[2::4], placed[3::4], strict=True
        )
    ]  # fmt: skip
    return Call(
        number=rows[0].call,
        received=start,
        entry=entered,
        turnouts=tuple(_merged(turnouts)),
        disposition=_told(row.disposition for row in rows),
        station_area=_told(row.station_area for row in rows),
        call_type=_told(row.call_type for row in rows),
        priority=_told(row.priority for row in rows),
        rows=len(rows),
    )


def _merged(turnouts: Iterable[Turnout]) -> Iterator[Turnout]:
    """One turnout for each time a unit was sent, in the order of the rows."""
    by_unit: dict[str, list[Turnout]] = {}
    for turnout in turnouts:
        by_unit.setdefault(turnout.unit, []).append(turnout)
    for of_unit in by_unit.values():
        yield from _sent(sorted(of_unit, key=lambda each: min(each.stamps, default=LATEST)))


LATEST = datetime.max.replace(tzinfo=UTC)


def _sent(turnouts: Iterable[Turnout]) -> Iterator[Turnout]:
    present: Turnout | None = None
    for turnout in turnouts:
        if present is None:
            present = turnout
        elif _is_sent_again(present, turnout):
            yield present
            present = turnout
        else:
            present = _joined(present, turnout)
    if present is not None:
        yield present


def _is_sent_again(before: Turnout, after: Turnout) -> bool:
    """Whether everything about the first was over before the unit was dispatched once more."""
    if not (before.dispatched and before.available and after.dispatched):
        return False
    again = after.dispatched == min(after.stamps) and before.dispatched < after.dispatched
    return again and max(before.stamps) <= after.dispatched


def _joined(one: Turnout, other: Turnout) -> Turnout:
    return replace(
        one,
        dispatched=_earliest(one.dispatched, other.dispatched),
        responded=_earliest(one.responded, other.responded),
        arrived=_earliest(one.arrived, other.arrived),
        available=max(filter(None, (one.available, other.available)), default=None),
    )


def _earliest(*moments: datetime | None) -> datetime | None:
    return min(filter(None, moments), default=None)


def _first(moments: Iterable[datetime | None]) -> datetime | None:
    return next((moment for moment in moments if moment is not None), None)


def _told(texts: Iterable[str]) -> str:
    return next(filter(None, texts), "")
