"""An alert log in memory that can be away or slow."""

import asyncio
from collections.abc import Sequence

from typing_extensions import override

from services.intake.ports import AlertLog, Message, NotSafeError, Safe


class FakeAlertLog(AlertLog):
    """Keeps messages.

    Attributes:
        messages: What was appended, in order.
        away: Whether it confirms nothing; nothing is kept then.
        fault: What it says while it is away.
        safe: Where what it keeps is safe.
        open: Clear it to hold messages back until it is set again.
        waiting: How many messages are held back.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.away = False
        self.fault: type[NotSafeError] = NotSafeError
        self.safe = Safe.ACCEPTED
        self.open = asyncio.Event()
        self.open.set()
        self.waiting = 0

    @override
    async def append(self, message: Message) -> Safe:
        self.waiting += 1
        await self.open.wait()
        self.waiting -= 1
        if self.away:
            raise self.fault("away")
        self.messages.append(message)
        return self.safe

    @override
    async def append_all(self, messages: Sequence[Message]) -> list[Safe | NotSafeError]:
        return [await self._outcome(message) for message in messages]

    async def _outcome(self, message: Message) -> Safe | NotSafeError:
        try:
            return await self.append(message)
        except NotSafeError as error:
            return error
