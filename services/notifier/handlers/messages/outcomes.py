"""What an attempt means for its message: done, tried again, by the person's next way, or given up.

A refusal for good goes on with the next way at once. A passing fault is tried again on the same
way, a few times; on the last way for longer. Whoever asks to be left alone for long is left alone:
the person's next way is taken, if there is one.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.notifier.handlers.messages.rules import Rules
from services.notifier.ports.messages import (
    Begun,
    MessageState,
    Outcome,
    Queued,
    Reason,
    Result,
    Settled,
)

MOST_ATTEMPTS = 20
"""In all: so often at most does a message reach a receiver that cannot tell repeats."""

LONGEST_REST = 900.0


def settle(
    begun: Begun, outcome: Outcome, *, ways: Sequence[str], rules: Rules, real: datetime
) -> Settled:
    """Say what becomes of a message.

    Args:
        begun: The attempt.
        outcome: What came of it.
        ways: The endpoints of the person's ways, in the order to try them.
        rules: How often is tried.
        real: Real time.
    """
    message = begun.message
    if outcome.result is Result.DELIVERED:
        return _settled(begun, outcome, MessageState.DELIVERED)
    if begun.number >= MOST_ATTEMPTS:
        return _settled(begun, outcome, MessageState.FAILED, reason=Reason.EXHAUSTED)
    last = message.way + 1 >= len(ways)
    pause = None
    if outcome.result is Result.TEMPORARY:
        pause = _pause(message, outcome, waits=rules.last_waits if last else rules.waits)
        if not last and (outcome.retry_after or 0.0) > rules.patience:
            pause = None
    if pause is not None:
        return Settled(
            id=message.id,
            attempt=begun.number,
            outcome=outcome,
            state=MessageState.WAITING,
            next_at=real + timedelta(seconds=pause),
            way=message.way,
            tries=message.tries + 1,
            endpoint=begun.endpoint,
        )
    if last:
        refused = outcome.result is Result.PERMANENT
        reason = Reason.REFUSED if refused else Reason.EXHAUSTED
        return _settled(begun, outcome, MessageState.FAILED, reason=reason)
    return Settled(
        id=message.id,
        attempt=begun.number,
        outcome=outcome,
        state=MessageState.WAITING,
        next_at=real,
        way=message.way + 1,
        tries=0,
        endpoint=ways[message.way + 1],
    )


def unsent(message: Queued, state: MessageState, reason: Reason) -> Settled:
    """Settle a message without an attempt."""
    return Settled(id=message.id, attempt=None, outcome=None, state=state, reason=reason)


def _pause(message: Queued, outcome: Outcome, *, waits: Sequence[float]) -> float | None:
    """Seconds until the same way is tried again; None where that was the last time."""
    if message.tries + 1 >= len(waits):
        return None
    return max(waits[message.tries + 1], min(outcome.retry_after or 0.0, LONGEST_REST))


def _settled(
    begun: Begun, outcome: Outcome, state: MessageState, *, reason: Reason | None = None
) -> Settled:
    return Settled(
        id=begun.message.id,
        attempt=begun.number,
        outcome=outcome,
        state=state,
        reason=reason,
        way=begun.message.way,
        tries=begun.message.tries,
        endpoint=begun.endpoint,
    )
