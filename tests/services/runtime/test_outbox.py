"""Keys fall into shards, always the same."""

import pytest

from services.runtime.outbox import SHARDS, shard_of
from services.runtime.statements import statement


def test_a_keys_shard_never_changes() -> None:
    """Rows in the outbox carry it across versions of the program."""
    assert [shard_of(key) for key in ("", "a", "事件", "0192e4a0")] == [0, 3, 2, 2]


def test_every_shard_is_used() -> None:
    assert {shard_of(str(number)) for number in range(100)} == set(range(SHARDS))


@pytest.mark.parametrize("schema", ["", "Pier", "a.b", "a; drop table b", '"x"', "1a"])
def test_a_schema_is_a_plain_name(schema: str) -> None:
    with pytest.raises(ValueError, match="schema"):
        statement("select_positions", schema)


def test_a_statement_names_its_schema() -> None:
    text = statement("measure_outbox", "pier")
    assert "from pier.outbox" in text
    assert "{" not in text
