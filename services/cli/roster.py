"""`d115 roster`: who is on duty, and how they are reached."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.options import DATA, AsJson, Data, KeyFile, Url, group, reached_as, told

if TYPE_CHECKING:
    from services.cli.reach import Reached

app = group("Rosters: who is on duty where, and when nobody is.")

Organisation = Annotated[str, typer.Argument(help="The center, park or station, by its code.")]


@app.command("apply")
def apply_rosters(
    file: Annotated[Path, typer.Argument(help="One roster or several, as YAML.")],
    *,
    as_json: AsJson = False,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = DATA,
) -> None:
    """Put rosters in force; a faulty one is refused whole, and every fault is named."""
    with told():
        from services.cli import duty

        for line in duty.apply(_whom(data, url, key_file), file, as_json=as_json):
            typer.echo(line)


@app.command("show")
def show_roster(
    organisation: Organisation,
    *,
    as_json: AsJson = False,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = DATA,
) -> None:
    """Print a roster as YAML, to be changed and applied again; addresses stay masked."""
    with told():
        from services.cli import duty

        typer.echo(duty.show(_whom(data, url, key_file), organisation, as_json=as_json), nl=False)


@app.command("duty")
def show_duty(  # options of a command line, each by its name
    organisation: Organisation,
    *,
    at: Annotated[str | None, typer.Option(help="A moment; else now and in an hour.")] = None,
    as_json: AsJson = False,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = DATA,
) -> None:
    """Say who is on duty at each post."""
    with told():
        from services.cli import duty

        asked = _whom(data, url, key_file)
        for line in duty.on_duty(asked, organisation, at=at, as_json=as_json):
            typer.echo(line)


@app.command("gaps")
def show_gaps(  # noqa: PLR0913  # options of a command line, each by its name
    organisation: Organisation,
    *,
    since: Annotated[str | None, typer.Option("--from", help="A moment; else now.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="A moment; else a week later.")] = None,
    as_json: AsJson = False,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = DATA,
) -> None:
    """Name the times in which nobody is on duty where somebody must be."""
    with told():
        from services.cli import duty

        asked = _whom(data, url, key_file)
        for line in duty.gaps(asked, organisation, {"from": since, "to": until}, as_json=as_json):
            typer.echo(line)


def _whom(data: Path, url: str | None, key_file: Path | None) -> "Reached":
    """Call as the supervisor: the admin's key opens the dispatcher alone."""
    return reached_as(data, url, key_file, holder=None, usual="supervisor")
