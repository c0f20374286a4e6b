"""The stations, and centers that raise their own: they send alerts, and what follows them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from services.cli.answers import ClientError, Json
from services.cli.client import Ask, Client
from services.cli.demo.case import Case
from services.cli.demo.cast import ORDER
from services.cli.demo.casting import Stage
from services.cli.demo.script import FollowUp, Scene

KIND = "police-alert"
_LOOK_SECONDS = 20.0
_POLICE_SECONDS, _OFFICER_SECONDS = 150.0, 60.0
_OFFICER = "demo-0115"  # an officer's invented number


def alert_of(number: str, scene: Scene, *, now: datetime) -> Json:
    """Return the body that reports a scene at `now`."""
    return {
        "reference": {"number": number, "order": ORDER},
        "kind": KIND,
        "category": scene.category,
        "severity": scene.severity,
        "status": scene.status,
        "text": scene.text,
        "place": {"place": scene.place},
        "reported_at": now - timedelta(seconds=scene.reported_before),
        **_facts(scene),
    }


def follow_up_of(number: str, scene: Scene, told: FollowUp) -> tuple[str, Json]:
    """Return what of an alert is sent to, `updates` or `cancellation`, and the body."""
    reference = {"number": number, "order": ORDER}
    if told.what == "cancel":
        return "cancellation", {"reference": reference, "reason": told.reason}
    now_known = replace(scene, injured=told.injured or scene.injured)
    body = {"reference": reference, "revision": 2, "text": told.text, **_facts(now_known)}
    return "updates", body | ({} if told.severity is None else {"severity": told.severity})


def _facts(scene: Scene) -> Json:
    return {
        "people": scene.people,
        "weapons": scene.weapons,
        "injured": scene.injured,
        "hazards": list(scene.hazards),
    }


class Reporters:
    """Everybody who reports."""

    def __init__(self, stage: Stage, *, start: datetime, sent: Callable[[str], None]) -> None:
        """Prepare; `run` begins.

        Args:
            stage: Who is there.
            start: When the script began.
            sent: Told of the number of each alert once it was accepted.
        """
        self._stage = stage
        self._start = start
        self._sent = sent

    async def run(self) -> None:
        """Report every scene at its time, and what follows it; return when all was said."""
        batches: dict[str, dict[str, Scene]] = {}
        async with asyncio.TaskGroup() as group:
            for number, scene in self._stage.cast.scenes.items():
                if scene.batch is None:
                    group.create_task(self._report(number, scene))
                else:
                    batches.setdefault(scene.batch, {})[number] = scene
            for scenes in batches.values():
                group.create_task(self._report_batch(scenes))

    async def _report(self, number: str, scene: Scene) -> None:
        await self._wait(scene.at)
        body = alert_of(number, scene, now=self._stage.clock.now())
        async with self._told(number):
            await self._client(scene).send_alert(body)
            self._sent(number)
        for told in scene.then:
            await self._wait(scene.at + told.after)
            async with self._told(number):
                await self._follow_up(number, scene, told)
        async with self._told(number):
            await self._act_for_police(number, scene)

    async def _report_batch(self, scenes: Mapping[str, Scene]) -> None:
        """Send together what a cut held back."""
        await self._wait(max(scene.at for scene in scenes.values()))
        now = self._stage.clock.now()
        bodies = [alert_of(number, scene, now=now) for number, scene in scenes.items()]
        first = next(iter(scenes.values()))
        async with self._told(", ".join(scenes)):
            outcomes = await self._client(first).send_batch(bodies, sent_at=now)
            for number, outcome in zip(scenes, outcomes, strict=True):
                if isinstance(outcome, dict):
                    self._stage.surprised(f"{number}: {outcome}")
                else:
                    self._sent(number)

    async def _follow_up(self, number: str, scene: Scene, told: FollowUp) -> None:
        client = self._client(scene)
        if told.what == "conflict":
            other = replace(
                scene, text=told.text or scene.text, severity=told.severity or scene.severity
            )
            await client.send_alert(alert_of(number, other, now=self._stage.clock.now()))
        else:
            what, body = follow_up_of(number, scene, told)
            await client.change_alert(self._stage.cast.id_of(number), what, body)

    async def _act_for_police(self, number: str, scene: Scene) -> None:
        """Arrive where police were asked for, accept what is handed over; stations look by hand."""
        client, id_ = self._client(scene), self._stage.cast.id_of(number)
        wanted = {"police": scene.manner.asks_police, "officer": bool(scene.manner.hand_over_to)}
        while any(wanted.values()):
            await self._rest(_LOOK_SECONDS)
            look = Ask(method="GET", path=f"/v1/incidents/{id_}", await_opening=True)
            case = Case(await client.ask(look))
            if case.ended:
                return
            if wanted["police"] and case.has("police_requested"):
                await self._rest(_POLICE_SECONDS)
                await client.act(id_, "police-arrive")
                wanted["police"] = False
            if wanted["officer"] and case.state["handover"] is not None:
                await self._rest(_OFFICER_SECONDS)
                await client.act(id_, "accept-hand-over", {"officer": _OFFICER})
                wanted["officer"] = False

    def _client(self, scene: Scene) -> Client:
        return self._stage.client_of(*scene.reporter)

    async def _wait(self, seconds: float) -> None:
        """Wait until some domain seconds after the start."""
        clock = self._stage.clock
        await clock.sleep(clock.seconds_until(self._start + timedelta(seconds=seconds)))

    async def _rest(self, seconds: float) -> None:
        """Let some domain seconds pass."""
        clock = self._stage.clock
        await clock.sleep(clock.seconds_until(clock.now() + timedelta(seconds=seconds)))

    @asynccontextmanager
    async def _told(self, number: str) -> AsyncIterator[None]:
        """Tell of what was refused or not answered, and let the others go on."""
        try:
            yield
        except ClientError as error:
            self._stage.surprised(f"{number}: {error}")
