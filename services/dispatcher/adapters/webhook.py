"""Sends signed webhooks (Standard Webhooks 1.0) to where the address guard lets them go.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import re
import ssl
from datetime import UTC
from email.utils import parsedate_to_datetime

import aiohttp
import structlog
from typing_extensions import override
from yarl import URL

from services.dispatcher.adapters.addresses import AddressRefusedError, Guard, Pinned
from services.dispatcher.handlers.outcomes import Fault, Parcel, Tried
from services.dispatcher.handlers.outgoing import Post
from services.dispatcher.handlers.signing import Secrets
from services.runtime.clock import Clock
from services.runtime.failpoints import reach

SEND_SECONDS = 5.0
"""For one attempt whole: look-up, connection and the head of the answer."""

_log = structlog.get_logger(__name__)


class WebhookPost(Post):
    """Sends one parcel over one connection of its own."""

    def __init__(
        self,
        *,
        secrets: Secrets,
        guard: Guard,
        clock: Clock,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._secrets = secrets
        self._guard = guard
        self._clock = clock
        self._tls = tls

    @override
    async def send(self, parcel: Parcel) -> Tried:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await self._send(parcel)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what this attempt came to
            fault = _fault_of(error)
            if fault is Fault.INTERNAL:
                _log.error("webhook_failed", delivery=str(parcel.id), exc_info=error)
            else:  # the type alone: what it says may repeat the address, which may hold a token
                why = type(error).__name__
                _log.info("webhook_unanswered", delivery=str(parcel.id), fault=fault, why=why)
            return Tried(fault=fault)

    async def _send(self, parcel: Parcel) -> Tried:
        moment = self._clock.real()
        signature = self._secrets.sign(parcel.secret, parcel, moment)
        if signature is None:
            return Tried(fault=Fault.NO_SECRET)
        url = URL(parcel.url)
        addresses = await self._guard.admit(url)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "d115-dispatcher",
            "webhook-id": str(parcel.id),
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": signature,
        }
        async with (
            self._session(Pinned(addresses)) as session,
            session.post(
                url, data=parcel.body.encode(), headers=headers, allow_redirects=False
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
