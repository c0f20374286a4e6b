"""Posts signed webhooks (Standard Webhooks 1.0) to where the address guard lets them go.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from uuid import UUID

import aiohttp
import structlog
from standardwebhooks import Webhook
from yarl import URL

from services.runtime.clock import Clock
from services.runtime.failpoints import reach
from services.runtime.outgoing.guard import AddressRefusedError, Guard, Pinned
from services.runtime.outgoing.outcomes import Fault, Tried
from services.runtime.outgoing.signing import sign

SEND_SECONDS = 5.0
"""For one attempt whole: look-up, connection and the head of the answer."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one attempt sends.

    Attributes:
        id: The same in every attempt, so that the receiver knows a repeat.
        keys: What it is signed with, at least one.
    """

    id: UUID
    url: str = field(repr=False)  # it may hold a token
    body: str = field(repr=False)
    keys: Sequence[Webhook] = field(repr=False)


class Post:
    """Sends one letter over one connection of its own; a redirect is not followed."""

    def __init__(
        self, *, guard: Guard, clock: Clock, agent: str, tls: ssl.SSLContext | None = None
    ) -> None:
        self._guard = guard
        self._clock = clock
        self._agent = agent
        self._tls = tls

    async def send(self, letter: Letter) -> Tried:
        """Try once, within `SEND_SECONDS`; says what came of it and never raises for that."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await self._send(letter)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what this attempt came to
            fault = _fault_of(error)
            if fault is Fault.INTERNAL:
                _log.error("webhook_failed", delivery=str(letter.id), exc_info=error)
            else:  # the type alone: what it says may repeat the address, which may hold a token
                why = type(error).__name__
                _log.info("webhook_unanswered", delivery=str(letter.id), fault=fault, why=why)
            return Tried(fault=fault)

    async def _send(self, letter: Letter) -> Tried:
        moment = self._clock.real()
        url = URL(letter.url)
        addresses = await self._guard.admit(url)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": self._agent,
            "webhook-id": str(letter.id),
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": sign(
                letter.keys, id_=str(letter.id), moment=moment, body=letter.body
            ),
        }
        async with (
            self._session(Pinned(addresses)) as session,
            session.post(
                url, data=letter.body.encode(), headers=headers, allow_redirects=False
            ) as answer,
        ):
            reach("during-webhook")  # the other side has it, and nobody here knows
            return Tried(status=answer.status, retry_after=self._retry_after(answer))

    def _session(self, resolver: Pinned) -> aiohttp.ClientSession:
        """Open a session whose connection is never used again; the answer's body is not read."""
        connector = aiohttp.TCPConnector(
            resolver=resolver,
            use_dns_cache=False,
            force_close=True,
            limit=1,
            ssl=self._tls or True,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # `send` bounds the whole
            auto_decompress=False,
            trust_env=False,  # a proxy would look the name up again
        )

    def _retry_after(self, answer: aiohttp.ClientResponse) -> float | None:
        """Read `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3); None if it is neither."""
        said = answer.headers.get("Retry-After", "").strip()
        if re.fullmatch(r"[0-9]{1,9}", said):
            return float(said)
        try:
            moment = parsedate_to_datetime(said)
        except ValueError:
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - self._clock.real()).total_seconds())


_FAULTS: tuple[tuple[tuple[type[Exception], ...], Fault], ...] = (
    ((TimeoutError,), Fault.TIMEOUT),
    ((aiohttp.ClientSSLError, ssl.SSLError), Fault.TLS),
    ((aiohttp.ClientResponseError, aiohttp.ServerDisconnectedError), Fault.BAD_ANSWER),
    ((aiohttp.ClientError, OSError, ValueError), Fault.UNREACHABLE),
)


def _fault_of(error: Exception) -> Fault:
    if isinstance(error, AddressRefusedError):
        return error.fault
    for kinds, fault in _FAULTS:
        if isinstance(error, kinds):
            return fault
    return Fault.INTERNAL
