"""An enterprise's own system: takes signed webhooks, and behaves as badly as it is told to."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum

from aiohttp import web

from loadtests.chaos.history import History, Kind
from services.runtime.clock import SystemClock

SECRET_NAME = "chaos"  # noqa: S105  # the name of one
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  # invented, and good for nothing else
_HANG_SECONDS = 20.0
_PRIVATE = "http://10.255.255.1/"
_CLOCK = SystemClock()


class Manner(StrEnum):
    """How it answers."""

    WELL = "well"
    HANGS = "hangs"
    FAILS = "fails"  # 500
    REDIRECTS = "redirects"  # to a private address


class Receiver:
    """Takes webhooks on a port of its own.

    Attributes:
        manner: How it answers from now on.
        taken: How often each `webhook-id` was answered with 200.
    """

    def __init__(self, history: History) -> None:
        """Take where each delivery is noted."""
        self._history = history
        self.manner = Manner.WELL
        self.taken: Counter[str] = Counter()
        self.port = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one delivery."""
        await request.read()
        delivery = request.headers.get("webhook-id", "")
        manner = self.manner
        said = {"delivery": delivery, "manner": manner.value}
        self._history.add(Kind.NOTE, "receiver", "webhook", said)
        if manner is Manner.HANGS:
            await _CLOCK.sleep(_HANG_SECONDS)
        if manner is Manner.FAILS:
            return web.Response(status=500)
        if manner is Manner.REDIRECTS:
            return web.Response(status=307, headers={"Location": _PRIVATE})
        self.taken[delivery] += 1
        return web.Response(status=200)


@asynccontextmanager
async def open_receiver(history: History) -> AsyncIterator[Receiver]:
    """Listen until the end."""
    receiver = Receiver(history)
    app = web.Application()
    app.router.add_post("/hook", receiver.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        receiver.port = runner.addresses[0][1]
        yield receiver
    finally:
        await runner.cleanup()
