"""Kinds and profiles: what an incident of a kind is measured by and what is done if nobody acts.

Both are data (`incident/kinds/*.toml`), read by `incident.kinds`. The profile chosen at
opening is frozen into the incident: editing a file never changes a verdict.
"""

from dataclasses import dataclass
from enum import StrEnum

from incident.alert import Severity, Source
from incident.moments import MomentName
from incident.rung import (
    Action,
    Amount,
    Phase,
    Rung,
    SendingAction,
    SendingRung,
    SeverityAmount,
    Trigger,
    Unit,
    Whose,
    whole,
)

__all__ = [
    "Action",
    "Amount",
    "DetailField",
    "Disposition",
    "FieldType",
    "FollowUpRule",
    "Kind",
    "Leg",
    "OnSite",
    "Phase",
    "Profile",
    "Rung",
    "Scope",
    "SendingAction",
    "SendingRung",
    "SeverityAmount",
    "Trigger",
    "Unit",
    "Whose",
    "rungs_of",
]


class Scope(StrEnum):
    """Whether a clock runs once per incident or anew in each round."""

    INCIDENT = "incident"
    ROUND = "round"


class OnSite(StrEnum):
    """How a disposition counts in the on-site closure rate."""

    YES = "yes"
    NO = "no"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A stretch between two moments.

    Attributes:
        target: The allowed time; None for a leg that is only reported.
        warn_at_percent: Shares of the target after which the leg is at risk.
        fallback_start: The moment that stands in where `start` was not recorded.
        sources: The sources that have this leg; empty means every source.
    """

    code: str
    start: MomentName
    end: MomentName
    scope: Scope
    target: Amount | None = None
    warn_at_percent: tuple[int, ...] = ()
    fallback_start: MomentName | None = None
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Legs and ladder, as frozen into an incident at its opening.

    Attributes:
        ladder: The rungs that readers of release 0.1.0 can follow.
        further: The others; `rungs_of` gives both.
    """

    code: str
    legs: tuple[Leg, ...]
    ladder: tuple[SendingRung, ...]
    further: tuple[Rung, ...] = ()


_KEPT = 128
_rungs: dict[int, tuple[Profile, tuple[Rung, ...]]] = {}  # holds the profile: its id stays its own


def rungs_of(profile: Profile) -> tuple[Rung, ...]:
    """All rungs of a profile's ladder; made once for each profile in memory."""
    found = _rungs.get(id(profile))
    if found is not None:
        return found[1]
    if len(_rungs) >= _KEPT:
        _rungs.pop(next(iter(_rungs)), None)  # another thread may have been faster
    made = (*map(whole, profile.ladder), *profile.further)
    _rungs[id(profile)] = (profile, made)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """A way an incident may end.

    Attributes:
        code: The code on the wire.
        on_site: How it counts in the on-site closure rate.
        required: Fields of the result that must be given with it.
        follow_up: The function group a follow-up is opened for, if it opens one.
    """

    code: str
    zh: str
    en: str
    on_site: OnSite
    required: tuple[str, ...] = ()
    follow_up: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpRule:
    """When those who were helped are called after the closing (回访).

    Attributes:
        within: How long after the closing the call may be made in time.
        attempts: How often it is tried where nobody answers.
        dispositions: The dispositions that are followed by a call.
    """

    within: Amount
    attempts: int
    dispositions: tuple[str, ...]


class FieldType(StrEnum):
    """Types a detail may have."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailField:
    """One field of a kind's details.

    Attributes:
        at: `opening` or `result`: when it is checked.
    """

    name: str
    type: FieldType
    at: str
    required: bool = False
    choices: tuple[str, ...] = ()
    maximum: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What an incident can be.

    Attributes:
        profiles: Profile code per severity; every severity has one.
        moments: The optional moments this kind uses.
        police_required: Circumstances in which police, fire brigade or ambulance are asked for at
            the opening, beside the team. A rung of the profile says which of them are asked.
        remind_at_percent: The shares of a supervision's time after which its owner is reminded.
        follow_up: When those who were helped are called; None for never.
    """

    code: str
    zh: str
    en: str
    profiles: tuple[tuple[Severity, str], ...]
    moments: tuple[MomentName, ...]
    dispositions: tuple[Disposition, ...]
    details: tuple[DetailField, ...]
    police_required: tuple[str, ...] = ()
    remind_at_percent: tuple[int, ...] = ()
    follow_up: FollowUpRule | None = None

    def profile_code(self, severity: Severity) -> str:
        """The profile of an incident of this kind and severity."""
        return dict(self.profiles)[severity]
