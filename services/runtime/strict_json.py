"""JSON bodies read strictly: what two readers could read differently is refused.

Python's own reader takes the last of two fields of one name, UTF-16, and `NaN`; whoever stands
between sender and service may take the first one, or refuse.
"""

import json
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute
from typing_extensions import override

from services.runtime.problems import Problem

LONGEST_NAME = 64


class StrictRoute(APIRoute):
    """A route whose body is read strictly; for a router's `route_class`."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        plain = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await plain(_StrictRequest(request.scope, request.receive))

        return handle


def parse(body: bytes) -> Any:  # noqa: ANN401  # JSON is any of six types
    """Read a JSON body.

    Raises:
        Problem: 400; an object names a field twice.
        ValueError: It is no UTF-8, or no JSON.
        RecursionError: It has too many levels.
    """
    return _DECODER.decode(body.decode())


class _StrictRequest(Request):
    @override
    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = parse(await self.body())
        return self._json


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        _refuse_twin([name for name, _ in pairs])
    return members


def _refuse_twin(names: list[str]) -> NoReturn:
    counts = Counter(names)
    twin = next(name for name in names if counts[name] > 1)[:LONGEST_NAME]
    shown = twin if twin.isprintable() else ascii(twin)[1:-1]
    detail = f"{shown} stands in the same object twice."
    raise Problem(400, "duplicate-key", detail, title="The body cannot be read", field=shown)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_refuse_constant)
