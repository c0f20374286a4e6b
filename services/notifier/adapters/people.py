"""The rosters in memory: every replica looks once a second at what changed, and asks nobody else.

After a fault the copy in use stays in use, and so do its addresses: who is on duty is known while
Postgres is away.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from typing_extensions import override

from incident.alert import OrganisationId, TeamId
from incident.roster import Duty, PersonCode, Roster, Why, on_duty
from services.notifier import measures
from services.notifier.adapters.rosters import PostgresRosters
from services.notifier.handlers.uncovered import LOOK_SECONDS, Lookout, measure
from services.notifier.ports import Atlas
from services.notifier.ports.people import Contact, People, UpcomingGap, Way
from services.runtime.clock import Clock
from services.runtime.logs import describe

REFRESH_SECONDS = 1.0
NOBODY = Duty(people=(), why=Why.NOBODY)

_log = structlog.get_logger(__name__)


class PostgresPeople(People):
    """A copy of all rosters with their addresses; the addresses are never shown or logged."""

    def __init__(self, rosters: PostgresRosters, *, atlas: Atlas, clock: Clock) -> None:
        self._kept = rosters
        self._atlas = atlas
        self._clock = clock
        self._rosters: dict[str, Roster] = {}
        self._lookout = Lookout()

    @property
    def rosters(self) -> Sequence[Roster]:
        """All of them."""
        return tuple(self._rosters.values())

    @override
    def duty(self, organisation: str, post: str, at: datetime) -> Duty:
        roster = self._rosters.get(organisation)
        return NOBODY if roster is None else on_duty(roster, post, at)

    @override
    def team(self, team: TeamId) -> Duty:
        lookup = self._atlas.lookup
        known = None if lookup is None else lookup.team(team)
        roster = None if known is None else self._rosters.get(known.organisation)
        if known is None or roster is None:
            return NOBODY
        reachable = {person.code for person in roster.contacts}
        members = (PersonCode(member.code) for member in known.members)
        people = tuple(code for code in members if code in reachable)
        return Duty(people=people, why=Why.MEMBER) if people else NOBODY

    @override
    def contact(self, organisation: str, person: PersonCode) -> Contact | None:
        roster = self._rosters.get(organisation)
        for known in () if roster is None else roster.contacts:
            if known.code == person:
                ways = tuple(
                    Way(type=channel.type, address=channel.address)
                    for channel in known.channels
                    if channel.address is not None
                )
                return Contact(code=known.code, name=known.name, language=known.language, ways=ways)
        return None

    @override
    def everybody(self) -> list[tuple[OrganisationId, PersonCode]]:
        return [
            (roster.organisation, person.code)
            for roster in self.rosters
            for person in roster.contacts
            if any(channel.address is not None for channel in person.channels)
        ]

    @override
    def upcoming_gaps(self, at: datetime) -> list[UpcomingGap]:
        return self._lookout.upcoming(at)

    async def refresh(self) -> None:
        """Read the rosters that changed."""
        for code, changed in (await self._kept.versions()).items():
            known = self._rosters.get(code)
            if known is None or known.version != changed.version:
                found = await self._kept.open(code)
                now = self._rosters.get(code)
                if found is not None and (now is None or now.version < found.version):
                    self._rosters[code] = found
                    _log.info("roster_in_use", organisation=code, version=found.version)
            else:
                calendar = self._kept.calendar(known.country)
                if calendar is not known.calendar:  # another year has begun
                    self._rosters[code] = replace(known, calendar=calendar)

    async def look_ahead(self) -> None:
        """Look for times nobody is on duty, and measure them."""
        await self._lookout.look(self.rosters, self._clock)
        now = self._clock.now()
        measure(self.rosters, self.upcoming_gaps(now), type_of=self._type_of, at=now)

    async def catch_up(self) -> None:
        """Follow what was changed; where that fails, the next look is a second away."""
        try:
            await self.refresh()
        except Exception as error:  # noqa: BLE001  # the next look may succeed
            measures.FAULTS.labels("rosters", type(error).__name__).inc()
            _log.warning("rosters_not_refreshed", fault=describe(error))

    async def run(self) -> None:
        """Catch up every second until cancelled."""
        while True:
            await self.catch_up()
            await self._clock.sleep(REFRESH_SECONDS)

    async def watch(self) -> None:
        """Look ahead again and again until cancelled."""
        while True:
            try:
                await self.look_ahead()
            except Exception as error:  # noqa: BLE001  # the next look may succeed
                measures.FAULTS.labels("roster_gaps", type(error).__name__).inc()
                _log.warning("roster_gaps_not_seen", fault=describe(error))
            await self._clock.sleep(LOOK_SECONDS)

    def _type_of(self, organisation: OrganisationId) -> str:
        lookup = self._atlas.lookup
        found = None if lookup is None else lookup.organisations.get(organisation)
        return "unknown" if found is None else found.value
