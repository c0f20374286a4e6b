"""The only maker of random ids and keys. Ids of given parts (UUIDv5) are pure: any place may."""

import secrets
import threading
from datetime import timedelta
from uuid import UUID

from services.runtime.clock import EPOCH, SystemClock

_CLOCK = SystemClock()
_LOCK = threading.Lock()
_MICROSECOND = timedelta(microseconds=1)
_latest = 0


def new_id() -> UUID:
    """Return a UUIDv7 of the real time; ids of one process sort in the order they were made.

    RFC 9562, 5.7, with the twelve bits of `rand_a` holding the fraction of the millisecond
    (method 3 of 6.2), and counting on where the clock stood still or went back.
    """
    global _latest  # noqa: PLW0603  # the order of ids is a property of the process
    milliseconds, rest = divmod((_CLOCK.real() - EPOCH) // _MICROSECOND, 1000)
    with _LOCK:
        _latest = max((milliseconds << 12) | (rest * 4096 // 1000), _latest + 1)
        stamp = _latest
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64
    return UUID(int=value | 0b10 << 62 | secrets.randbits(62))


def new_secret() -> str:
    """Return 256 random bits as 43 characters of unpadded base64url."""
    return secrets.token_urlsafe(32)


def random_bytes(count: int) -> bytes:
    """Return random bytes fit for a nonce or a key."""
    return secrets.token_bytes(count)
