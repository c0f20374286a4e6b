"""What tests of the notifier share: a park, alerts and incidents, and a notifier in memory."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from incident.alert import Alert, IncidentId
from incident.directory import Lookup
from incident.lifecycle import Incident
from incident.messages import StepDue, TargetChanged
from services.notifier.handlers.following import Moments, News, follow
from services.notifier.handlers.waking import Woken, wake
from services.notifier.ports import Judged
from tests.builders import an_alert, at
from tests.fakes.notifier_store import FakeAtlas, FakeStore
from tests.incident.directories import park_lookup

LOOKUP = park_lookup()
ID = an_alert().id


def version(incident: Incident, number: int, *, told: float) -> Incident:
    """An incident at a version that was recorded so many seconds after its receipt."""
    return replace(incident, version=number, updated_at=at(told))


class Notifier:
    """Follows and keeps deadlines on a store in memory; `now` is seconds after receipt."""

    def __init__(self, store: FakeStore | None = None, lookup: Lookup | None = LOOKUP) -> None:
        self.store = store or FakeStore()
        self.atlas = FakeAtlas(lookup)

    async def hears(self, *told: Incident | Alert, now: float, **news: object) -> list[Judged]:
        """Follow one batch of incidents and alerts."""
        batch = News(
            incidents=[one for one in told if isinstance(one, Incident)],
            alerts=[one for one in told if isinstance(one, Alert)],
            partitions={one.id: 3 for one in told},
            **news,  # type: ignore[arg-type]  # checked by the class
        )
        async with self.store.work() as work:
            return await follow(batch, work=work, atlas=self.atlas, at=_moments(now))

    async def looks(self, *, now: float, closed: Collection[int] = ()) -> Woken:
        """Look once at what is due."""
        async with self.store.work() as work:
            return await wake(work, atlas=self.atlas, at=_moments(now), closed=closed)

    @property
    def facts(self) -> list[str]:
        """What was said, in order."""
        return self.store.facts

    def body(self, fact: str) -> StepDue | TargetChanged:
        """What was told with a fact."""
        (found,) = [line.fact.body for line in self.store.tables.log if line.fact.key == fact]
        return found

    def outcomes(self, id_: IncidentId = ID) -> Mapping[str, str]:
        """The outcomes of the first round's legs."""
        legs = self.store.tables.legs.items()
        return {leg: kept.outcome.value for (of, no, leg), kept in legs if of == id_ and no == 1}


def _moments(now: float) -> Moments:
    return Moments(now=at(now), real=at(now))
