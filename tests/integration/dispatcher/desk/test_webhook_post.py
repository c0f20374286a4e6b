"""One attempt to deliver, over real HTTP: what is sent, and what is made of the answers."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from uuid import UUID

import pytest
from standardwebhooks import WebhookVerificationError

from incident.alert import IncidentId
from services.dispatcher.adapters.webhook import WebhookPost
from services.dispatcher.handlers.outcomes import Parcel
from services.runtime.clock import SystemClock
from services.runtime.outgoing import post as posting
from services.runtime.outgoing.addresses import Address, Allowed
from services.runtime.outgoing.guard import Guard
from services.runtime.outgoing.outcomes import Fault, Tried
from services.runtime.outgoing.signing import Secrets
from tests.fakes.clock import FakeClock
from tests.integration.dispatcher.desk.endpoint import (
    OLD_SECRET,
    SECRET,
    System,
    certificate,
    raw_server,
    serving,
)

LOOPBACK = Allowed.from_setting("127.0.0.1")
SECRETS = Secrets.from_setting(f"hook:{SECRET},turning:{SECRET}|{OLD_SECRET}")
HOST = "east.example"


async def to_loopback(_: str) -> Sequence[Address]:
    return [ip_address("127.0.0.1")]


def a_post(allowed: Allowed = LOOPBACK, *, tls: ssl.SSLContext | None = None) -> WebhookPost:
    guard = Guard(allowed, look_up=to_loopback)
    return WebhookPost(secrets=SECRETS, guard=guard, clock=SystemClock(), tls=tls)


def a_parcel(url: str, *, signed_by: str = "hook") -> Parcel:
    return Parcel(
        id=UUID(int=115),
        incident=IncidentId(UUID(int=1)),
        center="east-center",
        round=1,
        attempt=1,
        url=url,
        secret=signed_by,
        body='{"data":{"place":"三号楼"}}',
    )


@pytest.fixture
async def system() -> AsyncIterator[System]:
    async with serving() as made:
        yield made


async def test_a_delivery_is_signed_so_that_its_receiver_can_check_it(system: System) -> None:
    tried = await a_post().send(a_parcel(system.url("/alerts")))

    (got,) = system.got
    assert tried == Tried(status=200)
    got.verify()
    assert (got.id, got.path) == (str(UUID(int=115)), "/alerts")
    assert got.headers["content-type"] == "application/json"
    assert got.body.decode() == a_parcel("").body
    with pytest.raises(WebhookVerificationError):
        got.verify(OLD_SECRET)


async def test_while_a_secret_is_changed_both_the_old_and_the_new_one_verify(
    system: System,
) -> None:
    await a_post().send(a_parcel(system.url(), signed_by="turning"))

    (got,) = system.got
    got.verify(SECRET)
    got.verify(OLD_SECRET)


async def test_each_attempt_has_a_timestamp_of_its_own_and_the_same_id(system: System) -> None:
    clock = FakeClock()
    guard = Guard(LOOPBACK, look_up=to_loopback)
    post = WebhookPost(secrets=SECRETS, guard=guard, clock=clock)
    await post.send(a_parcel(system.url()))
    clock.advance(3)

    await post.send(a_parcel(system.url()))

    first, second = system.got
    stamps = [int(got.headers["webhook-timestamp"]) for got in (first, second)]
    assert stamps[1] - stamps[0] == 3
    assert first.id == second.id
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


@pytest.mark.parametrize("status", [202, 204, 301, 307, 400, 404, 410, 429, 500, 503])
async def test_the_status_is_given_as_it_was_answered(system: System, status: int) -> None:
    system.answers["/"] = status

    assert await a_post().send(a_parcel(system.url())) == Tried(status=status)


async def test_a_redirect_is_not_followed_wherever_it_leads(system: System) -> None:
    async with serving() as inside:
        system.answers["/"] = 307
        system.headers["Location"] = inside.url("/metadata")

        tried = await a_post().send(a_parcel(system.url()))

        assert tried == Tried(status=307)
        assert inside.got == []


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("17", 17.0),
        ("Mon, 02 Mar 2026 12:01:40 GMT", 100.0),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 40, None),
    ],
)
async def test_the_time_a_system_asks_for_is_read_in_both_forms(
    system: System, said: str, seconds: float | None
) -> None:
    system.answers["/"] = 503
    system.headers["Retry-After"] = said
    guard = Guard(LOOPBACK, look_up=to_loopback)
    post = WebhookPost(secrets=SECRETS, guard=guard, clock=FakeClock())

    assert await post.send(a_parcel(system.url())) == Tried(status=503, retry_after=seconds)


async def test_a_system_that_does_not_answer_is_given_up(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "SEND_SECONDS", 0.2)
    system.hangs.add("/")

    assert await a_post().send(a_parcel(system.url())) == Tried(fault=Fault.TIMEOUT)
    assert len(system.got) == 1


async def test_a_look_up_that_hangs_counts_into_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "SEND_SECONDS", 0.2)

    async def look_up(_: str) -> Sequence[Address]:
        await asyncio.Event().wait()
        return []

    guard = Guard(LOOPBACK, look_up=look_up)
    post = WebhookPost(secrets=SECRETS, guard=guard, clock=SystemClock())

    assert await post.send(a_parcel("https://slow.example/")) == Tried(fault=Fault.TIMEOUT)


async def test_an_endless_body_is_not_read() -> None:
    sent = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                await writer.drain()
                sent += 0x10000
        except ConnectionError:
            writer.close()

    async with raw_server(pour) as port:
        assert await a_post().send(a_parcel(f"http://{HOST}:{port}/")) == Tried(status=200)

    assert sent < 50 * 2**20


@pytest.mark.parametrize(
    "answer",
    [b"", b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"],
)
async def test_what_is_no_answer_of_http_is_a_failure(answer: bytes) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with raw_server(reply) as port:
        tried = await a_post().send(a_parcel(f"http://{HOST}:{port}/"))

    assert tried == Tried(fault=Fault.BAD_ANSWER)


async def test_a_port_nobody_listens_on_is_unreachable() -> None:
    async with serving() as system:
        url = system.url()

    assert await a_post().send(a_parcel(url)) == Tried(fault=Fault.UNREACHABLE)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://127.0.0.1:{port}/", Fault.ADDRESS_REFUSED),
        ("https://127.0.0.1:{port}/", Fault.ADDRESS_REFUSED),
        ("http://[::1]:{port}/", Fault.ADDRESS_REFUSED),
        ("http://2130706433:{port}/", Fault.ADDRESS_REFUSED),
        ("http://0x7f000001:{port}/", Fault.ADDRESS_REFUSED),
        ("http://localhost:{port}/", Fault.ADDRESS_REFUSED),
        ("http://169.254.169.254/latest/meta-data/", Fault.ADDRESS_REFUSED),
        ("http://10.0.0.1/", Fault.ADDRESS_REFUSED),
        ("http://%31%32%37.0.0.1:{port}/", Fault.UNREACHABLE),
        ("http://a\\@127.0.0.1:{port}/", Fault.UNREACHABLE),
    ],
)
async def test_nothing_is_sent_to_this_machine_unless_it_is_named(
    system: System, url: str, fault: Fault
) -> None:
    post = WebhookPost(secrets=SECRETS, guard=Guard(Allowed.from_setting("")), clock=SystemClock())

    assert await post.send(a_parcel(url.format(port=system.port))) == Tried(fault=fault)
    assert system.got == []


async def test_a_name_is_looked_up_once_and_the_connection_goes_where_that_led(
    system: System,
) -> None:
    asked = list[str]()

    async def look_up(host: str) -> Sequence[Address]:
        asked.append(host)
        return [ip_address("127.0.0.1")]

    guard = Guard(LOOPBACK, look_up=look_up)
    post = WebhookPost(secrets=SECRETS, guard=guard, clock=SystemClock())

    tried = await post.send(a_parcel(system.url(host="rebinding.example")))

    assert tried == Tried(status=200)
    assert asked == ["rebinding.example"]
    assert system.got[0].headers["host"] == f"rebinding.example:{system.port}"


async def test_a_secret_that_is_not_in_the_settings_sends_nothing(system: System) -> None:
    tried = await a_post().send(a_parcel(system.url(), signed_by="unknown"))

    assert tried == Tried(fault=Fault.NO_SECRET)
    assert system.got == []


async def test_tls_is_checked_against_the_name_although_the_address_is_pinned(
    tmp_path: Path,
) -> None:
    server, client = certificate(tmp_path, HOST)
    async with serving(server) as system:
        url = system.url(host=HOST, scheme="https")

        assert await a_post(tls=client).send(a_parcel(url)) == Tried(status=200)
        assert await a_post().send(a_parcel(url)) == Tried(fault=Fault.TLS)
        other = system.url(host="other.example", scheme="https")
        assert await a_post(tls=client).send(a_parcel(other)) == Tried(fault=Fault.TLS)

    assert len(system.got) == 1


@pytest.mark.parametrize(
    "setting",
    [
        "hook",
        f"whsec_x:{SECRET}",
        "hook:c2VjcmV0",
        "hook:whsec_!!!",
        "hook:whsec_c2hvcnQ=",
        f"hook:{SECRET},hook:{SECRET}",
        f"hook:{SECRET}|{SECRET}|{SECRET}",
        f"a b:{SECRET}",
    ],
)
def test_a_setting_of_secrets_that_is_wrong_is_refused_without_repeating_it(setting: str) -> None:
    with pytest.raises(ValueError, match=r"^secret ") as caught:
        Secrets.from_setting(setting)

    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
