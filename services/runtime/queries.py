"""Reads a file of named SQL statements.

Each begins with `-- name: verb_noun`, followed by at least one comment line that says in a sentence
what it does, followed by the statement::

    -- name: insert_event
    -- Appends one event to an incident's chain.
    insert into ...
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from typing_extensions import override

_HEADER = re.compile(r"^--\s*name:\s*(.*?)\s*$")
_NAME = re.compile(r"[a-z]+(_[a-z0-9]+)+")


class QueryFileError(ValueError):
    """A file of queries is not well-formed; the message names file, line and fault."""


class UnknownQueryError(LookupError):
    """No query has this name."""


class Queries(Mapping[str, str]):
    """The statements of one file by name."""

    def __init__(self, path: Path, statements: Mapping[str, str]) -> None:
        self._path = path
        self._statements = dict(statements)

    @override
    def __getitem__(self, name: str) -> str:
        try:
            return self._statements[name]
        except KeyError:
            raise UnknownQueryError(f"{self._path} has no query {name!r}") from None

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._statements)

    @override
    def __len__(self) -> int:
        return len(self._statements)

    @override
    def __contains__(self, name: object) -> bool:
        return name in self._statements


def load(path: Path) -> Queries:
    """Read a file of queries.

    Raises:
        QueryFileError: A name is missing, malformed or given twice, or a query has no sentence or
            no statement.
    """
    statements: dict[str, str] = {}
    for number, name, lines in _blocks(path):
        where = f"{path}:{number}: query {name!r}"
        if not _NAME.fullmatch(name):
            raise QueryFileError(f"{where} is not named verb_noun")
        if name in statements:
            raise QueryFileError(f"{where} is there twice")
        if not lines or not lines[0].startswith("--"):
            raise QueryFileError(f"{where} does not say in a comment what it does")
        statement = "\n".join(line for line in lines if not line.startswith("--")).strip()
        if not statement:
            raise QueryFileError(f"{where} has no statement")
        statements[name] = f"-- {name}\n{statement.rstrip(';')}"
    return Queries(path, statements)


def _blocks(path: Path) -> Iterator[tuple[int, str, list[str]]]:
    """Yield the line, the name and the lines of each query."""
    number, name, lines = 0, "", list[str]()
    for position, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        header = _HEADER.match(line)
        if header is None:
            if not name and line.strip() and not line.startswith("--"):
                raise QueryFileError(f"{path}:{position}: a statement stands before any name")
            lines.append(line)
            continue
        if name:
            yield number, name, lines
        number, name, lines = position, header[1], []
        if not name:
            raise QueryFileError(f"{path}:{position}: a query without a name")
    if name:
        yield number, name, lines
