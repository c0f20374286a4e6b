"""Metrics and health on a port of their own, without key: `/metrics`, `/healthz`, `/readyz`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.runtime import codec, metrics
from services.runtime.logs import describe

CHECK_SECONDS = 2.0

Check = Callable[[], Awaitable[str | None]]
"""Says what is wrong, or None where nothing is. Raising says the same as returning the error."""


class Health:
    """What must hold for a process to be alive (else restart it) and ready (else send it nothing).

    Attributes:
        alive: Checks by name, such as a consumer that still polls.
        ready: Checks by name, such as Postgres answering.
        notes: What whoever looks at readiness should know, without failing it: another service
            that is silent makes this one no less able to work.
    """

    def __init__(self) -> None:
        self.alive: dict[str, Check] = {}
        self.ready: dict[str, Check] = {}
        self.notes: dict[str, Check] = {}

    def app(self) -> Starlette:
        """Return the app of the ops port."""
        return Starlette(
            routes=[
                Route("/metrics", _metrics),
                Route("/healthz", self._healthz),
                Route("/readyz", self._readyz),
            ]
        )

    async def _healthz(self, _request: Request) -> Response:
        return await _answer(self.alive, {})

    async def _readyz(self, _request: Request) -> Response:
        return await _answer(self.alive | self.ready, self.notes)


async def examine(checks: Mapping[str, Check]) -> dict[str, str]:
    """Run checks side by side, each within its time; `ok` or what is wrong, by name."""
    results = await asyncio.gather(*(_examine(check) for check in checks.values()))
    return dict(zip(checks, results, strict=True))


async def _examine(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check() or "ok"
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001  # a check that fails is an answer
        return describe(error)


async def _answer(checks: Mapping[str, Check], notes: Mapping[str, Check]) -> Response:
    found, noted = await asyncio.gather(examine(checks), examine(notes))
    well = all(result == "ok" for result in found.values())
    body = codec.encode({"status": "ok" if well else "failing", "checks": found, "notes": noted})
    return Response(body, 200 if well else 503, media_type="application/json")


async def _metrics(request: Request) -> Response:
    body, media_type = metrics.render(request.headers.get("accept", ""))
    return Response(body, headers={"Content-Type": media_type})
