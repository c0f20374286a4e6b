"""Who is to be woken by what this process commits, and who by what others do.

Whatever is committed here wakes the relay and the streams at once. Kafka then tells of it once
more: that is news only from other processes.
"""

from collections.abc import Callable, Iterable, Sequence
from uuid import uuid5

import asyncpg

from incident.events import BODIES
from incident.messages import CENTER_AWAY, CENTER_DESK
from services.dispatcher.adapters.store import PostgresStore, PostgresWork
from services.dispatcher.payloads.views import center_channel, channels_of
from services.dispatcher.ports import Change
from services.dispatcher.stream import Hub
from services.runtime.consumer import Apply
from services.runtime.records import Received
from services.runtime.relay import Relay

REMEMBERED = 10_000
"""Events of ours that Kafka has not told of yet; beyond it the oldest counts as another's."""


class Waking:
    """Wakes relay and streams."""

    def __init__(self, relay: Relay, hub: Hub) -> None:
        self._relay = relay
        self._hub = hub
        self._own: dict[str, None] = {}

    def wake(self) -> None:
        """Something was committed, who knows what."""
        self._relay.wake()
        self._hub.wake()

    def wake_for(self, changes: Sequence[Change]) -> None:
        """These changes were committed here."""
        if not changes:
            return
        for change in changes:
            self._remember(str(uuid5(each.incident, str(each.version))) for each in change.events)
        self._relay.wake()
        self._hub.wake({channel for change in changes for channel in channels_of(change.incident)})

    def hear(self, record: Received) -> None:
        """Kafka tells of an event: whoever committed it here was told then."""
        told = record.headers.get("ce_type")
        if told == CENTER_AWAY:
            self._hub.wake([center_channel(record.key)])
        if told == CENTER_DESK:
            self._hub.wake()  # stations are told as well
        if told not in BODIES:
            return  # a heartbeat, or a desk
        id_ = record.headers.get("ce_id", "")
        if id_ in self._own:
            del self._own[id_]
        else:
            self._hub.wake()

    def _remember(self, ids: Iterable[str]) -> None:
        for id_ in ids:
            self._own[id_] = None
            if len(self._own) > REMEMBERED:
                del self._own[next(iter(self._own))]


class Following:
    """A consumer's work on the store, one transaction after the other, and whom it wakes."""

    def __init__(self, store: PostgresStore, woken: Callable[[Sequence[Change]], None]) -> None:
        self._store = store
        self._woken = woken
        self._work: PostgresWork | None = None

    def begin(self, connection: asyncpg.Connection) -> PostgresWork:
        """Work inside the consumer's transaction."""
        self._work = self._store.on(connection)
        return self._work

    def over(self, apply: Apply) -> Apply:
        """Return what applies records: one that failed leaves nothing behind for the next."""

        async def applying(connection: asyncpg.Connection, records: Sequence[Received]) -> None:
            self._work = None
            await apply(connection, records)

        return applying

    def committed(self) -> None:
        """What was begun last was committed."""
        work, self._work = self._work, None
        if work is not None:
            self._woken(work.changes)
