"""Has intake accept many alerts as fast as it takes them; nothing is measured by it."""

import asyncio

from loadtests.alerts import PATH, Reports
from loadtests.site import Site

AT_ONCE = 128
PASSING = (429, 503)
MOST_TRIES, PAUSE_SECONDS = 150, 0.2


async def fill(site: Site, reports: Reports, count: int) -> None:
    """Send alerts, so many at once; one that is put off is sent again.

    Raises:
        ValueError: One was refused, or put off too often.
    """
    waiting = iter(range(count))
    await site.intake.warm(AT_ONCE)

    async def send() -> None:
        for _ in waiting:
            (report,) = reports.make(1)
            answer = await site.intake.post(PATH, report.body, report.headers)
            tries = 1
            while answer.status in PASSING and tries < MOST_TRIES:
                await site.clock.sleep(PAUSE_SECONDS)
                answer = await site.intake.post(PATH, report.body, report.headers)
                tries += 1
            if answer.status != 202:
                raise ValueError(f"an alert was answered {answer.status}: {answer.body[:200]!r}")

    await asyncio.gather(*(send() for _ in range(AT_ONCE)))
