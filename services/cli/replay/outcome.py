"""What the product made of the calls, as its public interfaces tell it."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from services.cli.answers import Json
from services.cli.client import Client
from services.runtime.clock import Clock

APPLIED_SECONDS = 90.0
_POLL_SECONDS = 0.25

LEGS = ("assign", "on_scene", "response")
WITHOUT_TARGET = frozenset({"response"})
TOTAL = "total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """The figures of one leg.

    Attributes:
        n: Incidents with both moments.
        met: Of those the ones within the target; None for a leg without one.
        no_end: Incidents with the start and without the end.
        p50_seconds: By nearest rank over the n, as `p90_seconds`; None where n is 0.
    """

    n: int = 0
    met: int | None = 0
    no_end: int = 0
    p50_seconds: float | None = None
    p90_seconds: float | None = None


NO_LEGS = {name: Leg(met=None if name in WITHOUT_TARGET else 0) for name in LEGS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What stands of the incidents.

    Attributes:
        count: How many there are.
        ended: Of those the ones that ended, `withdrawn` ones included.
        events: How many events their logs hold.
        disbelieved: Stamps judged by when they were recorded, by moment.
    """

    count: int = 0
    ended: int = 0
    withdrawn: int = 0
    events: int = 0
    disbelieved: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the product made of the calls."""

    opened: Opened = field(default_factory=Opened)
    legs: Mapping[str, Leg] = field(default_factory=lambda: NO_LEGS)
    conservation_difference: int = 0
    applied: bool = True

    @property
    def is_settled(self) -> bool:
        """Whether everything is applied and nothing is missing."""
        return self.applied and not self.conservation_difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Asks what became of the calls.

    Attributes:
        station: Who reported them: it sees them and no others.
        auditor: Who may see whether anything was lost.
        clock: What to wait with.
    """

    station: Client
    auditor: Client
    clock: Clock

    async def observe(self, ids: Collection[UUID], *, since: date) -> Outcome:
        """Wait until every record is applied, and tell what stands then.

        Args:
            ids: The incidents of the accepted alerts; all that was sent about them is answered.
            since: A day before the first of them was received.

        Returns:
            What stands at the end of the wait; `applied` says whether it was worth waiting for.

        Raises:
            AwayError: A service does not answer.
            RefusedError: Somebody may not ask.
        """
        deadline = self.clock.monotonic() + APPLIED_SECONDS
        opened = await self._opened(frozenset(ids))
        while True:
            told = await self._legs(since)
            conservation = await self.auditor.get("/v1/conservation")
            outcome = Outcome(
                opened=opened,
                legs={name: _leg(name, told.get(name)) for name in LEGS},
                conservation_difference=conservation["difference"],
                applied=_is_applied(opened, told, accepted=len(ids)),
            )
            if outcome.is_settled or self.clock.monotonic() > deadline:
                return outcome
            await self.clock.sleep(_POLL_SECONDS)
            if opened.count < len(ids):
                opened = await self._opened(frozenset(ids))

    async def _opened(self, ids: Collection[UUID]) -> Opened:
        found = [
            incident
            async for incident in self.station.list_incidents()
            if UUID(incident["id"]) in ids
        ]
        disbelieved = Counter(
            moment["name"]
            for incident in found
            for moment in incident["moments"]
            if moment["disbelieved"]
        )
        return Opened(
            count=len(found),
            ended=sum(incident["ended_at"] is not None for incident in found),
            withdrawn=sum(incident["state"] == "cancelled" for incident in found),
            events=sum(incident["version"] for incident in found),
            disbelieved=dict(sorted(disbelieved.items())),
        )

    async def _legs(self, since: date) -> dict[str, Json]:
        """Ask for the figures of all days from one on; the day it is there by now is the last."""
        present = await self._compliance(since, since)
        today = datetime.fromisoformat(present["as_of"]).date() + timedelta(days=1)
        told = await self._compliance(since, today)
        return {leg["leg"]: leg for group in told["groups"] for leg in group["legs"]}

    async def _compliance(self, since: date, until: date) -> Json:
        days = {"from": since.isoformat(), "to": until.isoformat()}
        return await self.station.get("/v1/compliance", **days, status="actual")


def _is_applied(opened: Opened, legs: Mapping[str, Json], *, accepted: int) -> bool:
    """Whether the figures show every incident, and every end."""
    total, response = legs.get(TOTAL, {}), legs.get("response", {})
    begun = int(response.get("n", 0)) + int(response.get("no_end", 0))
    ended = int(total.get("n", 0))
    return accepted == opened.count == begun and ended == opened.ended


def _leg(name: str, told: Json | None) -> Leg:
    if told is None:
        return NO_LEGS[name]
    return Leg(
        n=told["n"],
        met=None if name in WITHOUT_TARGET else told["met"],
        no_end=told["no_end"],
        p50_seconds=told["p50_seconds"],
        p90_seconds=told["p90_seconds"],
    )
