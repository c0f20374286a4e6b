"""Deliveries in memory, and a post whose answers a test chooses."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid5

from typing_extensions import override

from incident.lifecycle import Incident
from services.dispatcher.handlers.outcomes import DeliveryState, Parcel, Verdict
from services.dispatcher.handlers.outgoing import (
    Backlog,
    DeliveryStore,
    DeliveryWork,
    Due,
    Ended,
    Post,
)
from services.dispatcher.ports import Work
from services.runtime.outgoing.outcomes import Tried
from tests.fakes.dispatcher import FakeStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A delivery as it is kept."""

    due: Due
    next_at: datetime
    state: DeliveryState = DeliveryState.QUEUED
    outcome: str | None = None


class FakeDeliveries(DeliveryStore, DeliveryWork):
    """Keeps deliveries as Postgres would.

    Attributes:
        failing: So many of the next settlements fail.
        disabled: The marks of addresses that are gone, by center.
    """

    def __init__(self, store: FakeStore) -> None:
        self.rows: list[Row] = []
        self.disabled: dict[str, str] = {}
        self.failing = 0
        self._store = store
        self._incidents: Work | None = None

    def queue(self, incident: Incident, *, at: datetime, attempts: int = 0) -> Row:
        """Queue a delivery of an incident to its center, as the ladder does."""
        due = Due(
            id=uuid5(incident.id, f"delivery/{incident.round.number}"),
            incident=incident.id,
            center=incident.center,
            round=incident.round.number,
            attempts=attempts,
            body="",
        )
        self.rows.append(Row(due=due, next_at=at))
        return self.rows[-1]

    def row(self, id_: object) -> Row:
        """The row of a delivery, as it stands now."""
        return next(row for row in self.rows if row.due.id == id_)

    @override
    @asynccontextmanager
    async def work(self) -> AsyncIterator[DeliveryWork]:
        rows, disabled = list(self.rows), dict(self.disabled)
        try:
            async with self._store.work() as self._incidents:
                yield self
        except BaseException:
            self.rows, self.disabled = rows, disabled
            raise

    @override
    async def measure(self) -> Backlog:
        waiting = [row for row in self.rows if row.state is DeliveryState.QUEUED]
        return Backlog(
            count=len(waiting), oldest=min((row.next_at for row in waiting), default=None)
        )

    @property
    @override
    def incidents(self) -> Work:
        assert self._incidents is not None, "no transaction is open"
        return self._incidents

    @override
    async def take_due(self, *, now: datetime, busy: Collection[str], limit: int) -> list[Due]:
        first: dict[str, Due] = {}
        for row in sorted(self.rows, key=lambda row: row.next_at):
            if (
                row.state is DeliveryState.QUEUED
                and row.next_at <= now
                and row.due.center not in busy
            ):
                first.setdefault(row.due.center, row.due)
        return list(first.values())[:limit]

    @override
    async def find_disabled(self, centers: Iterable[str]) -> dict[str, str]:
        return {center: self.disabled[center] for center in centers if center in self.disabled}

    @override
    async def begin(self, parcels: Sequence[Parcel], *, until: datetime) -> None:
        for parcel in parcels:
            due = replace(self.row(parcel.id).due, attempts=parcel.attempt, body=parcel.body)
            self._put(replace(self.row(parcel.id), due=due, next_at=until, outcome=None))

    @override
    async def end(self, ended: Sequence[Ended]) -> None:
        for entry in ended:
            self._put(replace(self.row(entry.id), state=entry.state, outcome=entry.ending))

    @override
    async def settle(self, parcel: Parcel, verdict: Verdict) -> None:
        if self.failing:
            self.failing -= 1
            raise ConnectionError
        row = self.row(parcel.id)
        present = row.state is DeliveryState.QUEUED and row.due.attempts == parcel.attempt
        if present or verdict.state is DeliveryState.DELIVERED:
            next_at = verdict.next_at or row.next_at
            self._put(replace(row, state=verdict.state, outcome=verdict.outcome, next_at=next_at))

    @override
    async def disable(self, center: str, mark: str, *, now: datetime) -> None:
        self.disabled[center] = mark

    def _put(self, row: Row) -> None:
        self.rows[[entry.due.id for entry in self.rows].index(row.due.id)] = row


class FakePost(Post):
    """Answers as told, by center; a center that hangs never answers."""

    def __init__(self, answer: Callable[[Parcel], Tried] = lambda _: Tried(status=200)) -> None:
        self._answer = answer
        self.hanging: set[str] = set()
        self.sent: list[Parcel] = []

    @override
    async def send(self, parcel: Parcel) -> Tried:
        self.sent.append(parcel)
        if parcel.center in self.hanging:
            await asyncio.Event().wait()
        return self._answer(parcel)
