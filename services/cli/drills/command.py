"""`d115 drill`: from options to a drill that runs, ends and is told."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from services.cli.calling import PATIENCE_SECONDS
from services.cli.client import Client, open_session
from services.cli.drills import kept
from services.cli.drills.ending import Players
from services.cli.drills.kept import Drill, DrillState, SentAlert
from services.cli.drills.playing import Play, conclude
from services.cli.drills.scenario import Scenario, place_all, read_scenario
from services.cli.drills.telling import lines, verdict
from services.cli.errors import DONE, LATE, NOT_WHOLE
from services.cli.incidents.watching import put
from services.cli.reach import Reached, reach, reach_as, read_key
from services.cli.stopping import stopping
from services.cli.texts import Language, text
from services.runtime.clock import SystemClock
from services.runtime.ids import random_bytes

_CODES = {"met": DONE, "late": LATE, "left_open": NOT_WHOLE}
_LOOK_SECONDS = 1.0
_SPARE_SECONDS = 5.0
"""What ends a drill that was killed waits so much longer than the drill itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Where a drill is played, and the files with the keys it is played with; else kept ones."""

    url: str | None
    station: Path | None
    center: Path | None
    data: Path

    def reached(self, center: str) -> tuple[Reached, Reached]:
        """The station and the center's operator."""
        return (
            self._one(self.station, "station"),
            self._one(self.center, f"operator:{center}"),
        )

    def options(self) -> list[str]:
        """The same again, for another process."""
        given = {"--url": self.url, "--key-file": self.station, "--center-key-file": self.center}
        said = [(name, str(value)) for name, value in given.items() if value is not None]
        return [part for pair in (*said, ("--data", str(self.data))) for part in pair]

    def _one(self, file: Path | None, holder: str) -> Reached:
        if file is None:
            return reach_as(self.data, url=self.url, holder=holder)
        return reach(self.data, url=self.url, key=read_key(file))


def run(path: Path, keys: Keys, lang: Language, *, as_json: bool) -> int:
    """Play a scenario; returns the exit code: 3 if a target was breached, 4 if one is left open.

    Raises:
        CommandError: The scenario is none, or does not fit the park; nothing was sent.
    """
    scenario = read_scenario(path)
    drill = asyncio.run(_run(scenario, keys, lang))
    _show(drill, lang, as_json=as_json)
    return _code(drill)


def end(id_: str | None, keys: Keys, lang: Language, *, wait: bool) -> int:
    """End a drill; returns the exit code: 4 if anything of it is left open."""
    drill = kept.newest(keys.data) if id_ is None else kept.load(keys.data, id_)
    if drill.state is not DrillState.ENDED:
        drill = asyncio.run(_end(drill, keys, wait=wait))
    _say(lang, "drill_ended", {"id": drill.id})
    return NOT_WHOLE if drill.left_open else DONE


def report(id_: str | None, lang: Language, *, data: Path, as_json: bool) -> int:
    """Print the report of a drill; returns the exit code it ended with."""
    drill = kept.newest(data) if id_ is None else kept.load(data, id_)
    _show(drill, lang, as_json=as_json)
    return _code(drill)


def show_all(data: Path, *, as_json: bool) -> None:
    """Print a line for each drill."""
    for drill in kept.load_all(data):
        about = {"id": drill.id, "state": drill.state, "center": drill.center, "name": drill.name}
        if as_json:
            put({**about, "began_at": drill.began_at, "ended_at": drill.ended_at})
        else:
            sys.stdout.write("  ".join(about.values()) + "\n")


async def _run(scenario: Scenario, keys: Keys, lang: Language) -> Drill:
    async with _players(scenario.center, keys) as players:
        shown = await players.station.get("/v1/directory")
        drill = _make(scenario, place_all(scenario, shown["directory"]))
        path = kept.save(keys.data, drill)
        _say(lang, "drill_begun", {"id": drill.id, "path": path, "minutes": scenario.max_minutes})
        play = Play(
            drill=drill,
            players=players,
            data=keys.data,
            say=lambda code, told: _say(lang, code, told),
        )
        with _ended_anyhow(drill, keys), stopping() as stop:
            await play.run(stop)
        return drill


async def _end(drill: Drill, keys: Keys, *, wait: bool) -> Drill:
    async with _players(drill.center, keys) as players:
        if wait:
            drill = await _its_time(drill, keys.data)
        if drill.state is not DrillState.ENDED:
            await conclude(drill, players, data=keys.data, why="ended")
        return drill


async def _its_time(drill: Drill, data: Path) -> Drill:
    """Wait until its time is up, or until somebody has ended it or put it away."""
    clock = SystemClock()
    until = drill.ends_at + timedelta(seconds=_SPARE_SECONDS)
    while drill.state is not DrillState.ENDED and clock.real() < until:
        await clock.sleep(_LOOK_SECONDS)
        drill = kept.load(data, drill.id)
    return drill


def _make(scenario: Scenario, bodies: list[dict[str, object]]) -> Drill:
    now = SystemClock().real()
    id_ = f"{now:%Y%m%d-%H%M%S}-{random_bytes(2).hex()}"
    alerts = [
        SentAlert(
            after=planned.after,
            body={**body, "reference": {"number": f"drill-{id_}", "order": str(number)}},
        )
        for number, (planned, body) in enumerate(zip(scenario.alerts, bodies, strict=True), 1)
    ]
    return Drill(
        id=id_,
        name=scenario.name,
        center=scenario.center,
        began_at=now,
        ends_at=now + timedelta(minutes=scenario.max_minutes),
        alerts=alerts,
    )


@asynccontextmanager
async def _players(center: str, keys: Keys) -> AsyncIterator[Players]:
    station, operator = keys.reached(center)
    async with open_session() as session:
        yield Players(
            station=Client(session, station.origins, key=station.key, patience=PATIENCE_SECONDS),
            center=Client(session, operator.origins, key=operator.key, patience=PATIENCE_SECONDS),
            clock=SystemClock(),
        )


@contextmanager
def _ended_anyhow(drill: Drill, keys: Keys) -> Iterator[None]:
    """Have a process of its own end the drill when its time is up, should this one be killed."""
    command = [sys.executable, "-P", "-m", "services.cli", "drill", "end", drill.id, "--wait"]
    watchdog = subprocess.Popen(  # noqa: S603  # our own command
        [*command, *keys.options()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        watchdog.terminate()
        watchdog.wait()


def _show(drill: Drill, lang: Language, *, as_json: bool) -> None:
    if drill.report is None:
        _say(lang, "drill_runs", {"id": drill.id})
    elif as_json:
        put(drill.report)
    else:
        sys.stdout.write("\n".join(lines(drill.report, lang)) + "\n")


def _code(drill: Drill) -> int:
    return NOT_WHOLE if drill.report is None else _CODES[verdict(drill.report)]


def _say(lang: Language, code: str, told: dict[str, object]) -> None:
    sys.stderr.write(text(code, lang).format(**told) + "\n")
