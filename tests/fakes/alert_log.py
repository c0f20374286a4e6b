"""An alert log in memory that can be away or slow."""

import asyncio
from collections.abc import Sequence

from typing_extensions import override

from services.intake.ports import AlertLog, Message, NotSafeError


class FakeAlertLog(AlertLog):
    """Keeps messages.

    Attributes:
        messages: What was appended, in order.
        away: Whether it confirms nothing; nothing is kept then.
        open: Clear it to hold messages back until it is set again.
        waiting: How many messages are held back.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.away = False
        self.open = asyncio.Event()
        self.open.set()
        self.waiting = 0

    @override
    async def append(self, message: Message) -> None:
        self.waiting += 1
        await self.open.wait()
        self.waiting -= 1
        if self.away:
            raise NotSafeError("away")
        self.messages.append(message)

    @override
    async def append_all(self, messages: Sequence[Message]) -> list[NotSafeError | None]:
        return [await self._outcome(message) for message in messages]

    async def _outcome(self, message: Message) -> NotSafeError | None:
        try:
            await self.append(message)
        except NotSafeError as error:
            return error
        return None
