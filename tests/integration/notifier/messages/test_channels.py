"""What real servers answer, and what it means: by apprise, by signed webhooks, by voice."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from standardwebhooks import Webhook

from incident.roster import ChannelType
from services.notifier.adapters.channels.threads import BusyError, Threads
from services.notifier.ports.messages import Letter, Outcome, Result
from services.notifier.ports.people import Way
from tests.integration.notifier.messages.site import KEY, REAL, Post115, channels

LETTER = Letter(
    id=UUID(int=7),
    title="【演练】115 ▲红 9D2F7E0A",
    text="【演练】115 ▲红 9D2F7E0A\n知悉请点：https://115.example/r/x",
    language="zh",
    fields={"number": "9D2F7E0A"},
)
ROBOTS = (ChannelType.WECOM, ChannelType.DINGTALK, ChannelType.FEISHU)
TEMPORARY, PERMANENT, DELIVERED = Result.TEMPORARY, Result.PERMANENT, Result.DELIVERED


async def send(type_: ChannelType, address: str, **gateways: str) -> Outcome:
    by_type = {ChannelType(name): gateway for name, gateway in gateways.items() if name != "voice"}
    made = channels(by_type, gateways.get("voice"))
    return await made[type_].send(Way(type=type_, address=address), LETTER)


@pytest.mark.parametrize("robot", ROBOTS)
async def test_a_robot_gets_the_text_at_the_address_of_its_contact(
    robot: ChannelType, post: Post115
) -> None:
    outcome = await send(robot, f"{post.url}/robot?key=a{{b}}c")

    ((path, _, body),) = post.got
    assert outcome.result is DELIVERED
    assert path == "/robot"
    assert "9D2F7E0A" in str(body)
    assert body.get("msgtype", body.get("msg_type")) == "text"


@pytest.mark.parametrize("robot", ROBOTS)
@pytest.mark.parametrize(
    ("status", "result"),
    [(400, PERMANENT), (404, PERMANENT), (302, PERMANENT), (429, TEMPORARY), (500, TEMPORARY),
     (503, TEMPORARY), (408, TEMPORARY)],
)  # fmt: skip
async def test_a_status_says_whether_trying_again_can_help(
    robot: ChannelType, status: int, result: Result, post: Post115
) -> None:
    post.answers["/robot"] = [(status, {"Retry-After": "7", "Location": "/other"}, {})]

    outcome = await send(robot, f"{post.url}/robot")

    assert (outcome.result, outcome.detail) == (result, str(status))
    assert outcome.retry_after == 7
    assert outcome.too_many == (status == 429)
    assert len(post.got) == 1


@pytest.mark.parametrize(
    ("robot", "answer", "result"),
    [
        (ChannelType.WECOM, {"errcode": 45009, "errmsg": "api freq out of limit"}, TEMPORARY),
        (ChannelType.WECOM, {"errcode": -1}, TEMPORARY),
        (ChannelType.WECOM, {"errcode": 93000, "errmsg": "invalid webhook url"}, PERMANENT),
        (ChannelType.DINGTALK, {"errcode": 130101, "errmsg": "send too fast"}, TEMPORARY),
        (ChannelType.DINGTALK, {"errcode": 310000, "errmsg": "keywords not in content"}, PERMANENT),
        (ChannelType.FEISHU, {"code": 11232, "msg": "frequency limited"}, TEMPORARY),
        (ChannelType.FEISHU, {"code": 19001, "msg": "param invalid"}, PERMANENT),
    ],
)
async def test_a_robot_that_refuses_with_a_200_has_not_delivered(
    robot: ChannelType, answer: dict[str, Any], result: Result, post: Post115
) -> None:
    post.answers["/robot"] = [(200, {}, answer)]

    outcome = await send(robot, f"{post.url}/robot")

    assert outcome.result is result
    assert outcome.detail.startswith("code ")


async def test_a_robot_that_hangs_is_given_up_in_time(post: Post115) -> None:
    began = REAL.monotonic()

    outcome = await send(ChannelType.WECOM, f"{post.url}/hang")

    assert (outcome.result, outcome.detail) == (TEMPORARY, "timeout")
    assert REAL.monotonic() - began < 3


async def test_a_robot_nobody_answers_for_may_come_back() -> None:
    outcome = await send(ChannelType.FEISHU, f"http://127.0.0.1:{free_port()}/robot")

    assert (outcome.result, outcome.detail) == (TEMPORARY, "unreachable")


@pytest.mark.parametrize("type_", [*ROBOTS, ChannelType.WEBHOOK])
async def test_nothing_is_sent_to_where_no_message_may_go(type_: ChannelType) -> None:
    outcome = await send(type_, "http://169.254.169.254/latest/meta-data")

    assert (outcome.result, outcome.detail) == (PERMANENT, "address_refused")


async def test_a_dingtalk_robot_with_a_secret_gets_a_signed_request(post: Post115) -> None:
    outcome = await send(ChannelType.DINGTALK, f"{post.url}/robot?access_token=t&secret=SECabc")

    (query,) = post.seen
    assert outcome.result is DELIVERED
    assert "sign=" in query
    assert "timestamp=" in query
    assert "SECabc" not in query


async def test_an_sms_gateway_gets_the_number_in_its_place(post: Post115) -> None:
    gateway = post.url.replace("http", "json") + "/sms/{address}"

    outcome = await send(ChannelType.SMS, "+86138 /?&", sms=gateway)

    assert outcome.result is DELIVERED
    assert post.got[0][0] == "/sms/+86138 /?&"


async def test_an_sms_gateway_that_is_over_its_limit_says_when_to_come_back(post: Post115) -> None:
    post.answers["/sms"] = [(429, {"Retry-After": "30"}, {})]

    outcome = await send(
        ChannelType.SMS, "1", sms=post.url.replace("http", "json") + "/sms?a={address}"
    )

    assert (outcome.result, outcome.retry_after, outcome.too_many) == (TEMPORARY, 30, True)


@pytest.mark.parametrize("type_", [ChannelType.SMS, ChannelType.EMAIL, ChannelType.VOICE])
async def test_without_a_gateway_the_next_way_is_to_be_taken(type_: ChannelType) -> None:
    outcome = await send(type_, "a@b.example")

    assert (outcome.result, outcome.detail) == (PERMANENT, "no_gateway")


async def test_a_gateway_no_plug_in_knows_refuses_for_good() -> None:
    outcome = await send(ChannelType.SMS, "1", sms="nosuchservice://{address}")

    assert (outcome.result, outcome.detail) == (PERMANENT, "bad_address")


async def test_mail_arrives_at_a_mail_server() -> None:
    with mail_server() as mail:
        outcome = await send(ChannelType.EMAIL, "zhao@example.com", email=mail.gateway)

    (recipient, content) = mail.got[0]
    assert outcome.result is DELIVERED
    assert recipient == "zhao@example.com"
    assert b"Subject: =?utf-8?" in content


@pytest.mark.parametrize(
    ("recipient", "result", "detail"),
    [("gone@example.com", PERMANENT, "smtp 550"), ("busy@example.com", TEMPORARY, "smtp 451")],
)
async def test_what_the_mail_server_says_of_a_recipient_is_heard(
    recipient: str, result: Result, detail: str
) -> None:
    with mail_server() as mail:
        outcome = await send(ChannelType.EMAIL, recipient, email=mail.gateway)

    assert (outcome.result, outcome.detail) == (result, detail)


async def test_a_mail_server_that_is_away_may_come_back() -> None:
    gateway = f"mailto://127.0.0.1:{free_port()}?from=115@example.com&to={{address}}&mode=insecure"

    outcome = await send(ChannelType.EMAIL, "zhao@example.com", email=gateway)

    assert (outcome.result, outcome.detail) == (TEMPORARY, "unreachable")


async def test_a_mail_server_that_says_nothing_is_given_up_in_time() -> None:
    async with mute_server() as port:
        gateway = f"mailto://127.0.0.1:{port}?from=115@example.com&to={{address}}&mode=insecure"
        began = REAL.monotonic()
        outcome = await send(ChannelType.EMAIL, "zhao@example.com", email=gateway)

    assert outcome.result is TEMPORARY
    assert REAL.monotonic() - began < 3


async def test_a_webhook_is_signed_as_the_standard_says(post: Post115) -> None:
    outcome = await send(ChannelType.WEBHOOK, f"{post.url}/person")

    (raw,) = post.raw
    assert outcome.result is DELIVERED
    Webhook(KEY).verify(raw, dict(post.got[0][1]))


async def test_a_voice_gateway_says_the_text_without_the_link(post: Post115) -> None:
    outcome = await send(ChannelType.VOICE, "13800000001", voice=f"{post.url}/call")

    ((_, _, body),) = post.got
    assert outcome.result is DELIVERED
    assert (body["to"], body["language"]) == ("13800000001", "zh")
    assert "9D2F7E0A" in body["say"]
    assert "http" not in body["say"]


async def test_no_more_threads_wait_than_may() -> None:
    threads, gate = Threads("test", most=2), asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait() -> None:
        asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(timeout=10)

    waiting = [asyncio.create_task(threads.run(wait)) for _ in range(2)]
    await asyncio.sleep(0)  # noqa: TID251  # gives way, so that both have begun
    with pytest.raises(BusyError):
        await threads.run(wait)
    gate.set()
    await asyncio.gather(*waiting)
    assert await threads.run(lambda: 1) == 1


@dataclass
class Mail:
    """What a mail server took; recipients `gone` and `busy` it refuses."""

    gateway: str = ""
    got: list[tuple[str, bytes]] = field(default_factory=list)

    async def handle_RCPT(self, *told: Any) -> str:  # noqa: ANN401, N802  # as aiosmtpd calls it
        _, _, envelope, address, _ = told
        if address.startswith("gone"):
            return "550 no such user"
        if address.startswith("busy"):
            return "451 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, *told: Any) -> str:  # noqa: ANN401, N802  # as aiosmtpd calls it
        _, _, envelope = told
        self.got.append((envelope.rcpt_tos[0], envelope.content))
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[Mail]:
    """A real mail server on loopback."""
    mail, port = Mail(), free_port()
    controller = Controller(mail, hostname="127.0.0.1", port=port)
    controller.start()
    mail.gateway = f"mailto://127.0.0.1:{port}?from=115@example.com&to={{address}}&mode=insecure"
    try:
        yield mail
    finally:
        controller.stop()


@asynccontextmanager
async def mute_server() -> AsyncIterator[int]:
    """A server that takes connections and never says a word."""
    held: list[asyncio.StreamWriter] = []

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        for writer in held:
            writer.close()
        server.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
