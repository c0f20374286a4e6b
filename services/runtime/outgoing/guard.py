"""The address guard of outgoing requests: where a webhook may go, looked up once and pinned.

An address is written by whoever edits the directory or registers a callback, and the request leaves
from inside the park's network. So the name is looked up here, every address it leads to is judged,
and the connection is made to exactly those; no second look-up can lead elsewhere.
"""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override
from yarl import URL

from services.runtime.outgoing.addresses import Address, Allowed
from services.runtime.outgoing.outcomes import Fault

LOOKUPS = 32
"""Look-ups at once, those included that nobody waits for any more."""

LookUp = Callable[[str], Awaitable[Sequence[Address]]]
"""Gives the addresses of a host; raises OSError where there are none."""


class AddressRefusedError(Exception):
    """A webhook's address leads where it may not.

    Attributes:
        fault: Why; the address itself is not repeated.
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Guard:
    """Judges addresses before anything is sent to them."""

    def __init__(self, allowed: Allowed, *, look_up: LookUp | None = None) -> None:
        self._allowed = allowed
        self._look_up = look_up or LookUps().find

    async def admit(self, url: URL) -> tuple[Address, ...]:
        """Look an address up and judge every address it leads to.

        Returns:
            The addresses to connect to, and to no others.

        Raises:
            AddressRefusedError: One of them leads where it may not, or it is not https.
            OSError: The host has no address.
        """
        host = (url.raw_host or "").rstrip(".").lower()
        found = tuple(await self._look_up(host))
        if not found:
            raise OSError("the host has no address")
        fault = self._allowed.judge(host, found, is_tls=url.scheme == "https")
        if fault is not None:
            raise AddressRefusedError(fault)
        return found


class LookUps:
    """Looks hosts up in threads that nothing waits for at the end.

    The loop's own threads are shared with every connection that is made by name, and are waited
    for when the process stops: a name server that does not answer would hold up both.
    """

    def __init__(self, most: int = LOOKUPS) -> None:
        self._free = threading.BoundedSemaphore(most)

    async def find(self, host: str) -> list[Address]:
        """Give the addresses of a host.

        Raises:
            OSError: It has none, or too many look-ups are under way.
        """
        if not self._free.acquire(blocking=False):
            raise OSError("too many look-ups are under way")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Address]] = loop.create_future()
        thread = threading.Thread(
            target=self._ask, args=(host, loop, answer), name="webhook-lookup", daemon=True
        )
        thread.start()
        return await answer

    def _ask(
        self,
        host: str,
        loop: asyncio.AbstractEventLoop,
        answer: "asyncio.Future[list[Address]]",
    ) -> None:
        found, fault = list[Address](), None
        try:
            found = _addresses(host)
        except (OSError, ValueError) as error:  # a label too long is a ValueError
            fault = OSError(type(error).__name__)
        finally:
            self._free.release()
        try:
            loop.call_soon_threadsafe(_tell, answer, found, fault)
        except RuntimeError:
            return  # the loop is gone, and whoever waited with it


def _addresses(host: str) -> list[Address]:
    infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [ip_address(str(info[4][0])) for info in infos]


def _tell(
    answer: "asyncio.Future[list[Address]]", found: list[Address], fault: OSError | None
) -> None:
    if answer.done():  # nobody waits any more
        return
    if fault is None:
        answer.set_result(found)
    else:
        answer.set_exception(fault)


class Pinned(AbstractResolver):
    """Answers with the addresses that were judged, whatever the name would lead to by now."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._addresses = addresses

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    @override
    async def close(self) -> None:
        pass
