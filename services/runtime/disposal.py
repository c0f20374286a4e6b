"""Gets rid of an aiokafka client within a bound, whether or not its broker answers.

aiokafka's own `stop` waits for the broker: a producer's until everything is acknowledged, a
consumer's until its group answers. While the broker hangs neither ends, and cancelling `stop`
leaves tasks and sockets behind. What does not stop in time is cut off here: its tasks are
cancelled, its connections closed.
"""

import asyncio
from typing import Any

import structlog
from aiokafka.client import AIOKafkaClient

_CANCEL_ROUNDS = 10  # some of aiokafka's tasks wait for others when first cancelled
_ROUND_SECONDS = 0.1
_CLOSE_SECONDS = 0.3

_log = structlog.get_logger(__name__)


async def dispose(kafka: Any, *, within: float) -> bool:  # noqa: ANN401  # aiokafka has no types
    """Stop an aiokafka producer or consumer in order, or else cut it off.

    Args:
        kafka: An AIOKafkaProducer or AIOKafkaConsumer, started or not.
        within: Real seconds for stopping in order; cutting it off takes some tenths more.

    Returns:
        Whether it stopped in order.
    """
    asked = _times_cancelled()
    try:
        async with asyncio.timeout(within):
            await kafka.stop()
    except asyncio.CancelledError as error:
        # aiokafka awaits tasks that it has just cancelled, and lets that out as if it were ours:
        # whoever disposes of a client would end with it.
        if _times_cancelled() > asked:
            raise
        fault: BaseException = error
    except Exception as error:  # noqa: BLE001  # whatever it says on the way out, it has to go
        fault = error
    else:
        return True
    _log.warning("kafka_client_cut_off", client=type(kafka).__name__, fault=repr(fault))
    await _cut_off(kafka)
    return False


def _times_cancelled() -> int:
    """How often somebody asked the running task to end."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


async def _cut_off(kafka: Any) -> None:  # noqa: ANN401  # aiokafka has no types
    parts = [part for part in (kafka, *vars(kafka).values()) if _is_aiokafkas(part)]
    for _ in range(_CANCEL_ROUNDS):
        tasks = _tasks_of(parts)
        if not tasks:
            break
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=_ROUND_SECONDS)
    for client in parts:
        if isinstance(client, AIOKafkaClient):
            await asyncio.wait([asyncio.ensure_future(client.close())], timeout=_CLOSE_SECONDS)


def _is_aiokafkas(part: object) -> bool:
    return type(part).__module__.startswith("aiokafka.")


def _tasks_of(parts: list[Any]) -> set["asyncio.Task[Any]"]:
    """Return the tasks that run a method of one of the parts, leaving out the one that asks."""
    found = set()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        frame = getattr(task.get_coro(), "cr_frame", None)
        if frame is not None and any(frame.f_locals.get("self") is part for part in parts):
            found.add(task)
    return found
