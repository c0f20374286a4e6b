"""The links by which a message is acknowledged: signed, for one message, good for a while.

A token is base64url of the message's id (16 bytes), the second it expires at (5 bytes) and the
first 16 bytes of HMAC-SHA256 over both, with a key of the settings. It names no person, and says
nothing of the incident.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

PATH = "/r/"
SHORTEST_KEY = 32
_PURPOSE = b"d115 reply link, version 1\0"
_ID, _TIME, _MAC = 16, 5, 16


class LinkFault(StrEnum):
    """Why a link is not followed."""

    MALFORMED = "malformed"
    FORGED = "forged"
    EXPIRED = "expired"


class LinkError(Exception):
    """A token is none of ours, or no more good."""

    def __init__(self, fault: LinkFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Makes links and reads them."""

    url: str
    key: bytes

    def link(self, message: UUID, *, until: datetime) -> str:
        """Give the link of a message, good until a real moment."""
        body = message.bytes + int(until.timestamp()).to_bytes(_TIME, "big")
        token = base64.urlsafe_b64encode(body + self._mac(body)).rstrip(b"=").decode()
        return f"{self.url.rstrip('/')}{PATH}{token}"

    def read(self, token: str, *, real: datetime) -> UUID:
        """Give the message a token is for.

        Raises:
            LinkError: It has another form, another signature, or its time is over.
        """
        try:
            found = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise LinkError(LinkFault.MALFORMED) from None
        if len(found) != _ID + _TIME + _MAC:
            raise LinkError(LinkFault.MALFORMED)
        body, mac = found[:-_MAC], found[-_MAC:]
        if not hmac.compare_digest(mac, self._mac(body)):
            raise LinkError(LinkFault.FORGED)
        if real >= datetime.fromtimestamp(int.from_bytes(body[_ID:], "big"), UTC):
            raise LinkError(LinkFault.EXPIRED)
        return UUID(bytes=body[:_ID])

    def _mac(self, body: bytes) -> bytes:
        return hmac.new(self.key, _PURPOSE + body, hashlib.sha256).digest()[:_MAC]
