"""Writes callbacks in the transaction that says what they tell."""

from collections.abc import Sequence
from pathlib import Path

import asyncpg
import structlog
from prometheus_client import Counter

from incident.events import Event
from services.notifier.handlers.callbacks.deriving import callbacks_of, concerns, stations_of
from services.notifier.handlers.callbacks.kinds import Callback
from services.notifier.payloads.callbacks.body import write_callback
from services.notifier.ports import Judged
from services.runtime import eventlog, queries
from services.runtime.clock import Clock

QUERIES = queries.load(Path(__file__).with_name("callbacks.sql"))

_MADE = Counter("d115_callbacks_made_total", "Callbacks put in line, by what they tell.", ["type"])
_UNREAD = Counter(
    "d115_callback_events_unread_total", "Events of types not known here: nobody is told of them."
)

_log = structlog.get_logger(__name__)


class CallbackListener:
    """Derives what stations are told; a listener of the notifier's store."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, connection: asyncpg.Connection, judged: Sequence[Judged]) -> None:
        """Put in line what is to be told; one query where no station that is concerned listens."""
        concerned = [entry for entry in judged if concerns(entry)]
        if not concerned:
            return
        stations = {station for entry in concerned for station in stations_of(entry)}
        rows = await connection.fetch(QUERIES["find_subscribed"], sorted(stations))
        wanted = {row["station"]: frozenset(row["types"]) for row in rows}
        if not wanted:
            return
        told = [
            callback
            for entry in concerned
            if not stations_of(entry).isdisjoint(wanted)
            for callback in callbacks_of(entry, read=_read)
            if callback.type in wanted.get(callback.station, ())
        ]
        await put(connection, told, clock=self._clock)


async def put(connection: asyncpg.Connection, told: Sequence[Callback], *, clock: Clock) -> None:
    """Put callbacks at the ends of their stations' lines, in the transaction under way."""
    if not told:
        return
    await connection.execute(QUERIES["lock_lines"], sorted({each.station for each in told}))
    rows = [
        (each.id, each.station, each.line, each.type, each.status, write_callback(each))
        for each in {each.id: each for each in told}.values()
    ]
    made = await connection.fetch(
        QUERIES["insert_callbacks"],
        *(list(column) for column in zip(*rows, strict=True)),
        clock.real(),
    )
    for row in made:
        _MADE.labels(row["type"]).inc()


def _read(text: str) -> Event | None:
    try:
        return eventlog.from_text(text)
    except eventlog.UnknownTypeError as error:
        _UNREAD.inc()
        _log.warning("callback_event_unread", type=error.type)
        return None
