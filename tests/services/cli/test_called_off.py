"""A start that is called off ends its work, waits for it, and says nothing of how it failed."""

import asyncio
import gc
import threading
from typing import Any

import pytest

from services.cli.instance.service import _in_thread
from services.cli.stack.server import StackError


@pytest.mark.parametrize("times", [1, 2])
async def test_the_failure_of_work_that_was_called_off_is_no_noise(times: int) -> None:
    noise: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    began, cancel, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        cancel.wait(5)
        ended.set()
        raise StackError("called off")

    task = asyncio.create_task(_in_thread(work, cancel))
    await asyncio.to_thread(began.wait, 5)
    for _ in range(times):
        task.cancel()
        await asyncio.wait([task], timeout=0)
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()
    assert ended.is_set()
    del task
    for _ in range(3):
        await asyncio.to_thread(gc.collect)
    assert noise == []
