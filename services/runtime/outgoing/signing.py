"""What webhooks are signed with (Standard Webhooks 1.0): secrets from the settings, or made here.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from standardwebhooks import Webhook

SIGNING_KEYS = 2
SHORTEST_KEY, LONGEST_KEY = 24, 64  # bytes, as the standard asks

_NAME = re.compile(r"(?!whsec_)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PREFIX = "whsec_"


class Secrets:
    """The signing secrets by name; two of a name while a receiver changes over."""

    def __init__(self, signers: Mapping[str, tuple[Webhook, ...]]) -> None:
        self._signers = dict(signers)

    @classmethod
    def from_setting(cls, text: str) -> "Secrets":
        """Read `name:whsec_...,other:whsec_...|whsec_...`; empty knows none.

        Raises:
            ValueError: It has another form; the message names the secret, never its value.
        """
        signers: dict[str, tuple[Webhook, ...]] = {}
        for position, part in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
            name, colon, keys = part.partition(":")
            if not colon or not _NAME.fullmatch(name):
                raise ValueError(f"secret number {position} must read name:whsec_...")
            if name in signers:
                raise ValueError(f"secret {name!r} is there twice")
            signers[name] = _signers(name, keys.split("|"))
        return cls(signers)

    def find(self, name: str) -> tuple[Webhook, ...] | None:
        """Give the keys of a name; None if there is no such name."""
        return self._signers.get(name)

    def sign(self, name: str, *, id_: str, moment: datetime, body: str) -> str | None:
        """Sign a body with every key of a name; None if there is no such name."""
        keys = self._signers.get(name)
        return None if keys is None else sign(keys, id_=id_, moment=moment, body=body)


def sign(keys: Sequence[Webhook], *, id_: str, moment: datetime, body: str) -> str:
    """Sign a body with every key, so that a receiver may change from one to the other.

    Args:
        keys: What to sign with, at least one.
        id_: The same in every attempt.
        moment: Of this attempt. Aware and in UTC: the library takes any other zone's hours for UTC.
        body: As it is sent.
    """
    return " ".join(key.sign(id_, moment, body) for key in keys)


def key_of(secret: str) -> Webhook:
    """Read a secret that was made here.

    Raises:
        ValueError: It is none.
    """
    return Webhook(_key_bytes("of a callback", secret))


def write_secret(key: bytes) -> str:
    """Write a key as its receiver is told it: `whsec_` and base64."""
    return _PREFIX + base64.b64encode(key).decode()


def _signers(name: str, keys: list[str]) -> tuple[Webhook, ...]:
    if len(keys) > SIGNING_KEYS:
        raise ValueError(f"secret {name!r} has {len(keys)} keys; at most {SIGNING_KEYS} may sign")
    return tuple(Webhook(_key_bytes(name, key)) for key in keys)


def _key_bytes(name: str, key: str) -> bytes:
    wrong = f"secret {name!r} must read {_PREFIX} and base64"
    if not key.startswith(_PREFIX):
        raise ValueError(wrong)
    try:
        found = base64.b64decode(key.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise ValueError(wrong) from None  # what it says may repeat the key
    if not SHORTEST_KEY <= len(found) <= LONGEST_KEY:
        raise ValueError(f"secret {name!r} must have {SHORTEST_KEY} to {LONGEST_KEY} bytes")
    return found
