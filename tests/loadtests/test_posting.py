"""An alert's way counts from the moment it was meant to leave, and one that is lost is an error."""

import asyncio
from contextlib import suppress
from typing import cast
from uuid import UUID

from loadtests.alerts import Report
from loadtests.posting import NEVER, TOLD, Arrivals, Posts
from loadtests.streams import OPENED, Seen, Watch
from loadtests.wire import Answer, Wire
from tests.loadtests.machine import Machine

FIRST, SECOND = (UUID(int=number) for number in (1, 2))
REPORTS = [Report(id_, "center", b"{}", b"") for id_ in (FIRST, SECOND)]
WATCH = Watch("/v1/centers/center/stream", b"")


class Taking:
    """Takes every post."""

    async def post(self, path: str, body: bytes, headers: bytes = b"") -> Answer:
        del path, body, headers
        return Answer(202, b"{}")


def frame(incident: UUID, type_: bytes = OPENED) -> Seen:
    return Seen(type_, 1, b'{"incident":{"id":"%s"}}' % str(incident).encode())


async def test_a_frame_is_as_late_as_its_alert_was_meant_to_leave() -> None:
    machine = Machine()
    posts, arrivals = Posts(cast("Wire", Taking()), REPORTS), Arrivals(machine)
    began = machine.monotonic()
    await posts.send(0, began - 0.5)  # it was meant to leave earlier than it did
    machine.advance(0.25)
    arrivals.take(WATCH, frame(FIRST))

    samples = await arrivals.wait_for(posts, within=1)

    assert samples.seconds == {TOLD: [0.75]}


async def test_an_alert_that_no_console_is_told_of_is_an_error() -> None:
    machine = Machine()
    posts, arrivals = Posts(cast("Wire", Taking()), REPORTS), Arrivals(machine)
    for number in range(2):
        await posts.send(number, machine.monotonic())
    arrivals.take(WATCH, frame(FIRST))
    arrivals.take(WATCH, frame(SECOND, b"incident.acknowledged.v1"))

    driving = asyncio.create_task(machine.run())
    samples = await arrivals.wait_for(posts, within=2)
    driving.cancel()
    with suppress(asyncio.CancelledError):
        await driving

    assert samples.counts == {TOLD: 1, NEVER: 1}
    assert samples.errors(TOLD) == 1


def test_an_opening_that_is_told_twice_is_noticed() -> None:
    arrivals = Arrivals(Machine())

    for incident in (FIRST, SECOND, FIRST):
        arrivals.take(WATCH, frame(incident))

    assert (len(arrivals.at), arrivals.twice) == (2, 1)
