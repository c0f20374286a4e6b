"""`d115 report`: the bulletin of a week, to a file or to stdout."""

import asyncio
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import aiohttp

from services.cli.answers import Origins, RefusedError
from services.cli.client import Ask, Client, open_session
from services.cli.reach import Reached
from services.runtime import codec

SECONDS = aiohttp.ClientTimeout(total=30)


class Form(StrEnum):
    """What a bulletin is written as."""

    JSON = "json"
    HTML = "html"
    XLSX = "xlsx"


def fetch_report(reached: Reached, week: str, *, form: Form, as_of: str | None) -> bytes:
    """Give the bulletin of a week of the park.

    Raises:
        ClientError: It is refused, or nobody answers.
    """
    return asyncio.run(_fetch(reached, week, form=form, as_of=as_of))


def put_report(body: bytes, file: Path | None) -> None:
    """Write a bulletin to a file, or to stdout."""
    if file is None:
        sys.stdout.buffer.write(body)
    else:
        file.write_bytes(body)
        sys.stderr.write(f"{file}  {len(body)}\n")


async def _fetch(reached: Reached, week: str, *, form: Form, as_of: str | None) -> bytes:
    async with open_session() as session:
        client = Client(session, reached.origins, key=reached.key)
        directory = await client.ask(Ask(method="GET", path="/v1/directory"))
        park = _park(directory)
        query = {"format": form.value} | ({} if as_of is None else {"as_of": as_of})
        return await _get(
            session, reached.origins, f"/v1/bulletins/{park}/{week}", key=reached.key, query=query
        )


def _park(answer: Mapping[str, Any]) -> str:
    return str(answer.get("directory", answer)["park"]["code"])


async def _get(
    session: aiohttp.ClientSession,
    origins: Origins,
    path: str,
    *,
    key: str,
    query: Mapping[str, str],
) -> bytes:
    headers = {"authorization": f"Bearer {key}"}
    async with session.get(
        origins.of(path) + path, params=query, headers=headers, timeout=SECONDS
    ) as answer:
        body = await answer.read()
        if answer.status >= 400:
            raise RefusedError(answer.status, codec.decode(body, dict), asked=f"GET {path}")
        return body
