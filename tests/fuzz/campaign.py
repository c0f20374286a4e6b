"""How much is tried, and from which seed: `FUZZ_EXAMPLES=20` tries twenty times as much.

`FUZZ_SEED` picks the inputs; the same seed gives the same ones.
"""

import os
import random
import zlib

FACTOR = max(1, int(os.environ.get("FUZZ_EXAMPLES") or 1))
SEED = int(os.environ.get("FUZZ_SEED") or 115)
LONGEST_SECONDS = 90 + 30 * FACTOR
"""For one test; they are sized to take a fraction of it."""


def times(usual: int) -> int:
    """How many inputs to try where `usual` are tried by default."""
    return usual * FACTOR


def seed_of(*names: str) -> int:
    """A seed of its own for everything that is named differently."""
    return zlib.crc32("/".join((str(SEED), *names)).encode())


def chance(*names: str) -> random.Random:
    """A generator of its own for everything that is named differently."""
    return random.Random(seed_of(*names))
