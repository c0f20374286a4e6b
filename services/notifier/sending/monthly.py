"""Makes the monthly test when its day and hour have come, once for all processes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import structlog

from services.notifier.handlers.messages import measures
from services.notifier.handlers.messages.planning import Times
from services.notifier.handlers.messages.telling import Office
from services.notifier.handlers.messages.testing import month_due, monthly
from services.notifier.ports.message_reads import MessageReads
from services.runtime.clock import Clock
from services.runtime.logs import describe

LOOK_SECONDS = 5.0

_log = structlog.get_logger(__name__)


@dataclass(kw_only=True, eq=False, repr=False)
class MonthlyTest:
    """Looks whether a month's test is due.

    Attributes:
        zone: Says by which clock days are counted.
        made: Called after tests were made.
    """

    reads: MessageReads
    office: Office
    clock: Clock
    zone: Callable[[], ZoneInfo]
    made: Callable[[], None]
    _last: str | None = field(init=False, default=None)

    async def run(self) -> None:
        """Look every few seconds until cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001  # the next look may succeed
                measures.FAULTS.labels("monthly").inc()
                _log.warning("monthly_test_failed", fault=describe(error))
            await self.clock.sleep(LOOK_SECONDS)

    async def look(self) -> bool:
        """Make the test if it is due and was not made; say whether it was made now."""
        at = Times(now=self.clock.now(), real=self.clock.real())
        month = month_due(at.now, zone=self.zone(), rules=self.office.rules)
        if month is None or month == self._last:
            return False
        messages = monthly(month, self.office.people, endpoint=self.office.endpoint, at=at)
        if not messages:
            return False  # nobody is known yet
        made = await self.reads.make(messages, real=at.real, month=month)
        self._last = month
        if made:
            _log.info("monthly_test_made", month=month, people=len(messages))
            self.made()
        return made
