"""What the checker finds: named facts, with the ids they are about."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from typing_extensions import override

MOST_OF_A_KIND = 12


class Wrong(StrEnum):
    """What is wrong."""

    ALERT_LOST = "alert lost"  # promised, and no incident
    ALERT_DOUBLED = "alert doubled"  # one alert, several incidents
    ALERT_ALTERED = "alert altered"  # the incident says something else than was sent
    ALERT_INVENTED = "alert invented"  # an incident that nobody asked for
    CHANGE_LOST = "change lost"  # an update or withdrawal that was promised
    CHANGE_DOUBLED = "change doubled"
    ACT_LOST = "act lost"  # answered ok, and not in the chain
    ACT_DOUBLED = "act doubled"
    ACT_INVENTED = "act invented"  # refused or never asked for, and in the chain
    ACT_DISORDERED = "act disordered"  # one that had ended stands behind one begun later
    UNSERVED = "unserved"  # somebody patient was not answered in time
    CHAIN_BROKEN = "chain broken"
    REPLAY_DIFFERS = "replay differs"
    STREAM_GAP = "stream gap"  # a console missed a number, or saw one twice
    STREAM_SHORT = "stream short"  # it did not see the last number
    STREAM_WRONG = "stream wrong"  # it was told of an event twice, or never
    TEAM_TWICE = "team twice"  # on two incidents at once
    LEG_WRONG = "leg wrong"  # not judged, or otherwise than its moments say
    FACT_WRONG = "fact wrong"  # a verdict told that is none, or not told
    STEP_TWICE = "step twice"
    DEADLINE_MISSED = "deadline missed"
    NOT_QUIET = "not quiet"  # something is still on its way
    NOT_CONSERVED = "not conserved"
    DEAD_LETTER = "dead letter"  # something good was put aside
    FIGURE_WRONG = "figure wrong"
    COMPLAINT = "complaint"  # of a fault: what must have happened did not


LOST = frozenset(
    {Wrong.ALERT_LOST, Wrong.CHANGE_LOST, Wrong.ACT_LOST, Wrong.STREAM_GAP, Wrong.STREAM_SHORT}
)
DOUBLED = frozenset(
    {
        Wrong.ALERT_DOUBLED,
        Wrong.CHANGE_DOUBLED,
        Wrong.ACT_DOUBLED,
        Wrong.TEAM_TWICE,
        Wrong.STEP_TWICE,
        Wrong.ALERT_INVENTED,
        Wrong.ACT_INVENTED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        about: What it is about: an incident's id, an operation, a console, a team.
        detail: In a sentence.
    """

    wrong: Wrong
    about: str
    detail: str

    @override
    def __str__(self) -> str:
        """The finding in one line."""
        return f"{self.wrong}: {self.about}: {self.detail}"


def listed(findings: Iterable[Finding]) -> list[str]:
    """Give a line for each finding; of many of one kind the first ones, and how many more."""
    seen: Counter[Wrong] = Counter()
    lines = []
    for finding in findings:
        seen[finding.wrong] += 1
        if seen[finding.wrong] <= MOST_OF_A_KIND:
            lines.append(str(finding))
    more = {wrong: times - MOST_OF_A_KIND for wrong, times in seen.items()}
    return [*lines, *(f"{wrong}: and {times} more" for wrong, times in more.items() if times > 0)]
