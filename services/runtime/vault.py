"""Seals personal data with AES-256-GCM, and makes keyed digests of it.

A sealed text reads `<key id>.<nonce>.<ciphertext>`, the last two in base64url. The context it was
sealed in (whose it is, which field) is authenticated with it, so that a sealed text moved elsewhere
does not open. The last key of the setting seals, every one of it opens.

Digests must stay comparable when keys are rotated, so their key is derived (HKDF) from the *first*
key of the setting: adding others behind it retires it from sealing, but it must keep its place for
as long as digests are compared.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.runtime.ids import random_bytes

KEY_BYTES = 32
NONCE_BYTES = 12
_DIGEST_PURPOSE = b"d115 digest of personal data, version 1"


class VaultError(Exception):
    """Something sealed cannot be opened."""


class UnknownKeyError(VaultError):
    """It was sealed with a key that this process was not given."""


class TamperedError(VaultError):
    """It is not what was sealed, or not in the context it was sealed in."""


class KeySettingError(ValueError):
    """The setting of keys is not well-formed; the message never holds a key."""


class Vault:
    """Seals, opens and digests."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Take keys by id, oldest first."""
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._newest = list(keys)[-1]
        first = next(iter(keys.values()))
        self._digest_key = HKDF(SHA256(), KEY_BYTES, salt=None, info=_DIGEST_PURPOSE).derive(first)

    @classmethod
    def from_setting(cls, setting: str) -> "Vault":
        """Read `id:base64,id:base64`, the newest key last.

        Raises:
            KeySettingError: A part has another form, a key is not 32 bytes, an id is there twice.
        """
        keys: dict[str, bytes] = {}
        for number, part in enumerate(setting.split(","), start=1):
            key_id, colon, encoded = part.strip().partition(":")
            if not colon or not key_id.isalnum():
                raise KeySettingError(f"data key {number} must read id:base64, with a plain id")
            if key_id in keys:
                raise KeySettingError(f"data key id {key_id} is there twice")
            keys[key_id] = _key(key_id, encoded)
        return cls(keys)

    def seal(self, data: bytes, context: str) -> str:
        """Return data sealed with the newest key, to be opened in the same context only."""
        nonce = random_bytes(NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, data, context.encode())
        return f"{self._newest}.{_text(nonce)}.{_text(sealed)}"

    def open(self, sealed: str, context: str) -> bytes:
        """Return what was sealed.

        Raises:
            UnknownKeyError: Its key was not given.
            TamperedError: It was changed, or sealed in another context.
        """
        key_id, _, rest = sealed.partition(".")
        nonce, _, ciphertext = rest.partition(".")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise UnknownKeyError(f"no data key {key_id[:32]!r}")
        try:
            return cipher.decrypt(_bytes(nonce), _bytes(ciphertext), context.encode())
        except (InvalidTag, ValueError) as error:
            raise TamperedError(f"not sealed in the context {context!r}, or changed") from error

    def digest(self, data: bytes) -> str:
        """Return the keyed digest (HMAC-SHA256) of data, as 64 hex digits; rotation keeps it."""
        return hmac.new(self._digest_key, data, hashlib.sha256).hexdigest()


def _key(key_id: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise KeySettingError(f"data key {key_id} is not base64") from error
    if len(key) != KEY_BYTES:
        raise KeySettingError(f"data key {key_id} has {len(key)} bytes, not {KEY_BYTES}")
    return key


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
