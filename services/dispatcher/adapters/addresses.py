"""The address guard of outgoing requests: where a webhook may go, looked up once and pinned.

A webhook's address is written by whoever edits the directory, and the request leaves from inside
the park's network. So the name is looked up here, every address it leads to is judged, and the
connection is made to exactly those; no second look-up can lead elsewhere.
"""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override
from yarl import URL

from services.dispatcher.handlers.deliveries import Fault

LOOKUPS = 32
"""Look-ups at once, those included that nobody waits for any more."""

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
LookUp = Callable[[str], Awaitable[Sequence[Address]]]
"""Gives the addresses of a host; raises OSError where there are none."""

_FORBIDDEN = tuple(
    ip_network(network)
    for network in (
        "100.100.100.200/32",  # metadata of Alibaba Cloud
        "168.63.129.16/32",  # host services of Azure
        "192.0.0.0/24",  # protocol assignments, among them metadata of Oracle Cloud
        "192.88.99.0/24",  # relays of 6to4, abandoned
        "fd00:ec2::/32",  # metadata of AWS
        "2001::/32",  # Teredo hides another address inside
    )
)
_SITE_LOCAL = IPv6Network("fec0::/10")
_NAT64 = IPv6Network("64:ff9b::/96")


class Reach(Enum):
    """Where an address leads.

    Attributes:
        PUBLIC: To the internet.
        INSIDE: To this machine or a private network.
        FORBIDDEN: To where no webhook is: metadata services, link-local, multicast, unassigned.
    """

    PUBLIC = auto()
    INSIDE = auto()
    FORBIDDEN = auto()


class AddressRefusedError(Exception):
    """A webhook's address leads where it may not.

    Attributes:
        fault: Why; the address itself is not repeated.
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def reach_of(address: Address) -> Reach:
    """Say where an address leads, looking into those that hold another one."""
    if isinstance(address, IPv6Address) and (inner := _embedded(address)) is not None:
        return reach_of(inner)
    if any(address in network for network in _FORBIDDEN):
        return Reach.FORBIDDEN
    if address.is_loopback or address in _SITE_LOCAL:
        return Reach.INSIDE
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return Reach.FORBIDDEN
    if address.is_reserved:
        return Reach.FORBIDDEN
    return Reach.PUBLIC if address.is_global else Reach.INSIDE


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a mapped, 6to4 or NAT64 address stands for."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


class Allowed:
    """Hosts and networks a webhook may reach although they are not public, also without TLS.

    A host by name may be inside; what is forbidden takes its network to be named.
    """

    def __init__(self, names: frozenset[str], networks: tuple[Network, ...]) -> None:
        self.names = names
        self._networks = networks

    @classmethod
    def from_setting(cls, text: str) -> "Allowed":
        """Read `host,10.0.0.0/8,...`; empty allows nothing beside the public.

        Raises:
            ValueError: A part is neither a host's name nor an address or network.
        """
        names, networks = set[str](), list[Network]()
        for part in filter(None, (part.strip().lower() for part in text.split(","))):
            try:
                networks.append(ip_network(part))
            except ValueError:
                if not _is_name(part):
                    raise ValueError(f"{part!r} is neither a host nor a network") from None
                names.add(part.rstrip("."))
        return cls(frozenset(names), tuple(networks))

    def covers(self, address: Address) -> bool:
        """Whether an address lies in a network that is named."""
        return any(address in network for network in self._networks)


def _is_name(text: str) -> bool:
    labels = text.rstrip(".").split(".")
    plain = all(label.replace("-", "").replace("_", "").isalnum() for label in labels)
    return plain and text.isascii() and any(map(str.isalpha, labels[-1]))


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
        named = host in self._allowed.names
        if not all(self._may_reach(address, named=named) for address in found):
            raise AddressRefusedError(Fault.ADDRESS_REFUSED)
        listed = named or all(map(self._allowed.covers, found))
        if url.scheme != "https" and not listed:
            raise AddressRefusedError(Fault.NOT_HTTPS)
        return found

    def _may_reach(self, address: Address, *, named: bool) -> bool:
        if self._allowed.covers(address):
            return True
        reach = reach_of(address)
        return reach is Reach.PUBLIC or (named and reach is Reach.INSIDE)


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
