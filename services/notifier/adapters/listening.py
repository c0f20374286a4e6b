"""Who else writes in the transaction that says something: messages, callbacks, figures."""

from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from services.notifier.ports import Judged

Listener = Callable[[asyncpg.Connection, Sequence[Judged]], Awaitable[None]]
"""Writes what follows from what was judged, in the same transaction and after it was written.

It asks the database nothing of an entry that does not concern it, and may be told the same again
after a fault: what it writes bears ids that follow from what it was told.
"""
