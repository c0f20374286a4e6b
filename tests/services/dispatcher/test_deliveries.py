"""Which deliveries go, which end, and what a receipt of a center's system does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from incident import events as e
from incident.alert import Severity
from incident.events import Body
from incident.lifecycle import Incident, State
from incident.moments import ActorKind, MomentName, Via
from services.dispatcher.handlers.deliveries import LEASE, Claimed, Times, Wanted, claim, settle
from services.dispatcher.handlers.outcomes import DeliveryState
from services.dispatcher.handlers.outgoing import Ending
from services.dispatcher.payloads.delivery import write_alert
from services.runtime.outgoing.outcomes import WAITS, Fault, Tried
from tests.builders import at
from tests.fakes.clock import NOON
from tests.fakes.deliveries import FakeDeliveries
from tests.fakes.dispatcher import FakeAtlas, FakeStore
from tests.services.dispatcher.sending import (
    EAST,
    TRANSFER,
    connected,
    happen,
    open_one,
)

LOOKUP = connected(east="https://east.example/alerts", west="https://west.example/")
ANSWERED = Times(real=NOON, now=at(4.2), answered_at=at(4))
RESOLVED = (e.IncidentAcknowledged(), e.IncidentResolved(team=None, disposition=None))


class Desk:
    """The stores of one test, at one moment."""

    def __init__(self) -> None:
        self.atlas = FakeAtlas(LOOKUP)
        self.store = FakeStore(self.atlas)
        self.deliveries = FakeDeliveries(self.store)

    async def queued(self, *, number: int = 1, attempts: int = 0) -> Incident:
        incident = await open_one(self.store, LOOKUP, number=number)
        self.deliveries.queue(incident, at=NOON, attempts=attempts)
        return incident

    async def claim(self, *, seconds: float = 0, busy: tuple[str, ...] = ()) -> Claimed:
        wanted = Wanted(now=NOON + timedelta(seconds=seconds), busy=busy, limit=16)
        return await claim(wanted, store=self.deliveries, atlas=self.atlas, write=write_alert)

    def present(self, incident: Incident) -> Incident:
        return self.store.tables.incidents[incident.id]


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_an_attempt_is_counted_before_it_is_made(desk: Desk) -> None:
    incident = await desk.queued()

    (parcel,) = (await desk.claim()).parcels

    row = desk.deliveries.row(parcel.id)
    assert (row.due.attempts, row.next_at) == (1, NOON + LEASE)
    assert parcel.url == "https://east.example/alerts"
    assert parcel.body == write_alert(incident)


async def test_what_nobody_settled_is_sent_again_under_the_same_id_with_the_same_body(
    desk: Desk,
) -> None:
    incident = await desk.queued()
    (first,) = (await desk.claim()).parcels
    assert (await desk.claim(seconds=1)).parcels == ()
    raised = e.IncidentUpdated(
        number=1, severity=Severity.RED, circumstances=incident.circumstances
    )
    await happen(desk.store, incident, raised)

    (second,) = (await desk.claim(seconds=LEASE.total_seconds())).parcels

    assert second == replace(first, attempt=2)


async def test_a_center_that_is_busy_is_left_alone(desk: Desk) -> None:
    await desk.queued()

    assert await desk.claim(busy=(EAST,)) == Claimed()


@pytest.mark.parametrize(
    ("bodies", "ending"),
    [
        ((e.IncidentPushed(),), Ending.RECEIPT),
        ((e.IncidentPushed(), e.IncidentAcknowledged()), Ending.RECEIPT),
        ((e.IncidentCancelled(reason="withdrawn"),), Ending.OVER),
        (RESOLVED, Ending.OVER),
        ((TRANSFER,), Ending.MOVED),
    ],
)
async def test_a_delivery_ends_when_there_is_nothing_left_to_ask(
    desk: Desk, bodies: tuple[Body, ...], ending: Ending
) -> None:
    incident = await desk.queued()
    await happen(desk.store, incident, *bodies)

    claimed = await desk.claim()

    assert claimed.parcels == ()
    (row,) = desk.deliveries.rows
    assert (row.state, row.outcome) == (DeliveryState.ENDED, ending)


async def test_after_a_transfer_the_new_round_has_a_delivery_of_its_own(desk: Desk) -> None:
    incident = await desk.queued()
    moved = await happen(desk.store, incident, TRANSFER)
    desk.deliveries.queue(moved, at=NOON)

    claimed = await desk.claim()

    assert [parcel.url for parcel in claimed.parcels] == ["https://west.example/"]
    assert [entry.ending for entry in claimed.ended] == [Ending.MOVED]


async def test_a_delivery_to_a_center_without_a_system_ends(desk: Desk) -> None:
    await desk.queued()
    desk.atlas.now = connected(west="https://west.example/")

    assert [entry.ending for entry in (await desk.claim()).ended] == [Ending.NO_ENDPOINT]


async def test_nothing_goes_to_an_address_that_is_gone_until_it_is_another(desk: Desk) -> None:
    incident = await desk.queued()
    (parcel,) = (await desk.claim()).parcels
    await settle(parcel, Tried(status=410), store=desk.deliveries, at=ANSWERED)
    assert desk.deliveries.row(parcel.id).state is DeliveryState.ENDED
    await desk.queued(number=2)

    assert [entry.ending for entry in (await desk.claim()).ended] == [Ending.DISABLED]

    await desk.queued(number=3)
    desk.atlas.now = connected(east="https://new.example/")
    assert [entry.url for entry in (await desk.claim()).parcels] == ["https://new.example/"]
    assert desk.present(incident).state is State.OPEN


async def test_a_delivery_whose_process_died_in_the_last_attempt_has_failed(desk: Desk) -> None:
    await desk.queued(attempts=len(WAITS))

    (ended,) = (await desk.claim()).ended

    assert (ended.ending, ended.state) == (Ending.EXHAUSTED, DeliveryState.FAILED)


async def test_the_systems_receipt_pushes_the_incident_in_the_name_of_its_center(
    desk: Desk,
) -> None:
    incident = await desk.queued()
    (parcel,) = (await desk.claim()).parcels

    verdict, pushed = await settle(parcel, Tried(status=202), store=desk.deliveries, at=ANSWERED)

    after = desk.present(incident)
    moment = after.moments[-1]
    assert pushed
    assert verdict.state is DeliveryState.DELIVERED
    assert desk.deliveries.row(parcel.id).state is DeliveryState.DELIVERED
    assert after.state is State.PUSHED
    assert (moment.name, moment.via) == (MomentName.PUSHED, Via.WEBHOOK)
    assert (moment.actor.kind, moment.actor.organisation) == (ActorKind.MACHINE, EAST)
    assert (moment.occurred_at, moment.recorded_at) == (at(4), at(4.2))


async def test_a_receipt_settled_twice_is_recorded_once(desk: Desk) -> None:
    incident = await desk.queued()
    (parcel,) = (await desk.claim()).parcels
    await settle(parcel, Tried(status=200), store=desk.deliveries, at=ANSWERED)

    _, pushed = await settle(parcel, Tried(status=200), store=desk.deliveries, at=ANSWERED)

    assert not pushed
    assert desk.present(incident).version == 2


@pytest.mark.parametrize(
    "bodies",
    [
        (e.IncidentPushed(), e.IncidentAcknowledged()),
        (e.IncidentCancelled(reason="withdrawn"),),
        RESOLVED,
        (TRANSFER,),
        (TRANSFER, e.IncidentTransferred(center=EAST, console=False, reason="ours-after-all")),
    ],
)
async def test_a_receipt_that_comes_too_late_is_kept_with_the_delivery_and_changes_nothing(
    desk: Desk, bodies: tuple[Body, ...]
) -> None:
    incident = await desk.queued()
    (parcel,) = (await desk.claim()).parcels
    meanwhile = await happen(desk.store, incident, *bodies)

    _, pushed = await settle(parcel, Tried(status=200), store=desk.deliveries, at=ANSWERED)

    assert not pushed
    assert desk.present(incident) == meanwhile
    assert desk.deliveries.row(parcel.id).state is DeliveryState.DELIVERED


async def test_a_failure_that_is_settled_late_does_not_disturb_the_next_attempt(
    desk: Desk,
) -> None:
    await desk.queued()
    (first,) = (await desk.claim()).parcels
    (second,) = (await desk.claim(seconds=LEASE.total_seconds())).parcels
    before = desk.deliveries.row(second.id)

    await settle(first, Tried(fault=Fault.TIMEOUT), store=desk.deliveries, at=ANSWERED)

    assert desk.deliveries.row(second.id) == before


async def test_a_late_success_of_an_earlier_attempt_counts(desk: Desk) -> None:
    incident = await desk.queued()
    (first,) = (await desk.claim()).parcels
    await desk.claim(seconds=LEASE.total_seconds())

    await settle(first, Tried(status=200), store=desk.deliveries, at=ANSWERED)

    assert desk.deliveries.row(first.id).state is DeliveryState.DELIVERED
    assert desk.present(incident).state is State.PUSHED
