"""The alert log in Kafka: one record a message, in a CloudEvents envelope, keyed by alert."""

from collections.abc import Sequence

import structlog
from typing_extensions import override

from services.intake.ports import AlertLog, Message, NotSafeError
from services.runtime import codec, envelope, trace
from services.runtime.envelope import Envelope
from services.runtime.producer import Producer, RefusedError, Unavailable
from services.runtime.records import Record

SOURCE = "/intake"

_log = structlog.get_logger(__name__)


class KafkaAlertLog(AlertLog):
    """Appends to a topic through a producer that waits for all in-sync replicas."""

    def __init__(self, producer: Producer, *, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    @override
    async def append(self, message: Message) -> None:
        try:
            await self._producer.send(self._record(message))
        except (Unavailable, RefusedError) as error:
            raise _not_safe(error) from error

    @override
    async def append_all(self, messages: Sequence[Message]) -> list[NotSafeError | None]:
        outcomes = await self._producer.send_all([self._record(message) for message in messages])
        return [None if outcome is None else _not_safe(outcome) for outcome in outcomes]

    def _record(self, message: Message) -> Record:
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
            topic=self._topic,
            key=str(message.alert),
            value=codec.encode(message.body),
            headers=headers,
        )


def _not_safe(error: BaseException) -> NotSafeError:
    if isinstance(error, RefusedError):
        _log.error("alert_log_refused", fault=str(error))  # of us, not of the sender
    return NotSafeError(str(error))
