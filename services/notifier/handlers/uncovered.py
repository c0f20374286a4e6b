"""Times nobody is on duty, seen a day ahead: measured, logged once, offered to be told."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid5

import structlog

from incident.alert import OrganisationId
from incident.roster import Gap, Roster, gaps
from services.notifier import measures
from services.notifier.ports.people import UpcomingGap
from services.runtime.clock import Clock

AHEAD = timedelta(hours=24)
BACK = timedelta(days=7)
"""How far back the beginning of a gap that is on is looked for; of one that began before that,
its warning is told anew each day."""

PERIOD = timedelta(hours=1)
LOOK_SECONDS = 15.0
KNOWN_POSTS = frozenset(
    {
        "operator", "deputy", "chief", "micro-grid-leader", "group-leader", "supervisor",
        "command-center", "duty-officer", "team", "member",
    }
)  # fmt: skip
"""Posts that bear their own label in figures; those of one organisation's making stand together."""

_NAMESPACE = UUID("0c9e5c31-7a64-5b0d-9f5e-1d3b6a8c2e47")

_log = structlog.get_logger(__name__)


class Lookout:
    """Keeps the gaps ahead of all rosters, each looked for once an hour and once a version."""

    def __init__(self) -> None:
        self._found: dict[OrganisationId, tuple[object, list[UpcomingGap]]] = {}
        self._logged: set[UUID] = set()

    def upcoming(self, at: datetime) -> list[UpcomingGap]:
        """The gaps that are on at a moment or begin within a day of it, the first ones first."""
        found = [
            each
            for _, listed in self._found.values()
            for each in listed
            if each.gap.until > at and each.gap.since < at + AHEAD
        ]
        return sorted(found, key=lambda each: (each.gap.since, each.organisation, each.gap.post))

    async def look(self, rosters: Sequence[Roster], clock: Clock) -> None:
        """Look at every roster that is new since the last look, or the hour; others have a turn."""
        hour = clock.now().replace(minute=0, second=0, microsecond=0)
        left = {roster.organisation for roster in rosters}
        self._found = {code: kept for code, kept in self._found.items() if code in left}
        for roster in rosters:
            state = (roster.version, roster.calendar, hour)
            if self._found.get(roster.organisation, (None,))[0] != state:
                self._found[roster.organisation] = (state, _upcoming(roster, hour))
                await clock.sleep(0)
        self._log_new(self.upcoming(clock.now()))

    def _log_new(self, upcoming: Sequence[UpcomingGap]) -> None:
        for each in upcoming:
            if each.id not in self._logged:
                _log.warning(
                    "roster_gap",
                    organisation=each.organisation,
                    post=each.gap.post,
                    since=each.gap.since.isoformat(),
                    until=each.gap.until.isoformat(),
                    last_resort=len(each.gap.last_resort),
                )
        self._logged = {each.id for each in upcoming}


def measure(
    rosters: Iterable[Roster],
    upcoming: Iterable[UpcomingGap],
    *,
    type_of: Callable[[OrganisationId], str],
    at: datetime,
) -> None:
    """Set the seconds of the day ahead in which nobody is on duty, by type and post."""
    seconds: dict[tuple[str, str], float] = {
        (type_of(roster.organisation), _label(post.code)): 0.0
        for roster in rosters
        for post in roster.posts
    }
    for each in upcoming:
        length = min(each.gap.until, at + AHEAD) - max(each.gap.since, at)
        labels = (type_of(each.organisation), _label(each.gap.post))
        seconds[labels] = seconds.get(labels, 0.0) + max(length.total_seconds(), 0.0)
    measures.UNCOVERED.clear()
    for labels, value in seconds.items():
        measures.UNCOVERED.labels(*labels).set(value)


def _upcoming(roster: Roster, hour: datetime) -> list[UpcomingGap]:
    since = datetime.combine((hour - BACK).date(), time(0), tzinfo=UTC)
    found = gaps(roster, since, hour + AHEAD + PERIOD)
    return [
        UpcomingGap(id=_id_of(roster, gap), organisation=roster.organisation, gap=gap)
        for gap in found
        if gap.until > hour
    ]


def _id_of(roster: Roster, gap: Gap) -> UUID:
    return uuid5(_NAMESPACE, f"{roster.organisation}/{gap.post}/{gap.since.isoformat()}")


def _label(post: str) -> str:
    return post if post in KNOWN_POSTS else "other"
