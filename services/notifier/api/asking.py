"""What routes of figures share: the zone of days, the moment as of which, the park."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from incident.directory import Lookup
from services.notifier.api.figures import DEFAULT_ZONE
from services.notifier.handlers.periods import settled_at
from services.notifier.ports import Atlas
from services.notifier.ports.figures import Cases
from services.runtime.auth import Principal
from services.runtime.clock import Clock
from services.runtime.problems import Problem, invalid

NO_DIRECTORY = Problem(
    503, "no-directory", "No directory has come yet: nobody is known.", retry_after=5
)
NO_PARK = Problem(404, "no-such-park", "The directory has no park of this code.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What figures computed from recorded cases need.

    Attributes:
        time_zone: The zone to count days by; that of the directory if None.
    """

    cases: Cases
    atlas: Atlas
    clock: Clock
    caller: Callable[..., Awaitable[Principal]]
    time_zone: str | None

    @property
    def zone(self) -> ZoneInfo:
        """The zone days are counted by."""
        lookup = self.atlas.lookup
        of_park = DEFAULT_ZONE if lookup is None else lookup.directory.park.time_zone
        return ZoneInfo(self.time_zone or of_park)

    def lookup_of(self, park: str) -> Lookup:
        """The directory of a park.

        Raises:
            Problem: 404 for another park than ours; 503 before a directory came.
        """
        lookup = self.atlas.lookup
        if lookup is None:
            raise NO_DIRECTORY
        if park != lookup.directory.park.code:
            raise NO_PARK
        return lookup

    def as_of(self, wanted: datetime | None) -> datetime:
        """The moment figures are asked as of; by default the last one that is settled.

        Raises:
            Problem: 422 for one without an offset, or at which something may yet be recorded.
        """
        latest = settled_at(self.clock.now(), factor=self.clock.setting.factor)
        if wanted is None:
            return latest
        if wanted.tzinfo is None:
            raise invalid([("as_of", "must have an offset, such as 2026-03-09T09:00:00+08:00")])
        if wanted > latest:
            said = latest.astimezone(self.zone).isoformat()
            raise invalid(
                [("as_of", f"must not be later than {said}: what came since may be on its way")]
            )
        return wanted.astimezone(UTC)


def too_many(error: Exception) -> Problem:
    """The refusal of a question about too many cases."""
    return invalid([("from", f"asks for too much: {error}")])
