"""Posts prepared alerts on a schedule, and notes which console was told of which, when."""

from collections.abc import Callable, Sequence
from uuid import UUID

from loadtests.alerts import PATH, Report
from loadtests.arrivals import Samples
from loadtests.streams import OPENED, Seen, Watch, incident_of
from loadtests.wire import Wire
from services.runtime.clock import Clock

TOLD, NEVER = "told", "never told"
"""What became of an alert on its way to a console."""

_POLL_SECONDS = 0.05

Path = Callable[[Report], str]
"""The path an alert is posted to."""


def intake_path(_: Report) -> str:
    """Return where intake takes alerts."""
    return PATH


class Posts:
    """Sends alerts one after another; to be given to `fire`.

    Attributes:
        intended: When each alert was meant to leave, of those whose turn came.
    """

    def __init__(self, wire: Wire, reports: Sequence[Report], path: Path = intake_path) -> None:
        self._wire = wire
        self._reports = reports
        self._path = path
        self.intended: dict[UUID, float] = {}

    async def send(self, number: int, intended: float) -> str:
        """Send the n-th; the outcome is the status it is answered with."""
        report = self._reports[number]
        self.intended[report.id] = intended
        answer = await self._wire.post(self._path(report), report.body, report.headers)
        return str(answer.status)


class Arrivals:
    """Notes when a console was first told of each incident, and what was told twice."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.at: dict[UUID, float] = {}
        self.twice = 0

    def take(self, _: Watch, seen: Seen) -> None:
        """Take a frame of a stream."""
        if seen.type != OPENED:
            return
        incident = incident_of(seen)
        if incident in self.at:
            self.twice += 1
        else:
            self.at[incident] = self._clock.monotonic()

    async def wait_for(self, posts: Posts, *, within: float) -> Samples:
        """Wait until every alert has arrived, or so many real seconds; give how long each took.

        The time counts from the moment the alert was meant to leave.
        """
        deadline = self._clock.monotonic() + within
        while posts.intended.keys() - self.at.keys() and self._clock.monotonic() < deadline:
            await self._clock.sleep(_POLL_SECONDS)
        samples = Samples()
        for incident, intended in posts.intended.items():
            done = self.at.get(incident)
            outcome = NEVER if done is None else TOLD
            samples.note(outcome, intended=intended, sent=intended, done=done or deadline)
        return samples
