"""Commands that run, play and check the whole: `demo`, `up`, `replay`, `verify`, `migrate`."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import DATA, Data, Speak, told
from services.cli.texts import Language

_DAY_MINUTES = 24 * 60


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (demo, up, replay, verify, migrate):
        app.command()(command)


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
    data: Data = DATA,
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
    with told():
        code = command.demo(wanted)
    raise typer.Exit(code)


def up(
    *,
    park: Annotated[
        Path | None, typer.Option(help="The directory to begin with, instead of the demo's park.")
    ] = None,
    data: Data = DATA,
) -> None:
    """Run everything under one address.

    Kafka, Postgres and all services, until Ctrl-C. The data stays for the next time.
    """
    with told():
        from services.cli import up as command
        from services.cli.park import DEMO_PARK

        code = command.up(data, park or DEMO_PARK)
    raise typer.Exit(code)


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
    data: Data = DATA,
) -> None:
    """Play real fire-department dispatch records.

    Through an instance of its own, over the public interface only; the figures are the product's.
    """
    with told():
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
    data: Data = DATA,
) -> None:
    """Check the event log, exporting it first from an instance.

    Chains, digests, states and figures. The exit code is 4 if anything is not whole.
    """
    with told():
        from services.cli.verify import command

        wanted = command.Wanted(source=source, data=data, key_file=key_file, out=out, report=report)
        code = command.verify(wanted)
    raise typer.Exit(code)


def migrate() -> None:
    """Apply the migrations to D115_POSTGRES."""
    with told():
        from services.cli import migrate as command

        for name in command.migrate():
            typer.echo(name)
