"""A body that does not come in its time."""

import asyncio

import pytest
from starlette.types import Message

from services.intake.api.body import read_body
from services.runtime.problems import Problem


async def test_after_a_body_that_did_not_come_the_connection_is_closed() -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(Problem) as refused:
        await read_body(receive, declared=b"10", limit=100, seconds=0)
    assert refused.value.status == 408
    assert refused.value.headers == {"Connection": "close"}
