"""The fake client shows what a real one would see."""

import pytest
from starlette.types import Message, Receive, Scope, Send

from tests.fakes.http import Client


async def test_a_body_arrives_in_its_parts_and_the_answer_whole() -> None:
    parts = list[bytes]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        more = True
        while more:
            message = await receive()
            parts.append(message["body"])
            more = message["more_body"]
        headers = [(b"X-Path", scope["path"].encode()), (b"x-a", b"1"), (b"x-a", b"2")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send(part(b"one ", more=True))
        await send(part(b"", more=True))
        await send(part(b"two"))

    answer = await Client(app).put("/a%20b?c=d", body=[b"x", b"y"])
    assert parts == [b"x", b"y"]
    assert (answer.status, answer.body) == (201, b"one two")
    assert (answer.headers["x-path"], answer.headers["x-a"]) == ("/a b", "1, 2")


async def test_a_stream_comes_as_it_is_sent_and_ends_when_the_client_hangs_up() -> None:
    gone = False

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal gone
        assert scope["method"] == "GET"
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for line in ("id: 1\n", "data: {}\n\n", "id: 2\n\n"):
            await send(part(line.encode(), more=True))
        gone = (await receive())["type"] == "http.disconnect"

    async with Client(app).stream("GET", "/") as stream:
        assert await stream.text_until("\n\n") == "id: 1\ndata: {}\n\n"
        assert await stream.text_until("\n\n") == "id: 2\n\n"
    assert gone


async def test_what_the_app_raises_comes_out_of_the_call() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await Client(app).get("/")


async def test_an_app_that_says_nothing_is_told_apart() -> None:
    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()

    with pytest.raises(AssertionError, match="without an answer"):
        await Client(app).get("/")


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}
