"""Statements on the tables every service keeps in its schema: positions, outbox, dead letters."""

import re
from pathlib import Path

from services.runtime import queries

_QUERIES = queries.load(Path(__file__).with_name("queries.sql"))
_SCHEMA = re.compile(r"[a-z][a-z0-9_]*")


def statement(name: str, schema: str) -> str:
    """Return a statement of queries.sql on one schema's tables.

    Raises:
        ValueError: The schema is no plain lower-case name.
    """
    if not _SCHEMA.fullmatch(schema):
        raise ValueError(f"a schema is a plain lower-case name, not {schema!r}")
    return _QUERIES[name].replace("{schema}", schema)
