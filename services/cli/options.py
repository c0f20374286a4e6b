"""What the commands of `d115` share: their options, whom they talk to, and how they end."""

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

DATA = Path(".d115")

Data = Annotated[Path, typer.Option("--data", help="Where servers and instances keep their data.")]
Speak = Annotated[Language, typer.Option("--lang", envvar="D115_LANG", help="Language of texts.")]
Url = Annotated[
    str | None, typer.Option(envvar="D115_URL", help="The instance's address; else `d115 up`'s.")
]
KeyFile = Annotated[
    Path | None, typer.Option(help="File with the key to use; else that of `d115 up`.")
]
As = Annotated[
    str | None,
    typer.Option("--as", help="Whose key of `d115 up` to use, such as operator:heling-center."),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout, a line each in a stream.")]


@contextmanager
def told() -> Iterator[None]:
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


def reached(data: Path, url: str | None, key_file: Path | None) -> "Reached":
    """Say where to call and as whom; without a file, as the admin of `d115 up`.

    Raises:
        CommandError: No key is known for that address.
    """
    from services.cli.reach import reach, read_key

    return reach(data, url=url, key=None if key_file is None else read_key(key_file))


def reached_as(
    data: Path, url: str | None, key_file: Path | None, *, holder: str | None, usual: str
) -> "Reached":
    """Say where to call and as whom: by a file, else as somebody whose key `d115 up` keeps.

    Args:
        data: Where it keeps them.
        url: The address, or None for its own.
        key_file: A file with the key, or None.
        holder: Whose kept key was asked for.
        usual: Whose it is else, such as `station`.
    """
    from services.cli.reach import reach_as

    if key_file is not None:
        return reached(data, url, key_file)
    return reach_as(data, url=url, holder=holder or usual)


def group(about: str) -> typer.Typer:
    """Make a group of commands, such as `d115 keys`."""
    return typer.Typer(help=about, no_args_is_help=True, rich_markup_mode=None)
