"""Passwords, hashed with argon2id (RFC 9106, the second recommended set) beside the event loop."""

import asyncio
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from typing_extensions import override

from services.dispatcher.handlers.sessions import Hasher
from services.runtime.ids import new_secret

AT_ONCE = 2
"""Each takes 64 MiB and a core for a while: more at once would only be slower together."""


class Argon2Hasher(Hasher):
    """Hashes with the library's defaults, which are RFC 9106's for little memory."""

    def __init__(self, *, cheap: bool = False) -> None:
        """Begin; `cheap` is for tests, which sign in by the hundred."""
        self._hasher = PasswordHasher(1, 8, 1) if cheap else PasswordHasher()
        self._room = asyncio.Semaphore(AT_ONCE)

    @override
    async def hash(self, password: str) -> str:
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password)

    @override
    async def verify(self, hash_: str | None, password: str) -> bool:
        async with self._room:
            right = await asyncio.to_thread(self._verify, hash_ or self._nobodys, password)
        return right and hash_ is not None

    @cached_property
    def _nobodys(self) -> str:
        """Verified where there is no account, so that the time does not tell."""
        return self._hasher.hash(new_secret())

    def _verify(self, hash_: str, password: str) -> bool:
        try:
            return self._hasher.verify(hash_, password)
        except (Argon2Error, InvalidHashError):
            return False
