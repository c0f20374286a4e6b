"""The gate before the routes: who comes in, how many at once, how long a body may be.

Nothing of a body is read before its sender is known and let in. Plain ASGI, because most of what
comes under overload ends here.
"""

import asyncio
from contextlib import ExitStack, suppress

from prometheus_client import Counter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from incident.alert import OrganisationId, Source
from services.intake.api.problems import problem_of
from services.intake.handlers.directory import DirectoryCopy
from services.intake.handlers.refusals import RefusedError
from services.intake.handlers.reports import Sender
from services.intake.overload import Admission, ShedError
from services.runtime.auth import Authenticator, Key, Principal, Role, require
from services.runtime.clock import Clock
from services.runtime.guards import BodyLimit
from services.runtime.problems import Problem

BATCH = "/v1/alerts/batch"
ALERT_BYTES = 64 * 1024
BATCH_BYTES = 4 * 1024 * 1024
BATCH_SECONDS = 30.0

SOURCES = {Role.STATION: Source.STATION, Role.OPERATOR: Source.CENTER, Role.CHIEF: Source.CENTER}
"""Who may report, and as what."""

DRAIN_BYTES = 8 * 1024 * 1024
DRAIN_SECONDS = 1.0

_CUT_OFF = {408: "request-timeout", 413: "too-large"}
_READING = {"GET", "HEAD", "OPTIONS"}

_REFUSED = Counter(
    "d115_intake_refused_total", "Requests and entries of batches not taken.", ["problem"]
)


def count_refused(problem: Problem) -> None:
    """Count what is answered with a problem."""
    _REFUSED.labels(problem.kind).inc()


class Gate:
    """Lets requests in, and puts their sender beside them as `state.sender`."""

    def __init__(
        self, app: ASGIApp, *, directory: DirectoryCopy, admission: Admission, clock: Clock
    ) -> None:
        self._app = app
        self._alerts = BodyLimit(app, ALERT_BYTES)
        self._batches = BodyLimit(app, BATCH_BYTES, BATCH_SECONDS)
        self._directory = directory
        self._admission = admission
        self._authenticator = Authenticator(self._find_key, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] != "http" or scope["method"] in _READING:
            await self._app(scope, receive, send)
            return
        with ExitStack() as places:
            try:
                sender = self._let_in(scope, places)
            except (Problem, RefusedError, ShedError) as error:
                problem = error if isinstance(error, Problem) else problem_of(error)
                count_refused(problem)
                await problem.response(scope["path"])(scope, receive, send)
                return
            scope.setdefault("state", {})["sender"] = sender
            within = self._batches if scope["path"] == BATCH else self._alerts
            body = _Body(receive, send)
            await within(scope, body.receive, body.send)

    def _let_in(self, scope: Scope, places: ExitStack) -> Sender:
        """Say who sends, or why that one is not let in.

        Raises:
            Problem: It has no good key, the wrong role, or no JSON.
            ShedError: There is no room.
            NoDirectoryError: Nobody is known yet.
        """
        headers = dict(scope["headers"])
        caller = self._identify(headers.get(b"authorization", b"").decode("latin-1"))
        require(caller, *SOURCES)
        places.enter_context(self._admission.entered(caller.organisation))
        if scope["path"] == BATCH:
            places.enter_context(self._admission.batching(caller.organisation))
        _check_media_type(headers.get(b"content-type", b"").decode("latin-1"))
        return Sender(organisation=OrganisationId(caller.organisation), source=SOURCES[caller.role])

    def _identify(self, authorization: str) -> Principal:
        _ = self._directory.lookup  # without a directory no key is known, good or bad
        scheme, _, key = authorization.partition(" ")
        return self._authenticator.identify(key.strip() if scheme.lower() == "bearer" else None)

    def _find_key(self, key_id: str) -> Key | None:
        return self._directory.lookup.key(key_id)


def _check_media_type(given: str) -> None:
    media_type, _, parameters = given.partition(";")
    charset = parameters.replace(" ", "").lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() != "application/json" or charset not in {"", "utf-8", "utf8"}:
        detail = "The body must be application/json in UTF-8."
        raise Problem(415, "unsupported-media-type", detail, field="Content-Type")


class _Body:
    """A body on its way in, and what becomes of one that is refused for its length or its pace."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._ended = False

    async def receive(self) -> Message:
        """Give the next part."""
        message = await self._receive()
        self._ended = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Count a refusal; let a sender end its body, lest the answer be lost with the connection.

        A connection that is closed while data comes is reset, and the reset overtakes the answer.
        """
        problem = _CUT_OFF.get(message.get("status", 0))
        if problem is not None:
            _REFUSED.labels(problem).inc()
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_SECONDS):
                    await self._drain()
        await self._send(message)

    async def _drain(self) -> None:
        left = DRAIN_BYTES
        while left > 0 and not self._ended:
            left -= len((await self.receive()).get("body", b""))
