"""Keys that are made before there is an instance: for sealing, and for the first admin."""

import base64

from services.runtime.auth import hash_key, new_key
from services.runtime.ids import random_bytes
from services.runtime.vault import KEY_BYTES

ADMIN = "admin"


def new_data_key(key_id: str) -> str:
    """Make a key that personal data is sealed with, as an entry of `D115_DATA_KEYS`."""
    return f"{key_id}:{base64.b64encode(random_bytes(KEY_BYTES)).decode()}"


def new_admin_key() -> tuple[str, str]:
    """Make the key that applies the first directory; returns it and `D115_ADMIN_KEY_SHA256`."""
    key, _ = new_key(ADMIN)
    return key, hash_key(key)
