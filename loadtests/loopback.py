"""Load goes to this machine only: whoever mistypes an address does no harm to others."""

from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit


class NotLoopbackError(ValueError):
    """An address is not on the loopback interface."""


class Address(NamedTuple):
    """Where something listens."""

    host: str
    port: int


def loopback(url: str) -> Address:
    """Take the address of a URL, a DSN or `host:port`; names other than localhost are refused.

    Raises:
        NotLoopbackError: It is not on the loopback interface, or has no port.
    """
    parts = urlsplit(url if "://" in url else f"//{url}")
    host, port = parts.hostname or "", parts.port
    if port is None or not _is_loopback(host):
        raise NotLoopbackError(f"load is sent to this machine only, not to {host or url!r}")
    return Address(host, port)


def check_all(addresses: str) -> None:
    """Check addresses that are separated by commas, as Kafka's are; raises as `loopback`."""
    for address in addresses.split(","):
        loopback(address.strip())


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
