"""A file of queries is read whole, or refused with the line and the fault."""

from pathlib import Path

import pytest

from services.runtime.queries import QueryFileError, UnknownQueryError, load

GOOD = """\
-- What this file is for.

-- name: insert_event
-- Appends one event.
insert into event (id) -- the id
values ($1);

-- name: read_event
-- Gives one event.
-- It is never changed.
select id
from event;
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "queries.sql"


def test_queries_are_had_by_name_without_their_sentences(file: Path) -> None:
    file.write_text(GOOD)
    queries = load(file)

    assert list(queries) == ["insert_event", "read_event"]
    assert queries["read_event"] == "-- read_event\nselect id\nfrom event"
    assert "-- the id" in queries["insert_event"]
    assert len(queries) == 2


def test_an_unknown_query_is_named_with_its_file(file: Path) -> None:
    file.write_text(GOOD)
    queries = load(file)

    assert "drop_event" not in queries
    with pytest.raises(UnknownQueryError, match=r"queries\.sql has no query 'drop_event'"):
        queries["drop_event"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GOOD + GOOD, r":15: query 'insert_event' is there twice"),
        ("-- name: insert_event\ninsert into event;", r":1: .* does not say in a comment"),
        ("-- name: insert_event\n\n-- Late.\nselect 1;", r":1: .* does not say in a comment"),
        ("-- name: insert_event\n-- Nothing.\n", r":1: .* has no statement"),
        ("-- name: InsertEvent\n-- Odd.\nselect 1;", r":1: .* is not named verb_noun"),
        ("-- name: insert\n-- Odd.\nselect 1;", r":1: .* is not named verb_noun"),
        ("-- name:\n-- Odd.\nselect 1;", r":1: a query without a name"),
        ("select 1;\n" + GOOD, r":1: a statement stands before any name"),
    ],
)
def test_a_file_with_a_fault_is_refused(file: Path, text: str, why: str) -> None:
    file.write_text(text)

    with pytest.raises(QueryFileError, match=why):
        load(file)
