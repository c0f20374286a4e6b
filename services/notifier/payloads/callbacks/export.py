"""A file of callbacks, to be carried over a boundary: one line of JSON each, after a signed header.

The header names how many lines follow and the SHA-256 of their bytes. It is signed as a callback
is (Standard Webhooks), with the station's secret: id, moment and body are those of the header.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from services.notifier.handlers.callbacks.desk import Told
from services.runtime import codec
from services.runtime.outgoing.signing import key_of, sign

FORMAT = "d115-callbacks/1"


def write_export(
    station: str, told: Sequence[Told], *, after: int, secrets: Sequence[str], now: datetime
) -> bytes:
    """Write a file.

    Args:
        station: Whose callbacks they are.
        told: In the order of their numbers.
        after: The number they follow.
        secrets: What signs, the newest first.
        now: Real time.
    """
    lines = b"".join(_line(one) for one in told)
    until = told[-1].sequence if told else after
    id_ = f"export/{station}/{after}/{until}"
    digest = hashlib.sha256(lines).hexdigest()
    body = f"{FORMAT}.{len(told)}.{digest}"
    header = {
        "format": FORMAT,
        "id": id_,
        "station": station,
        "after": after,
        "until": until,
        "count": len(told),
        "sha256": digest,
        "exported_at": now,
        "timestamp": int(now.timestamp()),
        "signature": sign([*map(key_of, secrets)], id_=id_, moment=now, body=body),
    }
    return codec.encode(header) + b"\n" + lines


def _line(one: Told) -> bytes:
    opening = codec.text({"sequence": one.sequence, "produced_at": one.produced_at})
    return f'{opening[:-1]},"callback":{one.body}}}\n'.encode()
