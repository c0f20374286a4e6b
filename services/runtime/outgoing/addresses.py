"""Which addresses a webhook may go to: the public, what the settings name, and nothing else."""

from collections.abc import Sequence
from enum import Enum, auto
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from services.runtime.outgoing.outcomes import Fault

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

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

    def judge(self, host: str, addresses: Sequence[Address], *, is_tls: bool) -> Fault | None:
        """Say why nothing may be sent to a host, None where it may.

        Args:
            host: Its name, in lower case, without a dot at its end.
            addresses: All that it leads to, at least one.
            is_tls: The address begins with https.
        """
        named = host in self.names
        if not all(self._may_reach(address, named=named) for address in addresses):
            return Fault.ADDRESS_REFUSED
        if is_tls or named or all(map(self.covers, addresses)):
            return None
        return Fault.NOT_HTTPS

    def _may_reach(self, address: Address, *, named: bool) -> bool:
        if self.covers(address):
            return True
        reach = reach_of(address)
        return reach is Reach.PUBLIC or (named and reach is Reach.INSIDE)


def _is_name(text: str) -> bool:
    labels = text.rstrip(".").split(".")
    plain = all(label.replace("-", "").replace("_", "").isalnum() for label in labels)
    return plain and text.isascii() and any(map(str.isalpha, labels[-1]))
