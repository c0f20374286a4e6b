"""The command line `d115`. Data goes to stdout, progress and errors to stderr.

Each command's parts are imported when it runs, so that `--help` answers at once.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.errors import CommandError
from services.cli.texts import Language

if TYPE_CHECKING:
    from services.cli.reach import Reached

app = typer.Typer(
    name="d115",
    help="Runs, shows and checks the 115 dispatch service.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="Make and take away keys.", no_args_is_help=True, rich_markup_mode=None)
directory = typer.Typer(
    help="The park's directory: who and what there is.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(keys, name="keys")
app.add_typer(directory, name="directory")

Data = Annotated[Path, typer.Option("--data", help="Where servers and instances keep their data.")]
Speak = Annotated[Language, typer.Option("--lang", envvar="D115_LANG", help="Language of texts.")]

Url = Annotated[
    str | None, typer.Option(envvar="D115_URL", help="The instance's address; else `d115 up`'s.")
]
KeyFile = Annotated[
    Path | None, typer.Option(help="File with an admin's key; else that of `d115 up`.")
]

_DATA = Path(".d115")
_DAY_MINUTES = 24 * 60


@contextmanager
def _told() -> Iterator[None]:
    """End with one line and an exit code where a command cannot do what was asked."""
    from services.cli.errors import one_line_errors
    from services.cli.output import quiet_logs

    quiet_logs()
    try:
        with one_line_errors():
            yield
    except CommandError as error:
        sys.stderr.write(f"d115: {error}\n")
        raise typer.Exit(error.code) from None


def _reached(data: Path, url: str | None, key_file: Path | None) -> "Reached":
    from services.cli.reach import reach, read_key

    return reach(data, url=url, key=None if key_file is None else read_key(key_file))


@app.command()
def demo(  # noqa: PLR0913  # options of a command line, each by its name
    *,
    day: Annotated[bool, typer.Option("--day", help="A whole day in eight minutes.")] = False,
    minutes: Annotated[
        float | None, typer.Option(min=1, max=_DAY_MINUTES, help="Another length, in park time.")
    ] = None,
    speed: Annotated[
        float | None, typer.Option(min=1, max=600, help="Park seconds in a real one.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Other alerts than usual.")] = 115,
    report: Annotated[
        Path | None, typer.Option("--json", help="Write the outcome to a file.")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Write the table to a file, as SVG.")] = None,
    lang: Speak = Language.ZH,
    data: Data = _DATA,
) -> None:
    """Play an hour of invented alerts.

    In two minutes, on real Kafka and Postgres; simulated people act over the public interface only.
    """
    from datetime import timedelta

    from services.cli.demo import command

    length = timedelta(minutes=minutes or (_DAY_MINUTES if day else 60))
    wanted = command.Wanted(
        data=data,
        length=length,
        speed=speed or (180 if day else 30),
        seed=seed,
        language=lang,
        report=report,
        picture=picture,
    )
    with _told():
        code = command.demo(wanted)
    raise typer.Exit(code)


@app.command()
def up(
    *,
    park: Annotated[
        Path | None, typer.Option(help="The directory to begin with, instead of the demo's park.")
    ] = None,
    data: Data = _DATA,
) -> None:
    """Run everything under one address.

    Kafka, Postgres and all services, until Ctrl-C. The data stays for the next time.
    """
    with _told():
        from services.cli import up as command
        from services.cli.park import DEMO_PARK

        code = command.up(data, park or DEMO_PARK)
    raise typer.Exit(code)


@app.command()
def replay(  # noqa: PLR0913  # options of a command line, each by its name
    file: Annotated[Path, typer.Argument(help="The records, as CSV.")],
    *,
    since: Annotated[
        str | None, typer.Option("--from", help="Play calls received from this local time on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Play calls received before this local time.")
    ] = None,
    speed: Annotated[float, typer.Option(help="Seconds of the records in a real one.")] = 400.0,
    report: Annotated[
        Path | None, typer.Option("--json", help="Write the outcome to a file.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Use a running instance; its clock stays as it is.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="File with its admin's key; else that of `d115 up`.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the data it makes.")] = False,
    data: Data = _DATA,
) -> None:
    """Play real fire-department dispatch records.

    Through an instance of its own, over the public interface only; the figures are the product's.
    """
    with _told():
        from services.cli.replay import command

        wanted = command.Wanted(
            file=file,
            data=data,
            since=since,
            until=until,
            speed=speed,
            report=report,
            url=url,
            key_file=key_file,
            keep=keep,
        )
        code = command.replay(wanted)
    raise typer.Exit(code)


@app.command()
def verify(
    source: Annotated[str, typer.Argument(help="A directory with an export, or an address.")],
    *,
    key_file: Annotated[
        Path | None, typer.Option(help="File with an auditor's key; else that of `d115 up`.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Keep the export in this directory.")] = None,
    report: Annotated[
        Path | None, typer.Option("--json", help="Write what was found to a file.")
    ] = None,
    data: Data = _DATA,
) -> None:
    """Check the event log, exporting it first from an instance.

    Chains, digests, states and figures. The exit code is 4 if anything is not whole.
    """
    with _told():
        from services.cli.verify import command

        wanted = command.Wanted(source=source, data=data, key_file=key_file, out=out, report=report)
        code = command.verify(wanted)
    raise typer.Exit(code)


@app.command()
def migrate() -> None:
    """Apply the migrations to D115_POSTGRES."""
    with _told():
        from services.cli import migrate as command

        for name in command.migrate():
            typer.echo(name)


@directory.command("apply")
def apply_directory(
    file: Annotated[Path, typer.Argument(help="The directory, as YAML.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = _DATA,
) -> None:
    """Put a directory in force, and say what changed."""
    with _told():
        from services.cli import directory as command

        for line in command.apply(_reached(data, url, key_file), file, dry_run=dry_run):
            typer.echo(line)


@directory.command("show")
def show_directory(*, url: Url = None, key_file: KeyFile = None, data: Data = _DATA) -> None:
    """Print the directory in force as YAML."""
    with _told():
        from services.cli import directory as command

        typer.echo(command.show(_reached(data, url, key_file)), nl=False)


@keys.command("new")
def make_key(  # noqa: PLR0913  # options of a command line, each by its name
    *,
    role: Annotated[str, typer.Option(help="station, operator, team, chief, supervisor, ...")],
    organisation: Annotated[str, typer.Option(help="The station, center or park it is for.")],
    team: Annotated[str | None, typer.Option(help="For role team: which.")] = None,
    person: Annotated[str | None, typer.Option(help="Whose it is, by code.")] = None,
    expires_at: Annotated[str | None, typer.Option(help="Until when, with its zone.")] = None,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = _DATA,
) -> None:
    """Make a key for somebody of the directory; it is shown this once."""
    with _told():
        from services.cli import directory as command

        wanted = {
            "role": role,
            "organisation": organisation,
            "team": team,
            "person": person,
            "expires_at": expires_at,
        }
        typer.echo(command.make_key(_reached(data, url, key_file), wanted))


@keys.command("take")
def take_key(
    key_id: Annotated[str, typer.Argument(help="The key's id.")],
    *,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = _DATA,
) -> None:
    """Take a key away: it opens nothing from now on."""
    with _told():
        from services.cli import directory as command

        command.take_key(_reached(data, url, key_file), key_id)


@keys.command("data")
def make_data_key(
    key_id: Annotated[str, typer.Argument(help="Its id, such as k2.")] = "k1",
) -> None:
    """Make a key for sealing personal data, as an entry of D115_DATA_KEYS."""
    from services.cli.secrets import new_data_key

    typer.echo(new_data_key(key_id))


@keys.command("admin")
def make_admin_key() -> None:
    """Make the key that applies the first directory; the second line is D115_ADMIN_KEY_SHA256."""
    from services.cli.secrets import new_admin_key

    for line in new_admin_key():
        typer.echo(line)


if __name__ == "__main__":
    app()
