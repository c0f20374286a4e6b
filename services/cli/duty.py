"""Rosters over the public interface, as lines to print."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from services.cli.answers import Json, RefusedError
from services.cli.calling import call
from services.cli.client import Ask, Client
from services.cli.errors import CommandError
from services.cli.park import read_document
from services.cli.reach import Reached
from services.runtime import codec

NAME = "organisation"


def apply(reached: Reached, file: Path, *, as_json: bool) -> Iterator[str]:
    """Put the rosters of a file in force, one after another, and say which version each has.

    Raises:
        CommandError: The file names no organisation, or a roster is faulty; every fault is named.
    """
    for organisation, document in _rosters(file):
        told = call(reached, _putting(organisation, document))
        if as_json:
            yield codec.text(told)
        else:
            what = "in force" if told["changed"] else "in force already"
            yield f"{organisation}: version {told['version']} is {what}"


def show(reached: Reached, organisation: str, *, as_json: bool) -> str:
    """Return a roster as a file that may be applied again."""
    told = _get(reached, f"/v1/rosters/{organisation}")
    if as_json:
        return codec.text(told) + "\n"
    document = {NAME: organisation, **told["document"]}
    text: str = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    return f"# version {told['version']}\n{text}"


def on_duty(reached: Reached, organisation: str, *, at: str | None, as_json: bool) -> Iterator[str]:
    """Say who is on duty at each post."""
    query = {} if at is None else {"at": at}
    told = _get(reached, f"/v1/rosters/{organisation}/duty", **query)
    if as_json:
        yield codec.text(told)
        return
    zone = ZoneInfo(told["time_zone"])
    for moment in told["moments"]:
        yield _local(moment["at"], zone)
        for post in moment["posts"]:
            people = ", ".join(f"{person['name']} ({person['code']})" for person in post["people"])
            yield f"  {post['post']}: {people or '-'} [{post['why']}]"


def gaps(
    reached: Reached, organisation: str, span: Mapping[str, str | None], *, as_json: bool
) -> Iterator[str]:
    """Name the times nobody is on duty."""
    query = {name: moment for name, moment in span.items() if moment is not None}
    told = _get(reached, f"/v1/rosters/{organisation}/gaps", **query)
    if as_json:
        yield codec.text(told)
        return
    for gap in told["gaps"]:
        called = ", ".join(gap["last_resort"]) or "nobody"
        yield f"{gap['post']}: {gap['since']} to {gap['until']}; last resort: {called}"
    yield f"{len(told['gaps'])} gaps, {told['uncovered_seconds'] / 3600:.1f} h uncovered"


def _rosters(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rosters of a file by organisation: the file itself, or those it lists as `rosters`."""
    whole = read_document(file)
    listed = whole.get("rosters", [whole])
    for entry in listed if isinstance(listed, list) else [listed]:
        if not isinstance(entry, dict) or not isinstance(entry.get(NAME), str):
            raise CommandError(f"{file}: a roster names its {NAME}")
        yield entry[NAME], {name: value for name, value in entry.items() if name != NAME}


def _putting(organisation: str, document: Mapping[str, Any]) -> Callable[[Client], Awaitable[Json]]:
    path = f"/v1/rosters/{organisation}"

    async def put(client: Client) -> Json:
        try:
            version = (await client.get(path))["version"]
        except RefusedError as error:
            if error.kind != "no-roster":
                raise
            version = 0
        ask = Ask(method="PUT", path=path, body=document, headers={"If-Match": f'"{version}"'})
        try:
            return await client.ask(ask)
        except RefusedError as error:
            raise _named(organisation, error) from error

    return put


def _named(organisation: str, error: RefusedError) -> Exception:
    """A refusal with every fault on a line of its own."""
    faults = error.members.get("errors")
    if not faults:
        return error
    lines = [f"{fault['field']} {fault['message']}" for fault in faults]
    return CommandError(f"the roster of {organisation} is faulty:\n  " + "\n  ".join(lines))


def _get(reached: Reached, path: str, **query: str) -> Json:
    async def get(client: Client) -> Json:
        return await client.get(path, **query)

    return call(reached, get)


def _local(moment: str, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(moment).astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
