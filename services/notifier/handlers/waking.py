"""Keeps the deadlines: says what follows from nothing having happened until now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from incident.alert import IncidentId
from services.notifier.handlers.following import Moments
from services.notifier.handlers.judging import Subject, judge_time, subject_of
from services.notifier.handlers.provisional import provisional
from services.notifier.ports import Atlas, Due, Judged, Wanted, Work

BATCH = 250
"""Ids in one transaction: of very many due at once, the first are told while the rest wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Woken:
    """What came of looking at what is due.

    Attributes:
        claimed: How many ids were due.
        judged: What was said about them.
        lags: How long after its moment each said something, in domain time.
    """

    claimed: int
    judged: tuple[Judged, ...] = ()
    lags: tuple[timedelta, ...] = ()


async def wake(
    work: Work,
    *,
    atlas: Atlas,
    at: Moments,
    closed: Collection[int],
    only: IncidentId | None = None,
) -> Woken:
    """Claim ids whose deadline has come, judge them as of now and set their next one.

    An id is judged anew from what is stored: a deadline whose reason has gone says nothing.

    Args:
        work: The transaction.
        atlas: What an alert without incident is judged by.
        at: Now.
        closed: Partitions whose deadlines wait until what their topic held is applied.
        only: This id alone.
    """
    wanted = Wanted(now=at.now, real=at.real, closed=closed, limit=BATCH)
    due = await work.claim(wanted, only=only)
    found = [(entry, _subject(entry, atlas)) for entry in due]
    judged = [
        (entry, judge_time(entry.known, subject, now=at.now))
        for entry, subject in found
        if subject is not None
    ]
    await work.drop_deadlines([entry.known.id for entry, subject in found if subject is None])
    await work.save([result for _, result in judged], real=at.real)
    return Woken(
        claimed=len(due),
        judged=tuple(result for _, result in judged),
        lags=tuple(at.now - entry.due_at for entry, result in judged if result.facts),
    )


def _subject(due: Due, atlas: Atlas) -> Subject | None:
    if due.incident is not None:
        return subject_of(due.incident, atlas)
    return None if due.alert is None else provisional(due.alert, atlas)
