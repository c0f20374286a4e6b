"""Plants one fault in a service, to see that the checker finds it; the product knows nothing of it.

Python runs this at its start where the folder is on PYTHONPATH. `D115_PLANTED` names the fault.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

SECOND = timedelta(seconds=1)


def relay_that_deletes_unpublished() -> None:
    """Every sixth round deletes its rows and publishes nothing."""
    from services.runtime.relay import Relay

    class Silent:
        async def send_all(self, records: list[object], **_: object) -> list[None]:
            return [None] * len(records)

    carry, rounds = Relay._carry, count(1)

    async def planted(relay: Any) -> Any:  # noqa: ANN401  # a relay, and what its round gives
        true = relay._producer
        if next(rounds) % 6 == 0:
            relay._producer = Silent()
        try:
            return await carry(relay)
        finally:
            relay._producer = true

    setattr(Relay, "_carry", planted)  # noqa: B010  # not for the type checker to follow


def consumer_that_moves_on_before_its_effects() -> None:
    """Every eighth alert is passed by: its position is stored, its effects are not."""
    from services.dispatcher.consumer import AlertConsumer

    apply, records_seen = AlertConsumer.apply, count(1)

    async def planted(consumer: Any, connection: Any, records: list[Any]) -> None:  # noqa: ANN401  # as above
        kept = [record for record in records if next(records_seen) % 8]
        await apply(consumer, connection, kept)

    setattr(AlertConsumer, "apply", planted)  # noqa: B010  # as above


def consumer_that_knows_no_retry() -> None:
    """An alert that comes a second time is taken for another one."""
    from services.dispatcher.handlers import alerts

    assert hasattr(alerts, "is_retry")
    setattr(alerts, "is_retry", lambda *_, **__: False)  # noqa: B010  # as above


def stream_that_skips_a_number() -> None:
    """Every thirtieth frame is counted as told, and is not."""
    from services.dispatcher.stream import Hub

    tell, frames = Hub._tell, count(1)

    def planted(hub: Any, reader: Any, sequence: int, data: bytes) -> None:  # noqa: ANN401  # as above
        if next(frames) % 30 == 0:
            reader.position = sequence
        else:
            tell(hub, reader, sequence, data)

    setattr(Hub, "_tell", planted)  # noqa: B010  # as above


def verdict_a_second_off() -> None:
    """Acknowledgements are judged a second later than they were."""
    from services.notifier.handlers import judging

    judge = getattr(judging, "judge")  # noqa: B009  # as above

    def planted(*given: Any, **named: Any) -> Any:  # noqa: ANN401  # as above
        return tuple(
            replace(each, end=each.end + SECOND, seconds=each.seconds + 1)
            if each.leg == "acknowledge" and each.end is not None and each.seconds is not None
            else each
            for each in judge(*given, **named)
        )

    setattr(judging, "judge", planted)  # noqa: B010  # as above


def act_that_is_answered_and_not_kept() -> None:
    """Every twelfth act is answered with ok, and nothing of it is written."""
    from services.dispatcher.adapters.store import PostgresWork

    save, acts = PostgresWork._save, count(1)

    async def planted(work: Any, changes: Any, **named: Any) -> bool:  # noqa: ANN401  # as above
        if named.get("answer") is not None and next(acts) % 12 == 0:
            return True
        return bool(await save(work, changes, **named))

    setattr(PostgresWork, "_save", planted)  # noqa: B010  # as above


PLANTED: dict[str, tuple[str, Callable[[], None]]] = {
    "relay": ("dispatcher", relay_that_deletes_unpublished),
    "consumer": ("dispatcher", consumer_that_moves_on_before_its_effects),
    "retry": ("dispatcher", consumer_that_knows_no_retry),
    "stream": ("dispatcher", stream_that_skips_a_number),
    "verdict": ("notifier", verdict_a_second_off),
    "act": ("dispatcher", act_that_is_answered_and_not_kept),
}
"""Each fault with the service it is planted in."""

if (_named := os.environ.get("D115_PLANTED")) is not None:
    _service, _plant = PLANTED[_named]
    if f"services.{_service}" in sys.orig_argv:
        _plant()
        sys.stderr.write(f"planted: {_named}\n")
