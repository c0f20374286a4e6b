"""Plays a drill: sends its alerts when their time comes, steps back for a real one, ends it all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from services.cli.answers import ClientError, Json
from services.cli.drills import kept
from services.cli.drills.ending import Players, end_all, state_of
from services.cli.drills.kept import Drill, DrillState, Pause, SentAlert
from services.cli.drills.telling import tell
from services.cli.incidents.following import ENDED
from services.cli.stopping import Stop

LOOK_SECONDS = 0.5
_ACTUAL = "actual"

Say = Callable[[str, dict[str, object]], None]
"""Tells what happens, by the code of a text and what stands in it."""


@dataclass(kw_only=True)
class Play:
    """One run of a drill.

    Attributes:
        data: Where it is kept, so that it can be ended by another process.
    """

    drill: Drill
    players: Players
    data: Path
    say: Say
    _played: float = field(init=False, default=0.0)
    _looked_at: float = field(init=False, default=0.0)
    _ended: set[str] = field(init=False, default_factory=set)

    async def run(self, stop: Stop) -> None:
        """Play until everything is over, its time is up, or told to stop; then end and report."""
        clock = self.players.clock
        self._looked_at = clock.monotonic()
        why = "over"
        while not await self._is_over():
            if stop.told or clock.real() >= self.drill.ends_at:
                why = "stopped" if stop.told else "time"
                break
            await self._step()
            await stop.unless_told(clock.sleep(LOOK_SECONDS))
        await conclude(self.drill, self.players, data=self.data, why=why)

    async def _step(self) -> None:
        now = self.players.clock.monotonic()
        passed, self._looked_at = now - self._looked_at, now
        try:
            real = await self._real_alert()
        except ClientError as error:  # nobody knows what goes on: no further alert now
            self.say("drill_blind", {"fault": error})
            self._looked_at = self.players.clock.monotonic()
            return
        await self._pause_or_go_on(real)
        if real is not None:
            self._looked_at = self.players.clock.monotonic()  # a pause does not count
            return
        self._played += passed
        for number, alert in enumerate(self.drill.alerts, start=1):
            if not alert.sending and alert.after <= self._played:
                await self._send(number, alert)

    async def _send(self, number: int, alert: SentAlert) -> None:
        alert.sending = True
        kept.save(self.data, self.drill)  # before it is sent, so that it is ended in any case
        accepted = await self.players.station.send_alert(alert.body)
        alert.id, alert.sent_at = str(accepted.id), self.players.clock.real()
        kept.save(self.data, self.drill)
        self.say("drill_sent", {"number": number, "id": alert.id})

    async def _real_alert(self) -> Json | None:
        """The first real incident that is open in the center."""
        board = await self.players.center.get(f"/v1/centers/{self.drill.center}/board")
        incidents: list[Json] = board["incidents"]
        return next((each for each in incidents if _is_real(each)), None)

    async def _pause_or_go_on(self, real: Json | None) -> None:
        pauses = self.drill.pauses
        paused = bool(pauses) and pauses[-1].ended_at is None
        if paused is (real is not None):
            return
        now = self.players.clock.real()
        if real is not None:
            pauses.append(Pause(began_at=now, because=str(real["id"])))
            self.say("drill_paused", {"id": real["id"]})
        else:
            pauses[-1].ended_at = now
            self.say("drill_goes_on", {})
        kept.save(self.data, self.drill)
        await self._note("演练暂停：有实警" if real is not None else "演练继续")

    async def _note(self, text: str) -> None:
        """Say so on every incident of the drill that is open: whoever is on it must know."""
        for alert in self.drill.alerts:
            if alert.id is None:
                continue
            try:
                await self.players.center.act(
                    UUID(alert.id), "note", {"text": text}, await_opening=True
                )
            except ClientError as error:
                self.say("drill_blind", {"fault": error})

    async def _is_over(self) -> bool:
        """Whether every alert was sent and every incident has ended."""
        if not all(alert.id for alert in self.drill.alerts):
            return False
        for alert in self.drill.alerts:
            if alert.id is not None and alert.id not in self._ended:
                try:
                    seen = await state_of(self.players.center, alert.id)
                except ClientError:
                    return False
                if seen is None or seen["state"] not in ENDED:
                    return False
                self._ended.add(alert.id)
        return True


async def conclude(drill: Drill, players: Players, *, data: Path, why: str) -> None:
    """End what is open and write the report; what could not be ended stands in the drill."""
    drill.left_open = await end_all(drill, players)
    if drill.pauses and drill.pauses[-1].ended_at is None:
        drill.pauses[-1].ended_at = players.clock.real()
    drill.why_ended, drill.ended_at = why, players.clock.real()
    drill.state = DrillState.RUNNING if drill.left_open else DrillState.ENDED
    drill.report = await tell(drill, players.center)
    kept.save(data, drill)


def _is_real(incident: Json) -> bool:
    alert = incident.get("alert")
    if not isinstance(alert, dict):  # lent to another center: it is not this one's to handle
        return False
    return alert["status"] == _ACTUAL and incident["state"] not in ENDED
