"""`d115 keys`: keys of a directory, and those that are made before there is one."""

from typing import Annotated

import typer

from services.cli.options import DATA, AsJson, Data, KeyFile, Url, group, reached, told

app = group("List, make, rotate and revoke keys.")


KeyId = Annotated[str, typer.Argument(help="The key's id.")]


@app.command("list")
def list_keys(
    *, url: Url = None, key_file: KeyFile = None, as_json: AsJson = False, data: Data = DATA
) -> None:
    """List the keys of the directory: ids and holders, never the keys themselves."""
    with told():
        from services.cli import directory as command

        for line in command.list_keys(reached(data, url, key_file), as_json=as_json):
            typer.echo(line)


@app.command("make")
@app.command("new", hidden=True)
def make_key(  # noqa: PLR0913  # options of a command line, each by its name
    *,
    role: Annotated[str, typer.Option(help="station, operator, team, chief, supervisor, ...")],
    organisation: Annotated[str, typer.Option(help="The station, center or park it is for.")],
    team: Annotated[str | None, typer.Option(help="For role team: which.")] = None,
    person: Annotated[str | None, typer.Option(help="Whose it is, by code.")] = None,
    expires_at: Annotated[str | None, typer.Option(help="Until when, with its zone.")] = None,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = DATA,
) -> None:
    """Make a key for somebody of the directory; it is shown this once."""
    with told():
        from services.cli import directory as command

        wanted = {
            "role": role,
            "organisation": organisation,
            "team": team,
            "person": person,
            "expires_at": expires_at,
        }
        typer.echo(command.make_key(reached(data, url, key_file), wanted))


@app.command("rotate")
def rotate_key(
    key_id: KeyId,
    *,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = DATA,
) -> None:
    """Make a second key for the same holder; revoke the old one once the new one is in use."""
    with told():
        from services.cli import directory as command

        typer.echo(command.rotate_key(reached(data, url, key_file), key_id))


@app.command("revoke")
@app.command("take", hidden=True)
def take_key(
    key_id: KeyId,
    *,
    url: Url = None,
    key_file: KeyFile = None,
    data: Data = DATA,
) -> None:
    """Take a key away: it opens nothing from now on."""
    with told():
        from services.cli import directory as command

        command.take_key(reached(data, url, key_file), key_id)


@app.command("data")
def make_data_key(
    key_id: Annotated[str, typer.Argument(help="Its id, such as k2.")] = "k1",
) -> None:
    """Make a key for sealing personal data, as an entry of D115_DATA_KEYS."""
    from services.cli.secrets import new_data_key

    typer.echo(new_data_key(key_id))


@app.command("admin")
def make_admin_key() -> None:
    """Make the key that applies the first directory; the second line is D115_ADMIN_KEY_SHA256."""
    from services.cli.secrets import new_admin_key

    for line in new_admin_key():
        typer.echo(line)
