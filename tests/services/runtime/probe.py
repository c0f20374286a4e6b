"""A process of small services, run as `python -m tests.services.runtime.probe HOW`."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from services.runtime import process
from services.runtime.clock import SystemClock
from services.runtime.process import ServiceParts, Wiring, run

CLOCK = SystemClock()


def say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


async def forever() -> None:
    await asyncio.Event().wait()


async def dying() -> None:
    await CLOCK.sleep(0.05)
    raise ValueError("no more")


async def ending() -> None:
    await CLOCK.sleep(0.05)


async def stubborn() -> None:
    while True:
        try:
            await CLOCK.sleep(60)
        except asyncio.CancelledError:
            say("not yet")


async def blocking() -> None:
    try:
        await forever()
    finally:
        time.sleep(60)  # noqa: ASYNC251, TID251  # what no service should do


async def failing_hook() -> None:
    raise ValueError("cannot close")


async def unable() -> ServiceParts:
    raise ValueError("no such database")


async def endless() -> ServiceParts:
    say("wiring")
    await forever()
    raise AssertionError


async def streaming() -> ServiceParts:
    """A service with a stream without end and a slow request, both open when the stop comes."""
    leaving = asyncio.Event()

    async def frames() -> AsyncIterator[bytes]:
        yield b"first "
        await leaving.wait()
        yield b"last"

    async def stream(_request: Request) -> Response:
        return StreamingResponse(frames())

    async def slow(_request: Request) -> Response:
        say("asked")
        await leaving.wait()
        await CLOCK.sleep(0.3)
        return PlainTextResponse("answered")

    async def drain() -> None:
        leaving.set()

    async def close(name: str) -> None:
        say(f"closed {name}")

    return ServiceParts(
        name="streaming",
        app=Starlette(routes=[Route("/stream", stream), Route("/slow", slow)]),
        tasks={"forever": forever},
        drain=[drain],
        stop=[lambda: close("first"), failing_hook, lambda: close("second")],
    )


def a_service(name: str, *paths: str, tasks: Mapping[str, process.Task] | None = None) -> Wiring:
    async def whole(request: Request) -> Response:
        return PlainTextResponse(f"{name} {request.url.path}")

    async def wire() -> ServiceParts:
        async def ready() -> str | None:
            return None

        return ServiceParts(
            name=name,
            app=Starlette(routes=[Route("/{path:path}", whole)]),
            paths=paths,
            tasks=tasks or {"forever": forever},
            ready={"store": ready},
        )

    return wire


HOW: Mapping[str, Callable[[], list[Wiring]]] = {
    "streaming": lambda: [streaming],
    "together": lambda: [
        a_service("intake", "/v1/alerts"),
        a_service("dispatcher", "/"),
        a_service("notifier", "/v1/compliance", "/v1/callbacks"),
    ],
    "dying": lambda: [a_service("one", tasks={"relay": dying})],
    "ending": lambda: [a_service("one", tasks={"relay": ending})],
    "stubborn": lambda: [a_service("one", tasks={"relay": stubborn})],
    "blocking": lambda: [a_service("one", tasks={"relay": blocking})],
    "unable": lambda: [streaming, unable],
    "endless": lambda: [endless],
}

if __name__ == "__main__":
    how, port, ops_port, process.STOP_SECONDS = (
        sys.argv[1],
        *map(int, sys.argv[2:4]),
        float(sys.argv[4]),
    )
    sys.exit(
        run(
            *HOW[how](),
            port=port,
            ops_port=ops_port,
            announce=lambda port, ops_port: say(f"serving {port} {ops_port}"),
        )
    )
