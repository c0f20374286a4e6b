"""What readiness is read from: the directory, the rosters, receipts, drills, tests, signs of life.

Who is at a center's desks, and whether they can be heard, the dispatcher tells whenever it changes;
what it told counts while it is alive. Of a center at whose desks nobody ever began a shift the last
receipt stands for a console that listens, and the roster for who is on shift.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from typing_extensions import override

from incident.directory import Center, Lookup
from incident.figures.manning import manning_of
from incident.figures.readiness import LONGEST, Part, Readiness, Reason, Seen, Since
from incident.messages import CENTER_DESK, CenterAway, CenterDesk
from incident.presence import Presence
from incident.roster import Roster, Why
from incident.shift import Standing
from services.notifier.adapters.people import PostgresPeople
from services.notifier.heartbeat import ages_of, is_silent
from services.notifier.ports import Atlas, Reports
from services.notifier.ports.figures import Readings, Taken
from services.runtime import codec
from services.runtime.postgres import Database
from services.runtime.queries import load

OPERATOR = "operator"
"""The post of who sits at the console."""

LOOKED_BACK = timedelta(days=400)
"""So long ago a drill may have been and still be named."""

_QUERIES = load(Path(__file__).with_name("figures.sql"))


class PostgresReadings(Readings):
    """Reads the notifier's schema and what it has in memory."""

    def __init__(
        self, database: Database, *, atlas: Atlas, people: PostgresPeople, reports: Reports
    ) -> None:
        self._database = database
        self._atlas = atlas
        self._people = people
        self._reports = reports

    @override
    async def seen(self, *, now: datetime, real: datetime) -> Mapping[str, Seen]:
        lookup = self._atlas.lookup
        if lookup is None:
            return {}
        alive = not is_silent(ages_of(await self._reports.pulses(), real)["dispatcher"])
        last = await self._last(list(lookup.centers), now)
        manned = await self._manned(now) if alive else {}
        return {
            code: Seen(
                console=center.consoles,
                parts={
                    **{part: Since(at=found.get(code)) for part, found in last.items()},
                    **self._people_of(center, lookup, now),
                    **(manned.get(code, {}) if center.consoles else {}),
                    Part.DISPATCHER_ALIVE: alive,
                },
            )
            for code, center in sorted(lookup.centers.items())
        }

    async def _last(
        self, centers: list[str], now: datetime
    ) -> Mapping[Part, Mapping[str, datetime]]:
        async with self._database.transaction() as connection:
            receipts = await connection.fetch(
                _QUERIES["find_last_receipts"], centers, now - LONGEST[Part.CONSOLE_CONNECTED]
            )
            drills = await connection.fetch(_QUERIES["find_last_drills"], now - LOOKED_BACK)
            tests = await connection.fetch(_QUERIES["find_last_tests"], centers, now - LOOKED_BACK)
        return {
            Part.CONSOLE_CONNECTED: {row["center"]: row["seen_at"] for row in receipts},
            Part.DRILLED: {row["center"]: row["drilled_at"] for row in drills},
            Part.CHANNELS_TESTED: {row["organisation"]: row["tested_at"] for row in tests},
        }

    async def _manned(self, now: datetime) -> Mapping[str, Mapping[Part, bool | Since | None]]:
        """Say what the desks of each center decide, as the dispatcher told it last."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["list_desks"])
        standings = dict[str, Standing]()
        said = dict[str, tuple[Presence, ...]]()
        for row in rows:
            if row["type"] == CENTER_DESK:
                standings[row["center"]] = codec.decode(row["value"], CenterDesk).standing
            else:
                said[row["center"]] = codec.decode(row["value"], CenterAway).said
        return {
            code: manning_of(standings.get(code), said.get(code, ()), now=now)
            for code in {*standings, *said}
        }

    def _people_of(
        self, center: Center, lookup: Lookup, now: datetime
    ) -> dict[Part, bool | Since | None]:
        teams = lookup.teams_for(center.code)
        ready = any(
            team.on_duty and (team.resting_until is None or team.resting_until <= now)
            for team in teams
        )
        roster = next((one for one in self._rosters if one.organisation == center.code), None)
        return {
            Part.TEAMS_ON_DUTY: ready,
            Part.OPERATOR_ON_SHIFT: self._has_operator(roster, now),
            Part.POSTS_FILLED: None if roster is None else self._is_filled(center.code, now),
        }

    def _has_operator(self, roster: Roster | None, now: datetime) -> bool | None:
        if roster is None or OPERATOR not in {post.code for post in roster.posts}:
            return None
        why = self._people.duty(roster.organisation, OPERATOR, now).why
        return why not in {Why.NOBODY, Why.LAST_RESORT}

    def _is_filled(self, center: str, now: datetime) -> bool:
        gaps = self._people.upcoming_gaps(now)
        return not any(one.organisation == center and one.gap.since <= now for one in gaps)

    @property
    def _rosters(self) -> Sequence[Roster]:
        return self._people.rosters

    @override
    async def keep(self, taken: Sequence[Taken], *, forget_before: datetime) -> None:
        rows = [
            (
                one.center,
                one.at,
                one.readiness.score,
                one.readiness.holds,
                codec.text(one.readiness.reasons),
            )
            for one in taken
        ]
        async with self._database.transaction() as connection:
            if rows:
                turned = [list(column) for column in zip(*rows, strict=True)]
                await connection.execute(_QUERIES["insert_readiness"], *turned)
            await connection.execute(_QUERIES["delete_readiness"], forget_before)

    @override
    async def history(
        self, center: str, *, since: datetime, until: datetime, limit: int
    ) -> list[Taken]:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["list_readiness"], center, since, until, limit)
        return [
            Taken(
                center=row["center"],
                at=row["taken_at"],
                readiness=Readiness(
                    score=row["score"],
                    holds=row["holds"],
                    reasons=codec.decode(row["reasons"], tuple[Reason, ...]),
                ),
            )
            for row in rows
        ]
