"""The ends of all chains and the digests taken of them, for whoever checks the log from outside."""

from collections.abc import Sequence
from typing import Protocol

from incident.alert import IncidentId
from incident.chain import Head
from services.dispatcher.handlers.housekeeping import Digest


class Ledger(Protocol):
    """Where heads and digests are read, without locks."""

    async def list_heads(self, *, after: IncidentId | None, limit: int) -> Sequence[Head]:
        """Give the head of each incident's chain as it stands, in the order of their ids."""
        ...

    async def list_digests(self, *, after: int, limit: int) -> Sequence[Digest]:
        """Give the digests taken, oldest first, behind a sequence number."""
        ...
