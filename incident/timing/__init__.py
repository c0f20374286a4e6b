"""Timing: what the clocks of an incident say, from its moments alone.

Rule 1. A leg of scope `round` is judged in each round over the moments of that round. It starts
at the earliest start moment; the moment that a round's start stands in for (`ROUND_STARTS`) need
not be reported anew. It ends at the earliest end moment; nothing stands in for an end.

Rule 2. A leg of scope `incident` is judged once, over all rounds up to the first end of the
incident; what a reopening brings never changes its verdict. It is charged to the round in which
its end fell, else to the first.

Rule 3. A leg exists once its start or its end stands. An end without a start is `not_measured`,
and so, from the opening on, is a leg whose start only the opening could have stamped.

Rule 4. Reached by the due moment, or exactly then: `met`; later: `breached`. An end stamped
before its start is met, and its negative seconds are kept as reported. An arrival in time counts
even when it came after the round had ended.

Rule 5. Not reached by the due moment: if the round ended by then, or exactly then, it is `void`,
as nobody was given the whole time; if it ended later, or now is past due, it is `breached`, with
the end where there is one.

Rule 6. `amended` says that at some time the record showed a breach which a report, made later and
believed, disproved. The outcome is then met, or void where the report was that of an earlier end.

Rule 7. A leg without target is `measured` once both moments stand, and `void` if it ended without
its end moment.

A verdict follows from the incident and `now` alone, in whatever order the moments were recorded.
For one incident, `now` moves a verdict once at most: from pending to breached. What is reported
later may turn breached or void into met, breached into void, and, where it tells of an earlier
start, met into breached; nothing ever turns pending again.
"""

from incident.timing.deadlines import Deadline, DeadlineKind, deadlines, deadlines_of
from incident.timing.judging import judge
from incident.timing.supervising import SUPERVISION
from incident.timing.verdicts import Outcome, Verdict, WarningPoint

__all__ = [
    "SUPERVISION",
    "Deadline",
    "DeadlineKind",
    "Outcome",
    "Verdict",
    "WarningPoint",
    "deadlines",
    "deadlines_of",
    "judge",
]
