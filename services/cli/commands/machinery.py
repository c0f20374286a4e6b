"""`d115 doctor`, `readiness` and `dead-letters`: is it whole, would it hold, what died."""

from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.errors import CommandError
from services.cli.options import (
    DATA,
    AsJson,
    Data,
    KeyFile,
    Speak,
    Url,
    group,
    reached_as,
    told,
)
from services.cli.texts import Language

if TYPE_CHECKING:
    from pathlib import Path

    from services.cli.reach import Reached

letters = group("What could never be applied: list, look, put back.")

Kafka = Annotated[str | None, typer.Option(help="Kafka's addresses; else D115_KAFKA.")]
Postgres = Annotated[str | None, typer.Option(help="Postgres' DSN; else D115_POSTGRES.")]
Prefix = Annotated[str | None, typer.Option(help="Of the topics; else D115_TOPIC_PREFIX.")]
Place = Annotated[str, typer.Argument(help="Its place: topic/partition/offset.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(readiness)
    app.command()(doctor)
    app.add_typer(letters, name="dead-letters")


def readiness(
    center: Annotated[str | None, typer.Argument(help="Only this center.")] = None,
    *,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
    lang: Speak = Language.ZH,
    data: Data = DATA,
) -> None:
    """Would 115 hold right now? Each center's score with its reasons; 4 if it would not."""
    with told():
        from services.cli import readiness as command

        whom = reached_as(data, url, key_file, holder=None, usual="supervisor")
        code = command.readiness(whom, center, lang=lang, as_json=as_json)
    raise typer.Exit(code)


def doctor(  # noqa: PLR0913  # options of a command line, each by its name
    *,
    kafka: Kafka = None,
    postgres: Postgres = None,
    prefix: Prefix = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
    lang: Speak = Language.ZH,
    data: Data = DATA,
) -> None:
    """Look at everything an instance stands on; each finding says what to do. 4 if any fails."""
    with told():
        from services.cli.doctor import command
        from services.cli.servers import find_servers

        servers = find_servers(data, kafka=kafka, postgres=postgres, prefix=prefix)
        whom = _reached_or_none(data, url, key_file)
        code = command.doctor(whom, servers, data=data, lang=lang, as_json=as_json)
    raise typer.Exit(code)


@letters.command("list")
def list_letters(
    *,
    newest: Annotated[int, typer.Option(min=1, max=1000, help="Of each topic so many.")] = 100,
    kafka: Kafka = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
    data: Data = DATA,
) -> None:
    """List dead letters, the oldest first, each with its place and the reason."""
    with told():
        from services.cli import dead_letters as command
        from services.cli.servers import find_servers

        servers = find_servers(data, kafka=kafka, postgres=None, prefix=prefix)
        command.show_all(servers, newest=newest, as_json=as_json)


@letters.command("show")
def show_letter(
    place: Place,
    *,
    whole: Annotated[
        bool, typer.Option("--whole", help="All of the body, also what people wrote.")
    ] = False,
    kafka: Kafka = None,
    prefix: Prefix = None,
    data: Data = DATA,
) -> None:
    """Show one dead letter with its headers and body, as JSON."""
    with told():
        from services.cli import dead_letters as command
        from services.cli.servers import find_servers

        servers = find_servers(data, kafka=kafka, postgres=None, prefix=prefix)
        command.show(servers, place, whole=whole)


@letters.command("replay")
def replay_letters(
    places: Annotated[list[str], typer.Argument(help="Their places: topic/partition/offset.")],
    *,
    kafka: Kafka = None,
    prefix: Prefix = None,
    as_json: AsJson = False,
    data: Data = DATA,
) -> None:
    """Put dead letters back to their topics, after the cause was mended; each at most 3 times."""
    with told():
        from services.cli import dead_letters as command
        from services.cli.servers import find_servers

        servers = find_servers(data, kafka=kafka, postgres=None, prefix=prefix)
        command.replay_all(servers, places, as_json=as_json)


def _reached_or_none(data: "Path", url: str | None, key_file: "Path | None") -> "Reached | None":
    """Whom to ask; None where nobody said and no `d115 up` is kept."""
    if url is not None or key_file is not None:
        return reached_as(data, url, key_file, holder=None, usual="supervisor")
    try:
        return reached_as(data, None, None, holder=None, usual="supervisor")
    except CommandError:
        return None
