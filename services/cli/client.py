"""A caller of the public interfaces: HTTP with patience, and the live streams.

What may pass by itself is waited for, as long as the caller's patience lasts: an overloaded or
stopping service (429, 503), one that does not answer, and, where asked, an incident that is not
open yet. Every request here may be repeated: alerts carry their reference, acts an idempotency key.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import aiohttp

from services.cli.answers import (
    Accepted,
    Acted,
    AwayError,
    ClientError,
    Json,
    Origins,
    RefusedError,
)
from services.cli.sse import Frame, read_frames
from services.runtime import codec
from services.runtime.clock import Clock, SystemClock
from services.runtime.ids import new_id

PATIENCE_SECONDS = 30.0
_ANSWER_SECONDS = 15.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_PASSING = frozenset({429, 502, 503, 504})
_ELSEWHERE = _PASSING - {429}  # who is asked too often stays, or the others are next
_SILENCE_SECONDS = 15.0  # three heartbeats
_NOT_YET_OPEN = "not-yet-open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request.

    Attributes:
        await_opening: Ask again while the incident is not open yet.
    """

    method: str
    path: str
    body: object = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    await_opening: bool = False


class Client:
    """One caller, known by its key. It shares its session with others and does not close it."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        origins: Origins,
        *,
        key: str,
        patience: float = PATIENCE_SECONDS,
        clock: Clock | None = None,
        spares: Sequence[Origins] = (),
    ) -> None:
        """Take what calls are made with.

        Args:
            session: Holds the connections; see `open_session`.
            origins: Where the services are.
            key: The API key.
            patience: Real seconds to go on asking for what may pass by itself.
            clock: What to wait with.
            spares: Where the same services are too; the next is turned to when one does not answer
                or stops.
        """
        self._session = session
        self._places = [origins, *spares]
        self._headers = {"Authorization": f"Bearer {key}"}
        self._patience = patience
        self._clock = clock or SystemClock()

    async def send_alert(self, alert: Mapping[str, object]) -> Accepted:
        """Report an alert; the body is that of `POST /v1/alerts`."""
        return _accepted(await self.ask(Ask(method="POST", path="/v1/alerts", body=alert)))

    async def send_batch(self, alerts: list[Json], *, sent_at: datetime) -> list[Accepted | Json]:
        """Report what a cut held back; gives the promise for each, or the problem with it."""
        body = {"sent_at": sent_at, "alerts": alerts}
        told = await self.ask(Ask(method="POST", path="/v1/alerts/batch", body=body))
        return [
            _accepted(result["accepted"]) if result["status"] == 202 else result["problem"]
            for result in told["results"]
        ]

    async def change_alert(self, alert: UUID, what: str, body: Mapping[str, object]) -> Accepted:
        """Send an update or a withdrawal of an alert: `what` is `updates` or `cancellation`."""
        path = f"/v1/alerts/{alert}/{what}"
        return _accepted(await self.ask(Ask(method="POST", path=path, body=body)))

    async def act(
        self,
        incident: UUID,
        verb: str,
        body: Mapping[str, object] | None = None,
        *,
        key: str | None = None,
        await_opening: bool = False,
    ) -> Acted:
        """Act on an incident.

        Args:
            incident: Which.
            verb: The last part of `POST /v1/incidents/{id}/<verb>`.
            body: Its body.
            key: The idempotency key; a fresh one if not given.
            await_opening: Wait for the incident to open.

        Raises:
            RefusedError: The service refuses it.
            AwayError: It did not answer in time; asking again with the same key is safe.
        """
        ask = Ask(
            method="POST",
            path=f"/v1/incidents/{incident}/{verb}",
            body=dict(body or {}),
            headers={"Idempotency-Key": key or str(new_id())},
            await_opening=await_opening,
        )
        return codec.decode(codec.encode(await self.ask(ask)), Acted)

    async def get(self, path: str, **query: str) -> Json:
        """Read something."""
        return await self.ask(Ask(method="GET", path=path, query=query))

    async def list_incidents(self, **query: str) -> AsyncIterator[Json]:
        """Give the public state of every incident a query of `GET /v1/incidents` finds."""
        after: str | None = None
        while True:
            page = {**query, "limit": "200"} | ({"after": after} if after else {})
            told = await self.get("/v1/incidents", **page)
            for incident in told["incidents"]:
                yield incident
            after = told["next"]
            if after is None:
                return

    async def put_directory(self, document: Mapping[str, object], *, dry_run: bool = False) -> Json:
        """Apply a directory, or only learn what would change."""
        query = {"dry_run": "true"} if dry_run else {}
        return await self.ask(Ask(method="PUT", path="/v1/directory", body=document, query=query))

    async def ask(self, ask: Ask) -> Json:
        """Send a request and give the JSON object it is answered with.

        Raises:
            RefusedError: It is answered with a problem that does not pass by itself, or goes on.
            AwayError: It was not answered for longer than the patience.
        """
        deadline = self._clock.monotonic() + self._patience
        pause = _FIRST_PAUSE
        while True:
            fault: ClientError
            origins = self._places[0]
            try:
                status, told, wait = await self._once(ask, origins)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                why = str(error) or type(error).__name__
                fault, wait = AwayError(f"{ask.method} {origins.of(ask.path)}: {why}"), None
                self._turn_from(origins)
            else:
                if status < 400:
                    return told
                fault = RefusedError(status, told, asked=f"{ask.method} {ask.path}")
                if not _passes(fault, ask):
                    raise fault
                if status in _ELSEWHERE:
                    self._turn_from(origins)
            wait = pause if wait is None else wait
            if self._clock.monotonic() + wait > deadline:
                raise fault
            await self._clock.sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def stream(self, path: str, *, after: int | None = None) -> AsyncIterator[Frame]:
        """Follow `/v1/centers/{id}/stream` or `/v1/teams/{id}/stream`, coming back when cut off.

        Heartbeats are given too. After a `resync` the caller reads the board anew.

        Raises:
            RefusedError: The stream is not for this caller.
            AwayError: It could not be had again for longer than the patience.
        """
        last, heard = after, self._clock.monotonic()
        while True:
            origins = self._places[0]
            try:
                async with self._open_stream(origins.of(path) + path, last) as answer:
                    await self._check_stream(answer, path)
                    async for frame in read_frames(answer.content.iter_any()):
                        heard = self._clock.monotonic()
                        last = last if frame.sequence is None else frame.sequence
                        yield frame
            except (aiohttp.ClientError, TimeoutError, OSError, _PutOffError) as error:
                if self._clock.monotonic() - heard > self._patience:
                    why = str(error) or type(error).__name__
                    raise AwayError(f"the stream {path} is gone: {why}") from error
                self._turn_from(origins)
            await self._clock.sleep(_FIRST_PAUSE)

    def _turn_from(self, origins: Origins) -> None:
        """Ask elsewhere from now on, unless another request of ours has turned already."""
        if self._places[0] is origins:
            self._places.append(self._places.pop(0))

    def _open_stream(self, url: str, last: int | None) -> "aiohttp.client._RequestContextManager":
        resumed = {} if last is None else {"Last-Event-ID": str(last)}
        return self._session.get(
            url,
            headers=self._headers | resumed,
            timeout=aiohttp.ClientTimeout(sock_connect=5, sock_read=_SILENCE_SECONDS),
        )

    async def _check_stream(self, answer: aiohttp.ClientResponse, path: str) -> None:
        if answer.status in _PASSING:
            raise _PutOffError(f"answered {answer.status}")
        if answer.status != 200:
            raise RefusedError(answer.status, await _object(answer), asked=f"GET {path}")

    async def _once(self, ask: Ask, origins: Origins) -> tuple[int, Json, float | None]:
        """Ask once; gives the status, the body, and for how long it is put off, if it says so."""
        headers = {**self._headers, **ask.headers}
        data = None
        if ask.body is not None:
            data, headers = codec.encode(ask.body), headers | {"Content-Type": "application/json"}
        async with (
            asyncio.timeout(_ANSWER_SECONDS),
            self._session.request(
                ask.method,
                origins.of(ask.path) + ask.path,
                data=data,
                params=dict(ask.query),
                headers=headers,
            ) as answer,
        ):
            after = answer.headers.get("Retry-After", "")
            wait = float(after) if after.isdecimal() else None
            return answer.status, await _object(answer), wait


class _PutOffError(Exception):
    """A stream was not opened now and may be a little later."""


def open_session() -> aiohttp.ClientSession:
    """Open what holds the connections of any number of callers; to be used as a context."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


async def _object(answer: aiohttp.ClientResponse) -> Json:
    """Read a JSON object; anything else stands as its `detail`."""
    body = await answer.read()
    try:
        told: Json = codec.decode(body, dict)
    except codec.DecodeError:
        return {"detail": body[:200].decode(errors="replace")}
    return told


def _passes(fault: RefusedError, ask: Ask) -> bool:
    """Whether a refusal may pass by itself."""
    if fault.status in _PASSING:
        return True
    return ask.await_opening and fault.status == 404 and fault.kind == _NOT_YET_OPEN


def _accepted(told: Json) -> Accepted:
    return codec.decode(codec.encode(told), Accepted)
