"""Pushes alerts over whatever way and waits for their frames on the consoles."""

from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.alerts import Report
from loadtests.arrivals import ACCEPTED, Limits, Samples, fire
from loadtests.figures import fault_of
from loadtests.posting import TOLD, Arrivals, Path, Posts, intake_path
from loadtests.streams import Streams
from loadtests.wire import Wire
from services.runtime.clock import Clock

ARRIVAL_SECONDS = 10.0
"""How long the frames may take after the last answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What came of a load: the answers, and the frames on the consoles.

    Attributes:
        span: The seconds from the first intended POST to the last frame.
        twice: How many alerts a console was told of twice.
        cut: How many streams ended meanwhile.
    """

    answers: Samples
    frames: Samples
    span: float
    twice: int
    cut: int

    @property
    def fault(self) -> str | None:
        """What went wrong beside being late."""
        faults = [fault_of(self.answers, ACCEPTED), fault_of(self.frames, TOLD)]
        faults.append(f"{self.twice} told twice" if self.twice else None)
        faults.append(f"{self.cut} streams cut off" if self.cut else None)
        return ", ".join(filter(None, faults)) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where alerts go, and where their frames come.

    Attributes:
        path: The path an alert is posted to.
    """

    wire: Wire
    arrivals: Arrivals
    streams: Streams
    clock: Clock
    limits: Limits
    path: Path = intake_path

    async def push(self, reports: Sequence[Report], schedule: Sequence[float]) -> Pushed:
        """Post alerts on a schedule and wait until each is on its console.

        Raises:
            LaggedError: The generator was late itself.
        """
        posts = Posts(self.wire, reports, self.path)
        answers = await fire(schedule, posts.send, clock=self.clock, limits=self.limits)
        frames = await self.arrivals.wait_for(posts, within=ARRIVAL_SECONDS)
        twice, cut = self.arrivals.twice, self.streams.cut
        told = [self.arrivals.at[each] for each in posts.intended if each in self.arrivals.at]
        span = max(told) - min(posts.intended.values()) if told else float("inf")
        return Pushed(answers=answers, frames=frames, span=span, twice=twice, cut=cut)
