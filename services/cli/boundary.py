"""Callbacks over the public interface, and the files that carry them over a boundary."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import aiohttp

from services.cli.answers import AwayError, Json, RefusedError
from services.cli.calling import call
from services.cli.client import Ask, Client, open_session
from services.cli.errors import CommandError
from services.cli.reach import Reached
from services.runtime import codec

_EXPORT = "/v1/callbacks/feed/export"
_SECONDS = 30.0


def register(reached: Reached, body: Mapping[str, object], *, station: str | None) -> str:
    """Register a station; return the registration, with the secret if one was made."""
    return codec.text(_ask(reached, "PUT", "/v1/callbacks/subscription", body, station=station))


def log(reached: Reached, wanted: Mapping[str, str | None], *, as_json: bool) -> Iterator[str]:
    """Give the newest deliveries, a line each."""
    query = {name: value for name, value in wanted.items() if value is not None}

    async def work(client: Client) -> Json:
        return await client.ask(Ask(method="GET", path="/v1/callbacks/deliveries", query=query))

    for one in call(reached, work)["deliveries"]:
        if as_json:
            yield codec.text(one)
            continue
        outcome = one["outcome"] or "-"
        late = one["boundary_seconds"]
        over = "" if late is None else f"  boundary {late:.0f} s"
        yield (
            f"{one['sequence']:>6}  {one['produced_at']}  {one['incident']}  {one['type']:<18}"
            f"{one['state']:<10} {one['attempts']} tries, {outcome}{over}"
        )


def export(reached: Reached, file: Path, *, after: int | None, station: str | None) -> str:
    """Write a file of callbacks; return a line that says what is in it.

    Raises:
        CommandError: The file is there already, or cannot be written.
    """
    query = {} if after is None else {"after": str(after)}
    query |= {} if station is None else {"station": station}
    content = asyncio.run(_download(reached, query))
    try:
        with file.open("xb") as written:
            written.write(content)
    except OSError as error:
        raise CommandError(f"cannot write {file}: {error.strerror}", code=2) from error
    header = json.loads(content.partition(b"\n")[0])
    return f"{header['count']} callbacks, {header['after']} to {header['until']}, in {file}"


def take(reached: Reached, file: Path, *, station: str | None, as_json: bool) -> str:
    """Import receipts; return what came of it.

    Raises:
        CommandError: The file cannot be read.
    """
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"cannot read receipts from {file}: {error}", code=2) from error
    path = "/v1/callbacks/feed/receipts"
    found = _ask(reached, "POST", path, body, station=station)
    if as_json:
        return codec.text(found)
    longest = found["longest_seconds"]
    took = "" if longest is None else f", the longest on its way for {longest:.0f} s"
    return f"{found['new']} new, {found['repeated']} known, {len(found['unknown'])} unknown{took}"


def _ask(reached: Reached, method: str, path: str, body: object, *, station: str | None) -> Json:
    query = {} if station is None else {"station": station}

    async def work(client: Client) -> Json:
        return await client.ask(Ask(method=method, path=path, body=body, query=query))

    return call(reached, work)


async def _download(reached: Reached, query: Mapping[str, str]) -> bytes:
    """Fetch a file.

    Raises:
        RefusedError: It is refused.
        AwayError: Nobody answers.
    """
    headers = {"Authorization": f"Bearer {reached.key}"}
    try:
        async with asyncio.timeout(_SECONDS), open_session() as session:
            address = reached.origins.of(_EXPORT) + _EXPORT
            async with session.get(address, params=query, headers=headers) as answer:
                content = await answer.read()
                if answer.status >= 400:
                    raise RefusedError(answer.status, json.loads(content), asked=f"GET {_EXPORT}")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise AwayError(f"GET {_EXPORT}: {str(error) or type(error).__name__}") from error
    return content
