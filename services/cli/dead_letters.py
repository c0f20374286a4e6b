"""`d115 dead-letters`: what could never be applied, and putting it back."""

import asyncio
import sys
from collections.abc import Sequence

from services.cli.errors import USAGE, CommandError
from services.cli.incidents.watching import put
from services.cli.letters import Letter, body_of, read_letter, read_letters, replay
from services.cli.servers import Servers
from services.runtime import codec
from services.runtime.topics import every_topic


def show_all(servers: Servers, *, newest: int, as_json: bool) -> None:
    """Print a line for each dead letter."""
    for letter in asyncio.run(read_letters(_kafka(servers), _topics(servers), newest=newest)):
        if as_json:
            put(letter.shown())
        else:
            sys.stdout.write(
                f"{letter.died_at:%F %T}Z  {letter.place}  {letter.key}  {letter.reason}"
                f"  ({letter.group}, replayed {letter.replays} times)\n"
            )


def show(servers: Servers, place: str, *, whole: bool) -> None:
    """Print one, with its headers and body."""
    letter = asyncio.run(read_letter(_kafka(servers), _topics(servers), place))
    about = {**letter.shown(), "headers": letter.headers, "body": body_of(letter, whole=whole)}
    sys.stdout.write(codec.encode(about).decode() + "\n")


def replay_all(servers: Servers, places: Sequence[str], *, as_json: bool) -> None:
    """Put some back; none is if one of them cannot be read."""

    async def run() -> list[Letter]:
        kafka, topics = _kafka(servers), _topics(servers)
        letters = [await read_letter(kafka, topics, place) for place in dict.fromkeys(places)]
        await replay(kafka, letters)
        return letters

    for letter in asyncio.run(run()):
        if as_json:
            put({**letter.shown(), "replays": letter.replays + 1})
        else:
            sys.stdout.write(f"{letter.place} -> {letter.topic}, time {letter.replays + 1}\n")


def _kafka(servers: Servers) -> str:
    if servers.kafka is None:
        raise CommandError("say --kafka or D115_KAFKA: no `d115 up` is kept here", code=USAGE)
    return servers.kafka


def _topics(servers: Servers) -> list[str]:
    return [topic.name for topic in every_topic(servers.prefix)]
