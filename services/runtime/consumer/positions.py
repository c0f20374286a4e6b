"""Where a consumer group stands, kept in the same Postgres as the effects of what it read.

A position moves in the transaction of the effects, and only on from where the caller believes it to
be. Whoever still works on a partition that another member has taken over fails on that condition,
so nothing is applied twice, however long the old member was frozen.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import asyncpg

from services.runtime.consumer.faults import FencedError
from services.runtime.consumer.places import Place
from services.runtime.statements import statement


class Step(NamedTuple):
    """A move of one partition's position."""

    place: Place
    expected: int
    next_offset: int


class Positions:
    """The stored positions of one group in one schema."""

    def __init__(self, schema: str, group: str) -> None:
        self._group = group
        self._select = statement("select_positions", schema)
        self._insert = statement("insert_positions", schema)
        self._advance = statement("advance_positions", schema)

    async def read(
        self, connection: asyncpg.Connection, places: Sequence[Place]
    ) -> dict[Place, int]:
        """Return the next offset of each partition that has one stored."""
        topics, partitions = [p.topic for p in places], [p.partition for p in places]
        rows = await connection.fetch(self._select, self._group, topics, partitions)
        return {Place(row["topic"], row["partition"]): row["next_offset"] for row in rows}

    async def begin(self, connection: asyncpg.Connection, starts: Mapping[Place, int]) -> None:
        """Store where partitions begin that were never read; a stored position is not touched."""
        topics, partitions = [p.topic for p in starts], [p.partition for p in starts]
        offsets = list(starts.values())
        await connection.execute(self._insert, self._group, topics, partitions, offsets)

    async def advance(self, connection: asyncpg.Connection, steps: Sequence[Step]) -> None:
        """Move positions on, each only from where it is expected.

        Called first in a transaction: it holds off another member until this one is decided.

        Raises:
            FencedError: One of them is somewhere else.
        """
        moved = await connection.fetchval(
            self._advance,
            self._group,
            [step.place.topic for step in steps],
            [step.place.partition for step in steps],
            [step.expected for step in steps],
            [step.next_offset for step in steps],
        )
        if moved != len(steps):
            raise FencedError(f"{len(steps) - moved} of {len(steps)} positions have moved")
