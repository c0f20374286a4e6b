"""Whole lives of incidents over HTTP: each act at a moment of the life's own schedule.

The first act is the alert itself; each further one is meant for a fixed time after the one before
was meant. One that must wait for the one before is late, and its latency says so.
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from loadtests.alerts import PATH, Report
from loadtests.arrivals import ACCEPTED, Samples, outcome_of
from loadtests.site import Site
from loadtests.wire import Answer
from services.runtime.auth import Role

ALERT = "alert"
ASSIGN = "assign"
DONE, LIVED, BROKEN = "200", "lived", "broken off"
OPENING_PAUSE_SECONDS = 0.02
PATIENCE_SECONDS = 10.0
CLEARING_AT_ONCE, CLEARING_SECONDS = 20, 30.0


class Act(NamedTuple):
    """An act of a life: who does what, saying what. `{team}` in the body stands for the team."""

    verb: str
    role: Role
    body: str = "{}"


ACTS = (
    Act("receipt", Role.OPERATOR),
    Act("acknowledge", Role.OPERATOR),
    Act(ASSIGN, Role.OPERATOR, '{"teams":["{team}"]}'),
    Act("accept", Role.TEAM),
    Act("depart", Role.TEAM),
    Act("update", Role.OPERATOR, '{"people":7,"text":"又来了几个人，情绪仍激动"}'),
    Act("arrive", Role.TEAM, '{"proof":"tap"}'),
    Act("check-in", Role.TEAM),
    Act("note", Role.OPERATOR, '{"text":"已通知值班领导，门岗放行处置队"}'),
    Act("resolve", Role.TEAM, '{"text":"双方已分开，当场道歉和解，无人受伤"}'),
    Act("close", Role.OPERATOR, '{"disposition":"handled_on_site"}'),
)
"""What follows the alert; with it a life has twelve acts."""

ENDS = (
    Act("acknowledge", Role.OPERATOR, '{"person":null}'),
    Act("close", Role.OPERATOR, '{"disposition":"by_telephone"}'),
    Act("close", Role.OPERATOR, '{"disposition":"handled_on_site"}'),
)
"""What may end a life that was broken off."""


class NoTeamError(OSError):
    """All teams of a center are out; as an outcome it counts with lost connections."""


class Teams:
    """The teams of a site that are on no incident; one for all loads of the site."""

    def __init__(self, site: Site) -> None:
        self._free = {center: deque(teams) for center, teams in site.park.teams.items()}

    def take(self, center: str) -> str:
        """Take a team of a center.

        Raises:
            NoTeamError: All are out.
        """
        if not self._free[center]:
            raise NoTeamError(center)
        return self._free[center].popleft()

    def give_back(self, center: str, team: str) -> None:
        """Let a team be taken again; none is the team of a case that has none yet."""
        if team:
            self._free[center].append(team)


@dataclass(slots=True)
class Case:
    """An incident that is lived, with the team that is on it."""

    report: Report
    team: str = ""


@dataclass(slots=True)
class Lives:
    """Lives of incidents of a site, to be given to `fire`.

    Attributes:
        reports: The alerts they begin with.
        think: Seconds from one act to the next.
        acts: What became of each act, by verb.
        asked_early: How often an act came before its incident was open, and was asked again.
        broken: The cases that were broken off.
    """

    site: Site
    teams: Teams
    reports: list[Report]
    think: float
    acts: dict[str, Samples] = field(default_factory=dict)
    asked_early: int = 0
    broken: list[Case] = field(default_factory=list)
    _headers: dict[tuple[Role, str], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make what every act needs, once."""
        site = self.site
        self.acts = {verb: Samples() for verb in (ALERT, *(act.verb for act in ACTS))}
        for center, teams in site.park.teams.items():
            self._headers[Role.OPERATOR, center] = site.headers(Role.OPERATOR, center)
            for team in teams:
                self._headers[Role.TEAM, team] = site.headers(Role.TEAM, team)

    async def live(self, number: int, intended: float) -> str:
        """Live the n-th life; whether it came to its end is its outcome."""
        report = self.reports[number]
        if await self._alert(report, intended) != ACCEPTED:
            return BROKEN
        case = Case(report)
        for step, act in enumerate(ACTS, start=1):
            if await self._act(act, case, intended + step * self.think) != DONE:
                self.broken.append(case)
                return BROKEN
        self.teams.give_back(report.center, case.team)
        return LIVED

    async def clear(self) -> None:
        """Close the incidents of lives that were broken off, so that nothing is left to do there.

        What cannot be closed in time stays as it is.
        """
        places = asyncio.Semaphore(CLEARING_AT_ONCE)

        async def close(case: Case) -> None:
            async with places:
                for act in ENDS:
                    outcome = await outcome_of(_status(self._post(act, case)), within=1.0)
                    if outcome == DONE and act.verb == "close":
                        self.teams.give_back(case.report.center, case.team)
                        return

        with suppress(TimeoutError):
            async with asyncio.timeout(CLEARING_SECONDS):
                await asyncio.gather(*map(close, self.broken))
        self.broken.clear()

    async def _alert(self, report: Report, intended: float) -> str:
        clock = self.site.clock
        sent = clock.monotonic()
        sending = _status(self.site.intake.post(PATH, report.body, report.headers))
        outcome = await outcome_of(sending, within=PATIENCE_SECONDS)
        self.acts[ALERT].note(outcome, intended=intended, sent=sent, done=clock.monotonic())
        return outcome

    async def _act(self, act: Act, case: "Case", intended: float) -> str:
        clock = self.site.clock
        ready = clock.monotonic()
        if (wait := intended - ready) > 0:
            await clock.sleep(wait)
        sent = clock.monotonic()
        acting = self._assign(act, case) if act.verb == ASSIGN else self._post(act, case)
        outcome = await outcome_of(_status(acting), within=PATIENCE_SECONDS)
        done = clock.monotonic()
        self.acts[act.verb].note(outcome, intended=intended, sent=sent, done=done, ready=ready)
        return outcome

    async def _assign(self, act: Act, case: "Case") -> Answer:
        """Assign a team; where the service sent it elsewhere by itself, the next one is asked."""
        center, elsewhere = case.report.center, list[str]()
        try:
            while True:
                case.team = self.teams.take(center)
                answer = await self._post(act, case)
                if answer.status != 409 or _problem(answer) != "team-engaged":
                    return answer
                elsewhere.append(case.team)
                case.team = ""
        finally:
            for team in elsewhere:
                self.teams.give_back(center, team)

    async def _post(self, act: Act, case: "Case") -> Answer:
        """Act; an incident that is not open yet is asked for again, within the act's own time."""
        report = case.report
        who = case.team if act.role is Role.TEAM else report.center
        key = f"Idempotency-Key: {report.id}/{act.verb}/{case.team}/{len(act.body)}\r\n"
        headers = self._headers[act.role, who] + key.encode()
        path = f"/v1/incidents/{report.id}/{act.verb}"
        body = act.body.replace("{team}", case.team).encode()
        while True:
            answer = await self.site.dispatcher.post(path, body, headers)
            if answer.status != 404 or _problem(answer) != "not-yet-open":
                return answer
            self.asked_early += 1
            await self.site.clock.sleep(OPENING_PAUSE_SECONDS)


async def _status(answering: Awaitable[Answer]) -> str:
    return str((await answering).status)


def _problem(answer: Answer) -> str:
    """Return the last part of a problem's type."""
    return str(json.loads(answer.body).get("type", "")).rpartition("/")[2]
