"""What the demo's table shows: every incident with its clocks, from what consoles were told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from incident.directory import Lookup
from services.cli.demo.case import Case


class Mark(StrEnum):
    """What a clock says."""

    WAITING = "waiting"
    RUNNING = "running"
    AT_RISK = "at_risk"
    LATE = "late"
    MET = "met"
    BREACHED = "breached"
    VOID = "void"
    UNTIMED = "untimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A clock as it stands; `length` is from start to end, or to now."""

    mark: Mark
    length: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLeg:
    """A clock of the table: between which moments, and the time allowed."""

    code: str
    start: str
    end: str
    target: timedelta | None


LEGS = (
    ShownLeg(code="push", start="received", end="pushed", target=timedelta(seconds=60)),
    ShownLeg(code="assign", start="pushed", end="assigned", target=timedelta(seconds=60)),
    ShownLeg(code="arrive", start="assigned", end="on_scene", target=timedelta(seconds=300)),
    ShownLeg(code="total", start="received", end="ended", target=None),
)
"""The promise, and the whole; every leg is in the figures at the end."""

AT_RISK_SHARE = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An incident in the table."""

    number: str
    received_at: datetime
    case: Case
    place: str
    marks: tuple[str, ...]

    def readings(self, now: datetime) -> list[Reading]:
        """Read the clocks of `LEGS`."""
        return [read_leg(self.case, leg, now) for leg in LEGS]


class Board:
    """All incidents that were heard of, each as it stands."""

    def __init__(self, park: Lookup) -> None:
        self._park = park
        self._cases: dict[UUID, Case] = {}

    def see(self, case: Case) -> bool:
        """Take a state; say whether it is news."""
        known = self._cases.get(case.id)
        if not case.is_whole or (known is not None and known.version >= case.version):
            return False
        self._cases[case.id] = case
        return True

    def rows(self) -> list[Row]:
        """The incidents: those that live first, then those that ended, the newest first."""
        found = sorted(self._rows(), key=lambda row: row.received_at, reverse=True)
        return sorted(found, key=lambda row: row.case.ended)

    def row_of(self, case: Case) -> Row:
        """The row of one incident."""
        return Row(
            number=case.number,
            received_at=datetime.fromisoformat(case.state["alert"]["received_at"]),
            case=case,
            place=place_name(self._park, case.state["place"] or ""),
            marks=tuple(marks_of(case)),
        )

    @property
    def live(self) -> list[Case]:
        """The incidents that have not ended."""
        return [case for case in self._cases.values() if not case.ended]

    @property
    def ended(self) -> int:
        """How many ended."""
        return len(self._cases) - len(self.live)

    def has_ended(self, id_: UUID) -> bool:
        """Whether an incident was heard of and is over."""
        return id_ in self._cases and self._cases[id_].ended

    def _rows(self) -> Iterator[Row]:
        return (self.row_of(case) for case in self._cases.values())


def read_leg(case: Case, leg: ShownLeg, now: datetime) -> Reading:
    """Read a clock of an incident at `now`: from the first start to the first end, of any round."""
    start = case.first(leg.start)
    end = _end(case) if leg.end == "ended" else case.first(leg.end)
    if start is None:
        return Reading(mark=Mark.VOID if case.ended else Mark.WAITING)
    if end is None and case.ended:
        return Reading(mark=Mark.VOID)
    length = max((end or now) - start, timedelta(0))
    if leg.target is None:
        return Reading(mark=Mark.UNTIMED, length=length)
    if end is not None:
        return Reading(mark=Mark.MET if length <= leg.target else Mark.BREACHED, length=length)
    if length > leg.target:
        return Reading(mark=Mark.LATE, length=length)
    at_risk = length >= leg.target * AT_RISK_SHARE
    return Reading(mark=Mark.AT_RISK if at_risk else Mark.RUNNING, length=length)


def marks_of(case: Case) -> Iterator[str]:
    """Name what is special about an incident, by the codes of its texts."""
    state = case.state
    told: Mapping[str, bool] = {
        "exercise": state["alert"]["status"] != "actual",
        "late": state["alert"]["late"],
        "conflict": state["conflicts"] > 0,
        "undelivered": any("/direct-assign/" in (entry["step"] or "") for entry in case.teams),
        "automatic": any("/auto-assign/" in (entry["step"] or "") for entry in case.teams),
        "declined": any(entry["end_reason"] == "declined" for entry in case.teams),
        "diverted": any(entry["end_reason"] == "diverted" for entry in case.teams),
        "transferred": "transferred" in case.causes,
        "returned": "returned" in case.causes,
        "merged": state["merged_into"] is not None,
        "police": case.first("police_requested") is not None,
    }
    yield from (code for code, holds in told.items() if holds)


def place_name(park: Lookup, code: str) -> str:
    """Name a place with the building and the enterprise around it, the park left out."""
    place = park.places.get(code)
    if place is None:
        return code
    around = [park.places[above] for above in park.ancestors(code)]
    names = [place, *(above for above in around if above.parent is not None)]
    return " ".join(entry.name for entry in reversed(names))


def _end(case: Case) -> datetime | None:
    ended: str | None = case.state["ended_at"]
    return None if ended is None else datetime.fromisoformat(ended)
