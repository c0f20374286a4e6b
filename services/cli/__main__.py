"""The command line `d115`. Data goes to stdout, progress and errors to stderr.

Each command's parts are imported when it runs, so that `--help` answers at once.
"""

import typer

from services.cli import callbacks, ladder, roster
from services.cli.commands import (
    acts,
    directory,
    drill,
    incidents,
    keys,
    machinery,
    reports,
    running,
)

app = typer.Typer(
    name="d115",
    help="Runs, shows and checks the 115 dispatch service.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
running.register(app)
machinery.register(app)
incidents.register(app)
acts.register(app)
reports.register(app)
app.add_typer(drill.app, name="drill")
app.add_typer(ladder.app, name="ladder")
app.add_typer(roster.app, name="roster")
app.add_typer(callbacks.app, name="callbacks")
app.add_typer(keys.app, name="keys")
app.add_typer(directory.app, name="directory")


if __name__ == "__main__":
    app()
