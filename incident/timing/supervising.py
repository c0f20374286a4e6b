"""The clock of each supervision: from its beginning to its end, against its deadline.

It runs beside the legs of the profile and whatever becomes of the incident. Its owner's
organisation is charged with it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from incident.following import Supervision
from incident.lifecycle import Incident
from incident.timing.verdicts import Outcome, Verdict, WarningPoint

SUPERVISION = "supervision"
"""The leg of all supervisions; a verdict's `round` is the supervision's number."""

SECOND = timedelta(seconds=1)


def judge_supervisions(incident: Incident, *, now: datetime) -> Iterator[Verdict]:
    """Judge every supervision, in the order of their numbers."""
    for entry in incident.supervisions:
        yield _verdict(entry, now)


def _verdict(entry: Supervision, now: datetime) -> Verdict:
    start, due, ended = entry.supervised_at, entry.deadline, entry.ended
    length = due - start
    warnings = tuple(
        WarningPoint(percent=percent, at=start + length * percent / 100)
        for percent in entry.remind_at_percent
    )
    if ended is None:
        return Verdict(
            leg=SUPERVISION,
            round=entry.number,
            organisation=entry.owner.organisation,
            outcome=Outcome.BREACHED if now > due else Outcome.PENDING,
            target_seconds=length // SECOND,
            start=start,
            due=due,
            warnings=warnings,
        )
    in_time = ended.at <= due
    return Verdict(
        leg=SUPERVISION,
        round=entry.number,
        organisation=entry.owner.organisation,
        outcome=Outcome.MET if in_time else Outcome.BREACHED,
        amended=in_time and ended.recorded_at > due,
        target_seconds=length // SECOND,
        start=start,
        due=due,
        end=ended.at,
        seconds=(ended.at - start) / SECOND,
        by=ended.actor.kind,
        via=ended.via,
        warnings=warnings,
    )
