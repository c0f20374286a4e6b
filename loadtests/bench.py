"""What a scenario is given: a stack, sites on it, and how long to take."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtests.park import Size
from loadtests.site import Site, Wanted, open_site
from services.cli.stack.server import Progress
from services.cli.stack.stack import Stack, remove
from services.runtime.clock import Clock, SystemClock

QUICK = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What scenarios run on.

    Attributes:
        scratch: A folder that is gone at the end.
        quick: Everything is a fifth as long or as many, to see whether it runs; no figure counts.
        progress: Takes a line about each thing done.
        clock: What tells the time.
    """

    stack: Stack
    scratch: Path
    progress: Progress
    quick: bool = False
    clock: Clock = SystemClock()  # noqa: RUF009  # it has no state

    def seconds(self, seconds: float) -> float:
        """Return how long to do what a full run does so long."""
        return seconds / QUICK if self.quick else seconds

    def count(self, number: int) -> int:
        """Return how many to take where a full run takes so many."""
        return max(1, number // QUICK) if self.quick else number

    @asynccontextmanager
    async def site(
        self,
        name: str,
        size: Size,
        *,
        environment: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> AsyncIterator[Site]:
        """Bring up a site of a scenario's own, with nothing in it but its park.

        Args:
            name: Of the scenario.
            size: How large its park is.
            environment: Further settings for all services.
            clock: The services' clock, if not the system's.
        """
        wanted = Wanted(
            name=name, size=size, environment=environment or {}, clock=clock or self.clock
        )
        async with open_site(self.stack, wanted, data=self.scratch, progress=self.progress) as site:
            yield site


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A new folder that every account may pass through (Postgres has one of its own)."""
    directory = Path(tempfile.mkdtemp(prefix="d115-bench-"))
    directory.chmod(0o711)
    try:
        yield directory
    finally:
        remove(directory)
        shutil.rmtree(directory, ignore_errors=True)
