"""`d115 drill`: run a scenario, end one that was left, and read the reports."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import DATA, AsJson, Data, Speak, Url, group, told
from services.cli.texts import Language

app = group("Drills over the real way, with a report of who did what when.")

StationKey = Annotated[
    Path | None, typer.Option("--key-file", help="The station's key; else that of `d115 up`.")
]
CenterKey = Annotated[
    Path | None,
    typer.Option("--center-key-file", help="The key of the center's operator; likewise."),
]
Which = Annotated[str | None, typer.Argument(help="The drill's id; else the newest.")]


@app.command()
def run(  # noqa: PLR0913  # options of a command line, each by its name
    scenario: Annotated[Path, typer.Argument(help="The scenario, as YAML.")],
    *,
    url: Url = None,
    key_file: StationKey = None,
    center_key_file: CenterKey = None,
    as_json: AsJson = False,
    lang: Speak = Language.ZH,
    data: Data = DATA,
) -> None:
    """Play a scenario; it ends by itself, and a real alert in the center pauses it.

    Ctrl-C ends it and takes its alerts back. Killed, it is ended when its time is up.
    """
    with told():
        from services.cli.drills import command

        keys = command.Keys(url=url, station=key_file, center=center_key_file, data=data)
        code = command.run(scenario, keys, lang, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def end(  # noqa: PLR0913  # options of a command line, each by its name
    drill: Which = None,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Only once its time is up.")] = False,
    url: Url = None,
    key_file: StationKey = None,
    center_key_file: CenterKey = None,
    lang: Speak = Language.ZH,
    data: Data = DATA,
) -> None:
    """End a drill whose run was cut off: every alert of it that is open is taken back."""
    with told():
        from services.cli.drills import command

        keys = command.Keys(url=url, station=key_file, center=center_key_file, data=data)
        code = command.end(drill, keys, lang, wait=wait)
    raise typer.Exit(code)


@app.command()
def report(
    drill: Which = None,
    *,
    as_json: AsJson = False,
    lang: Speak = Language.ZH,
    data: Data = DATA,
) -> None:
    """Tell who did what when in a drill that has ended."""
    with told():
        from services.cli.drills import command

        code = command.report(drill, lang, data=data, as_json=as_json)
    raise typer.Exit(code)


@app.command("list")
def list_drills(*, as_json: AsJson = False, data: Data = DATA) -> None:
    """List the drills that are kept, the newest first."""
    with told():
        from services.cli.drills import command

        command.show_all(data, as_json=as_json)
