"""Readiness hears who is at the desks of a center, for as long as who tells it is alive."""

from dataclasses import replace

import pytest

from incident.alert import OrganisationId
from incident.figures.readiness import Lack, Part
from incident.messages import CENTER_AWAY, CENTER_DESK, CenterAway, CenterDesk
from incident.presence import Presence
from incident.shift import CenterState
from services.notifier.handlers.following import Moments, News, follow
from services.notifier.handlers.readiness import Lookout
from services.notifier.ports import DeskTold, Pulse
from services.runtime import codec
from tests.builders import at
from tests.fakes.clock import FakeClock
from tests.integration.notifier.bench import Bench
from tests.integration.notifier.test_readiness import clock, lookout

__all__ = ["clock", "lookout"]

WEST = OrganisationId("west-center")
ONLINE = CenterDesk(
    center=WEST, at=at(1), state=CenterState.ONLINE, on_shift=1, connected=1, audible=1, away=0,
    clients=0,
)  # fmt: skip


def told(message: CenterDesk | CenterAway) -> DeskTold:
    """A message as the consumer reads it."""
    type_ = CENTER_DESK if isinstance(message, CenterDesk) else CENTER_AWAY
    return DeskTold(center=message.center, type=type_, at=message.at, value=codec.text(message))


async def hear(bench: Bench, clock: FakeClock, *messages: CenterDesk | CenterAway) -> None:
    """The dispatcher is alive and tells this."""
    alive = Pulse(service="dispatcher", instance="d", sent_at=clock.real())
    news = News(desks=[told(message) for message in messages], pulses=[alive])
    async with bench.store.work() as work:
        moments = Moments(now=clock.now(), real=clock.real())
        await follow(news, work=work, atlas=bench.atlas, at=moments)


async def lacks(lookout: Lookout) -> dict[Part, Lack]:
    """What West's center lacks."""
    taken = {one.center: one.readiness for one in await lookout.look()}
    return {reason.part: reason.lack for reason in taken["west-center"].reasons}


async def test_a_ready_desk_earns_its_points(
    bench: Bench, lookout: Lookout, clock: FakeClock
) -> None:
    await hear(bench, clock, ONLINE)
    found = await lacks(lookout)
    for part in (Part.CONSOLE_CONNECTED, Part.CONSOLE_AUDIBLE, Part.OPERATOR_ON_SHIFT):
        assert part not in found


async def test_the_latest_word_counts_in_whatever_order_it_comes(
    bench: Bench, lookout: Lookout, clock: FakeClock
) -> None:
    silent = replace(ONLINE, at=at(2), state=CenterState.SILENT, audible=0)
    await hear(bench, clock, silent)
    await hear(bench, clock, ONLINE)
    assert (await lacks(lookout))[Part.CONSOLE_AUDIBLE] is Lack.NO


async def test_who_left_the_desk_is_not_on_shift_until_that_ends(
    bench: Bench, lookout: Lookout, clock: FakeClock
) -> None:
    now = clock.now()
    said = Presence(operator="a", away=True, since=now, until=now.replace(microsecond=999))
    away = CenterAway(center=WEST, at=at(2), away=True, said=(said,))
    await hear(bench, clock, ONLINE, away)
    assert (await lacks(lookout))[Part.OPERATOR_ON_SHIFT] is Lack.NO
    clock.advance(1)
    assert Part.OPERATOR_ON_SHIFT not in await lacks(lookout)


@pytest.mark.parametrize("seconds", [3600])
async def test_what_a_silent_dispatcher_told_counts_no_more(
    bench: Bench, lookout: Lookout, clock: FakeClock, seconds: float
) -> None:
    await hear(bench, clock, ONLINE)
    clock.advance(seconds)
    assert (await lacks(lookout))[Part.OPERATOR_ON_SHIFT] is Lack.UNKNOWN
