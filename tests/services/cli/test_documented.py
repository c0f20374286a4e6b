"""The page on the command line names every command, and none that is not there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from services.cli import errors
from services.cli.__main__ import app

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`d115 ([a-z][a-z -]*[a-z])`", PAGE))


def names(command: object, *above: str) -> Iterator[str]:
    """The names of all commands that are not hidden, with those of their groups before them."""
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            if not inner.hidden:
                yield from names(inner, *above, name)
    else:
        yield " ".join(above)


def test_the_page_names_every_command_and_no_other() -> None:
    there = {entry.partition(" ")[0] for entry in names(get_command(app))}
    whole = {
        entry for entry in NAMED if entry not in there or entry in set(names(get_command(app)))
    }

    assert whole == set(names(get_command(app)))


@pytest.mark.parametrize(
    "code", ["DONE", "FAILED", "USAGE", "LATE", "NOT_WHOLE", "REFUSED", "INTERRUPTED"]
)
def test_the_page_says_what_each_exit_code_means(code: str) -> None:
    assert f"| {getattr(errors, code)} |" in PAGE
