"""`d115 ladder`: what is done if nobody acts, and what an edited profile would have changed."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import DATA, AsJson, Data, KeyFile, Speak, Url, group, reached, told
from services.cli.texts import Language

app = group("The ladder: what is done, and when, if nobody acts.")

Named = Annotated[str, typer.Option("--profile", help="A built-in profile, or a file with one.")]


@app.command()
def explain(  # noqa: PLR0913  # options of a command line, each by its name
    *,
    profile: Named = "115",
    severity: Annotated[str, typer.Option(help="red, orange, yellow or blue.")] = "yellow",
    kind: Annotated[str, typer.Option(help="The kind of incident.")] = "police-alert",
    source: Annotated[str, typer.Option(help="Who raised it.")] = "station",
    about: Annotated[
        list[str] | None, typer.Option(help="What it is about, such as weapons; several times.")
    ] = None,
    after: Annotated[
        list[str] | None,
        typer.Option(help="What people did by second 0, such as pushed; several times, else all."),
    ] = None,
    console: Annotated[bool, typer.Option(help="The center has consoles.")] = True,
    late: Annotated[bool, typer.Option("--late", help="The alert was old when it came.")] = False,
    as_json: AsJson = False,
    lang: Speak = Language.ZH,
) -> None:
    """Say, second by second, what happens if nobody acts."""
    with told():
        from services.cli.rehearsal import explained

        wanted = explained.Wanted(
            profile=profile,
            severity=severity,
            kind=kind,
            source=source,
            about=tuple(about or ()),
            after=tuple(after or ()),
            console=console,
            late=late,
        )
        for line in explained.lines(wanted, lang, as_json=as_json):
            typer.echo(line)


@app.command("dry-run")
def dry_run(  # noqa: PLR0913  # options of a command line, each by its name
    profile: Annotated[Path, typer.Argument(help="The edited profile, as TOML.")],
    *,
    since: Annotated[
        str | None, typer.Option("--from", help="Incidents received from this moment on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Incidents received before this moment.")
    ] = None,
    week: Annotated[
        str | None, typer.Option(help="A week instead, such as 2026-W47; else the last 7 days.")
    ] = None,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = DATA,
    as_json: AsJson = False,
    lang: Speak = Language.ZH,
) -> None:
    """Say what an edited profile would have changed of what has happened."""
    with told():
        from services.cli.rehearsal import rerun

        wanted = rerun.Wanted(profile=profile, since=since, until=until, week=week)
        for line in rerun.lines(reached(data, url, key_file), wanted, lang, as_json=as_json):
            typer.echo(line)
