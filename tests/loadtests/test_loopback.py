"""Load is sent to this machine only."""

import pytest

from loadtests.loopback import Address, NotLoopbackError, check_all, loopback
from loadtests.wire import Wire

ELSEWHERE = [
    "http://192.0.2.7:80",
    "http://dispatch.example.org:80",
    "http://127.0.0.1.example.org:80",
    "http://localhost@192.0.2.7:80",
    "http://0.0.0.0:80",
    "http://[2001:db8::1]:80",
    "postgresql://user:secret@192.0.2.7:5432/postgres",
    "http://127.0.0.1",
    "",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_other_hosts_are_refused(url: str) -> None:
    with pytest.raises(NotLoopbackError):
        loopback(url)
    with pytest.raises(NotLoopbackError):
        Wire(url, connections=1)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8080", Address("127.0.0.1", 8080)),
        ("http://127.8.8.8:1", Address("127.8.8.8", 1)),
        ("http://[::1]:8080", Address("::1", 8080)),
        ("localhost:9092", Address("localhost", 9092)),
        ("postgresql://user:secret@127.0.0.1:5432/postgres", Address("127.0.0.1", 5432)),
    ],
)
def test_this_machine_is_taken(url: str, address: Address) -> None:
    assert loopback(url) == address


def test_one_broker_elsewhere_is_enough_to_refuse() -> None:
    check_all("127.0.0.1:1,127.0.0.1:2")
    with pytest.raises(NotLoopbackError):
        check_all("127.0.0.1:1, broker.example.org:2")
