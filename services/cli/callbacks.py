"""`d115 callbacks`: how a station is told, files over a boundary, and what became of callbacks."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import DATA, As, AsJson, Data, KeyFile, Url, group, reached_as, told

app = group("Callbacks to stations: register, look them up, carry them over a boundary.")

HOLDER = "station"
Station = Annotated[str | None, typer.Option(help="Whose; an admin says it.")]


@app.command("register")
def register_station(  # noqa: PLR0913  # options of a command line, each by its name
    *,
    to: Annotated[
        str | None, typer.Option(help="Where callbacks are sent; else they wait.")
    ] = None,
    types: Annotated[list[str] | None, typer.Option("--type", help="Only these.")] = None,
    rotate: Annotated[bool, typer.Option("--rotate", help="Make a new secret.")] = False,
    station: Station = None,
    as_: As = None,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = DATA,
) -> None:
    """Register for callbacks; a new secret is printed this once."""
    with told():
        from services.cli import boundary

        body = {"url": to, "rotate": rotate} | ({"types": types} if types else {})
        asked = reached_as(data, url, key_file, holder=as_, usual=HOLDER)
        typer.echo(boundary.register(asked, body, station=station))


@app.command("log")
def show_log(  # noqa: PLR0913  # options of a command line, each by its name
    *,
    incident: Annotated[str | None, typer.Option(help="Of this alert.")] = None,
    state: Annotated[
        str | None, typer.Option(help="waiting, delivered, confirmed or failed.")
    ] = None,
    station: Station = None,
    as_json: AsJson = False,
    as_: As = None,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = DATA,
) -> None:
    """Print what was told and what came of it, newest first."""
    with told():
        from services.cli import boundary

        asked = reached_as(data, url, key_file, holder=as_, usual=HOLDER)
        wanted = {"incident": incident, "state": state, "station": station}
        for line in boundary.log(asked, wanted, as_json=as_json):
            typer.echo(line)


@app.command("export")
def export_file(  # noqa: PLR0913  # options of a command line, each by its name
    file: Annotated[Path, typer.Argument(help="Where to write them; must not be there yet.")],
    *,
    after: Annotated[
        int | None, typer.Option(min=0, help="The number they follow; else the last confirmed.")
    ] = None,
    station: Station = None,
    as_: As = None,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = DATA,
) -> None:
    """Write callbacks to a file, signed, to be carried over a boundary."""
    with told():
        from services.cli import boundary

        asked = reached_as(data, url, key_file, holder=as_, usual=HOLDER)
        typer.echo(boundary.export(asked, file, after=after, station=station), err=True)


@app.command("import")
def import_receipts(  # noqa: PLR0913  # options of a command line, each by its name
    file: Annotated[Path, typer.Argument(help="Receipts that came back, as JSON.")],
    *,
    as_json: AsJson = False,
    station: Station = None,
    as_: As = None,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = DATA,
) -> None:
    """Take receipts from the other side; the same file again changes nothing."""
    with told():
        from services.cli import boundary

        asked = reached_as(data, url, key_file, holder=as_, usual=HOLDER)
        typer.echo(boundary.take(asked, file, station=station, as_json=as_json))
