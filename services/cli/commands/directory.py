"""`d115 directory`: who and what there is in a park."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import DATA, Data, KeyFile, Url, group, reached, told

app = group("The park's directory: who and what there is.")


@app.command("apply")
def apply_directory(
    file: Annotated[Path, typer.Argument(help="The directory, as YAML.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = DATA,
) -> None:
    """Put a directory in force, and say what changed."""
    with told():
        from services.cli import directory as command

        for line in command.apply(reached(data, url, key_file), file, dry_run=dry_run):
            typer.echo(line)


@app.command("show")
def show_directory(*, url: Url = None, key_file: KeyFile = None, data: Data = DATA) -> None:
    """Print the directory in force as YAML."""
    with told():
        from services.cli import directory as command

        typer.echo(command.show(reached(data, url, key_file)), nl=False)
