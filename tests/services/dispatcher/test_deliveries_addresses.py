"""Where a webhook may go: the public, what is named in the settings, and nowhere else."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Annotated

import pytest
from pydantic import BeforeValidator
from yarl import URL

from services.runtime import settings
from services.runtime.outgoing.addresses import Address, Allowed, Reach, reach_of
from services.runtime.outgoing.guard import AddressRefusedError, Guard, LookUp, LookUps, Pinned
from services.runtime.outgoing.outcomes import Fault
from services.runtime.outgoing.signing import Secrets
from services.runtime.settings import ServiceSettings
from tests.services.dispatcher.sending import SECRET

NOTHING = Allowed.from_setting("")


def leading_to(*found: str) -> LookUp:
    """A name server that knows one answer."""

    async def look_up(_: str) -> Sequence[Address]:
        return [ip_address(address) for address in found]

    return look_up


async def refusal(url: str, allowed: str = "", *, found: Sequence[str] = ()) -> Fault | None:
    """Why an address is refused, None if it is not; looked up for real unless `found` is given."""
    look_up = leading_to(*found) if found else None
    try:
        await Guard(Allowed.from_setting(allowed), look_up=look_up).admit(URL(url))
    except AddressRefusedError as error:
        return error.fault
    return None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.8.9.10",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "0.0.0.0",  # noqa: S104  # an address to be refused, not one to listen on
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fec0::1]",
        "[fd00:ec2::254]",
        "[fc00::1]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
        "3232235777",
        "localhost",
        "LOCALHOST",
    ],
)
async def test_what_is_not_public_is_refused_however_it_is_written(host: str) -> None:
    assert await refusal(f"https://{host}/alerts") is Fault.ADDRESS_REFUSED


@pytest.mark.parametrize(
    "found",
    [["10.0.0.7"], ["8.8.8.8", "127.0.0.1"], ["2606:4700::1111", "::ffff:169.254.169.254"]],
)
async def test_a_name_is_refused_if_any_address_it_leads_to_is(found: list[str]) -> None:
    assert await refusal("https://erp.example/", found=found) is Fault.ADDRESS_REFUSED


@pytest.mark.parametrize(
    "found", [["8.8.8.8"], ["2606:4700::1111", "1.1.1.1"], ["64:ff9b::808:808"]]
)
async def test_a_public_name_is_admitted_with_the_addresses_it_leads_to(found: list[str]) -> None:
    admitted = await Guard(NOTHING, look_up=leading_to(*found)).admit(URL("https://erp.example/"))

    assert [str(address) for address in admitted] == found


async def test_nothing_goes_out_without_tls_unless_it_is_named() -> None:
    public, inside = ["8.8.8.8"], ["10.0.0.7"]

    assert await refusal("http://erp.example/", found=public) is Fault.NOT_HTTPS
    assert await refusal("http://erp.example/", "erp.example", found=public) is None
    assert await refusal("http://erp.example/", "8.8.8.0/24", found=public) is None
    assert await refusal("http://erp.example/", "10.0.0.0/8", found=[*inside, *public]) is (
        Fault.NOT_HTTPS
    )


async def test_a_name_or_a_network_that_is_named_may_be_inside() -> None:
    inside = ["10.0.0.7"]

    assert await refusal("https://erp.example/", "erp.example", found=inside) is None
    assert await refusal("https://ERP.example./", "Erp.Example.", found=inside) is None
    assert await refusal("https://erp.example/", "10.0.0.0/24", found=inside) is None
    assert await refusal("https://erp.example/", "10.0.0.7", found=inside) is None
    assert await refusal("https://[::1]/", "::1") is None
    assert await refusal("https://other.example/", "erp.example", found=inside) is (
        Fault.ADDRESS_REFUSED
    )
    assert await refusal("https://erp.example/", "10.0.1.0/24", found=inside) is (
        Fault.ADDRESS_REFUSED
    )
    assert await refusal("https://erp.example/", "example", found=inside) is Fault.ADDRESS_REFUSED


@pytest.mark.parametrize("found", ["169.254.169.254", "100.100.100.200", "224.0.0.1", "fe80::1"])
async def test_a_name_that_is_named_still_leads_to_no_metadata_service(found: str) -> None:
    assert await refusal("https://erp.example/", "erp.example", found=[found]) is (
        Fault.ADDRESS_REFUSED
    )
    assert await refusal("https://erp.example/", f"erp.example,{found}", found=[found]) is None


async def test_a_host_with_no_address_is_no_refusal_but_unreachable() -> None:
    async def look_up(_: str) -> Sequence[Address]:
        return []

    with pytest.raises(OSError, match="no address"):
        await Guard(NOTHING, look_up=look_up).admit(URL("https://gone.example/"))
    with pytest.raises(OSError, match="gaierror"):
        await Guard(NOTHING).admit(URL("https://nothing.invalid/"))
    with pytest.raises(OSError, match=r"UnicodeError|gaierror"):
        await Guard(NOTHING).admit(URL(f"https://{'a' * 70}.example/"))


async def test_a_connection_is_made_to_the_addresses_that_were_judged_and_to_no_others() -> None:
    pinned = Pinned([ip_address("8.8.8.8"), ip_address("2606:4700::1111")])

    found = await pinned.resolve("whatever.example", 443)

    assert [(entry["host"], entry["port"], entry["family"]) for entry in found] == [
        ("8.8.8.8", 443, socket.AF_INET),
        ("2606:4700::1111", 443, socket.AF_INET6),
    ]
    assert {entry["flags"] for entry in found} == {socket.AI_NUMERICHOST}


async def test_look_ups_that_hang_are_bounded_and_hold_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer.wait(20) and [])
    look_ups = LookUps(most=2)
    hanging = [asyncio.ensure_future(look_ups.find("slow.example")) for _ in range(2)]
    await asyncio.wait(hanging, timeout=0)

    with pytest.raises(OSError, match="too many"):
        await look_ups.find("slow.example")

    hanging[0].cancel()
    answer.set()
    assert await hanging[1] == []


@pytest.mark.parametrize(
    "setting", ["10.0.0.0/33", "two words", "10.0.0.1/8", "999.1.1.1", "a..b", "ümlaut.example"]
)
def test_a_setting_that_names_neither_host_nor_network_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="neither a host nor a network"):
        Allowed.from_setting(f"erp.example, {setting}")


class Settings(ServiceSettings):
    """Settings with an allow list and secrets, as a service has them."""

    allow: Annotated[Allowed, BeforeValidator(Allowed.from_setting)] = NOTHING
    hooks: Annotated[Secrets, BeforeValidator(Secrets.from_setting)] = Secrets({})


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in {
        "D115_KAFKA": "127.0.0.1:1",
        "D115_POSTGRES": "postgresql://u:p@h/d",
        "PORT": "0",
        "OPS_PORT": "0",
    }.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_the_settings_are_read_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ALLOW", "erp.example, 10.0.0.0/8")
    environment.setenv("HOOKS", f"hook:{SECRET}")

    found = settings.read(Settings)

    assert found.allow.names == {"erp.example"}
    assert found.allow.covers(ip_address("10.2.3.4"))
    assert found.hooks.find("hook") is not None
    assert found.hooks.find("other") is None
    assert SECRET not in repr(found)


def test_settings_that_are_wrong_are_named_together_without_repeating_a_secret(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("ALLOW", "two words")
    environment.setenv("HOOKS", f"hook:{SECRET}|{SECRET}|{SECRET}")

    with pytest.raises(settings.SettingsError) as caught:
        settings.read(Settings)

    assert caught.value.faults == [
        "ALLOW 'two words' is neither a host nor a network",
        "HOOKS secret 'hook' has 3 keys; at most 2 may sign",
    ]


def test_every_address_has_one_reach() -> None:
    assert reach_of(ip_address("8.8.8.8")) is Reach.PUBLIC
    assert reach_of(ip_address("10.0.0.1")) is Reach.INSIDE
    assert reach_of(ip_address("::1")) is Reach.INSIDE
    assert reach_of(ip_address("169.254.169.254")) is Reach.FORBIDDEN
    assert reach_of(ip_address("::ffff:8.8.8.8")) is Reach.PUBLIC
