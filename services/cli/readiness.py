"""`d115 readiness`: would 115 hold right now, center by center, and what is missing where not."""

import sys
from collections.abc import Mapping
from typing import Any

from services.cli.answers import Json
from services.cli.calling import call
from services.cli.client import Client
from services.cli.errors import DONE, NOT_WHOLE, USAGE, CommandError
from services.cli.incidents.watching import put
from services.cli.reach import Reached
from services.cli.texts import Language, text


def readiness(reached: Reached, center: str | None, *, lang: Language, as_json: bool) -> int:
    """Print each center's score with its reasons; returns the exit code.

    Raises:
        CommandError: There is no such center, or not for this caller; the code is 2.
    """

    async def ask(client: Client) -> Json:
        return await client.get("/v1/readiness")

    centers = call(reached, ask)["centers"]
    shown = [each for each in centers if center in {None, each["center"]}]
    if not shown:
        raise CommandError(f"nothing is known of {center or 'any center'}", code=USAGE)
    for each in shown:
        if as_json:
            put(each)
        else:
            sys.stdout.write(line(each, lang) + "\n")
    return DONE if all(each["holds"] for each in shown) else NOT_WHOLE


def line(entry: Mapping[str, Any], lang: Language) -> str:
    """Say how ready a center is, and what is missing, the worst first."""
    mark = "✔" if entry["holds"] else "✘"
    first = f"{mark} {entry['center']}  {entry['score']}"
    said = [_reason(reason, lang) for reason in entry["reasons"]]
    return "\n".join([first, *(f"    {each}" for each in said)])


def _reason(reason: Mapping[str, Any], lang: Language) -> str:
    at = f" ({reason['at']})" if reason.get("at") else ""
    return f"-{reason['points']}  {text(reason['part'], lang)}: {text(reason['lack'], lang)}{at}"
