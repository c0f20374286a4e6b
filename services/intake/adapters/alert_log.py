"""Makes messages safe: in Kafka, or, while it does not answer, in the spool.

One record a message, in a CloudEvents envelope, keyed by alert; the spool keeps it word for word.
The order within a key holds: while something of it waits in the spool, what is new waits behind it.
Only while Postgres is away is that not asked, since to be taken late would be worse than to be
taken out of order, which consumers bear.
"""

import asyncio
from collections.abc import Sequence

import structlog
from typing_extensions import override

from services.intake.adapters.circuit import Circuit
from services.intake.adapters.spool import Entry, Spool
from services.intake.ports import AlertLog, Message, NotSafeError, Safe, StoreAwayError
from services.runtime import codec, envelope, trace
from services.runtime.envelope import Envelope
from services.runtime.producer import Producer, RefusedError, Unavailable
from services.runtime.records import Record

SOURCE = "/intake"

_log = structlog.get_logger(__name__)

Outcome = Safe | NotSafeError


class SpooledAlertLog(AlertLog):
    """Appends to a topic, acknowledged by all in-sync replicas, or else to the spool."""

    def __init__(self, producer: Producer, *, topic: str, spool: Spool, circuit: Circuit) -> None:
        self._producer = producer
        self._topic = topic
        self._spool = spool
        self._circuit = circuit
        self._trying = False

    @override
    async def append(self, message: Message) -> Safe:
        (outcome,) = await self._append([self._entry(message)])
        if isinstance(outcome, NotSafeError):
            raise outcome
        return outcome

    @override
    async def append_all(self, messages: Sequence[Message]) -> list[Outcome]:
        return await self._append([self._entry(message) for message in messages])

    async def _append(self, entries: Sequence[Entry]) -> list[Outcome]:
        outcomes: list[Outcome | None] = [None] * len(entries)
        if self._circuit.holding and not self._circuit.away:
            await self._queue_up(entries, outcomes)
        tried = not self._circuit.away
        if tried:
            await self._send(entries, outcomes)
        await self._keep(entries, outcomes, tried=tried)
        return [outcome for outcome in outcomes if outcome is not None]

    def _entry(self, message: Message) -> Entry:
        return Entry(id=message.id, record=record_of(message, topic=self._topic))

    async def _queue_up(self, entries: Sequence[Entry], outcomes: list[Outcome | None]) -> None:
        """Keep those of keys that wait in the spool already: they go behind them."""
        try:
            kept = await self._spool.keep(entries, always=False)
        except StoreAwayError:
            return
        except NotSafeError as full:  # none was kept, and nobody knows which of them have to wait
            outcomes[:] = [full] * len(entries)
            return
        for index, done in enumerate(kept):
            if done:
                outcomes[index] = Safe.SPOOLED
                self._circuit.holding = True  # also if it was seen empty meanwhile

    async def _send(self, entries: Sequence[Entry], outcomes: list[Outcome | None]) -> None:
        """Send what has no outcome yet; what Kafka did not take in time is left without one."""
        left = [index for index, outcome in enumerate(outcomes) if outcome is None]
        if not left:
            return
        if not self._producer.connected:
            self._circuit.failed("not connected")
            return
        records = [entries[index].record for index in left]
        for index, fault in zip(left, await self._sent(records), strict=True):
            if fault is None:
                outcomes[index] = Safe.ACCEPTED
            elif isinstance(fault, RefusedError):
                _log.error("alert_log_refused", fault=str(fault))  # of us, not of the sender
                outcomes[index] = NotSafeError(str(fault))

    async def _sent(self, records: Sequence[Record]) -> Sequence[BaseException | None]:
        """Send records; the circuit learns of it."""
        faults: Sequence[BaseException | None] = [None]
        bound = asyncio.timeout(None)
        sending = self._circuit.began(bound)
        try:
            async with bound:
                try:
                    if len(records) == 1:
                        await self._producer.send(records[0])
                    else:
                        faults = await self._producer.send_all(records)
                finally:
                    self._circuit.ended(sending)
        except (Unavailable, RefusedError, TimeoutError) as error:
            faults = [error] * len(records)
        lost = next((fault for fault in faults if fault and not _is_refused(fault)), None)
        if lost is None:
            self._circuit.worked()
        elif not isinstance(lost, TimeoutError):  # else it was given up, and is known already
            self._circuit.ran_out(sending, str(lost))
        return faults

    async def _keep(
        self, entries: Sequence[Entry], outcomes: list[Outcome | None], *, tried: bool
    ) -> None:
        """Keep in the spool what has no outcome yet."""
        left = [index for index, outcome in enumerate(outcomes) if outcome is None]
        if not left:
            return
        outcome: Outcome = Safe.SPOOLED
        try:
            await self._spool.keep([entries[index] for index in left])
            self._circuit.holding = True
        except StoreAwayError as error:
            if not tried and not self._trying:
                await self._try(entries, outcomes)
            outcome = NotSafeError(str(error))
        except NotSafeError as full:
            outcome = full
        for index in left:
            outcomes[index] = outcomes[index] or outcome

    async def _try(self, entries: Sequence[Entry], outcomes: list[Outcome | None]) -> None:
        """Try Kafka although it is thought to be away: there is no spool. One request at a time."""
        self._trying = True
        try:
            await self._send(entries, outcomes)
        finally:
            self._trying = False


def record_of(message: Message, *, topic: str) -> Record:
    """Return a message as Kafka gets it, within the trace of the work in hand."""
    headers = envelope.build(
        Envelope(
            id=str(message.id),
            source=SOURCE,
            type=message.type,
            time=message.at,
            subject=str(message.alert),
            traceparent=trace.header(),
        )
    )
    return Record(
        topic=topic,
        key=str(message.alert),
        value=codec.encode(message.body),
        headers=headers,
    )


def _is_refused(fault: BaseException) -> bool:
    return isinstance(fault, RefusedError)
