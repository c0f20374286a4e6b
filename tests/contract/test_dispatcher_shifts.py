"""Shifts, live streams and hand-overs, in memory and in Postgres alike."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from incident import commands as c
from incident.alert import IncidentId, OrganisationId
from incident.errors import DeskNotOnShift, HandoverUnaccepted, NotTheIncoming
from incident.messages import CENTER_DESK, CenterDesk
from incident.moments import Actor, ActorKind
from incident.shift import Checked, HandoverState, Shift, Sound
from services.dispatcher.handlers import handing
from services.dispatcher.handlers.handing import Ending, HandoverRunningError, Proposal, Seen
from services.dispatcher.handlers.shifts import Stream
from services.dispatcher.payloads.handing import write
from services.runtime import codec
from tests.builders import at
from tests.contract.dispatcher_desk import Desk
from tests.contract.dispatcher_stores import CLOCK, InPostgres
from tests.services.dispatcher.park import EAST, STATION, WEST, alert, incident_id

ONE, TWO = UUID(int=1), UUID(int=2)
H = UUID(int=115)
LI = Actor(kind=ActorKind.PERSON, id="key-li", role="operator", organisation=WEST, person="li")
HERE = Stream(center=WEST, desk=ONE, client=False)


def shift(desk: UUID = ONE, operator: str = "zhang", since: float = 0) -> Shift:
    """A shift that began with the sound test."""
    return Shift(
        desk=desk,
        operator=operator,
        since=at(since),
        until=at(since) + timedelta(hours=16),
        sound=Sound.ON,
        checked=Checked.HEARD,
    )


class TestShifts:
    async def test_a_stream_and_a_shift_make_a_center_online_in_either_order(
        self, desk: Desk
    ) -> None:
        for center, first in ((WEST, True), (EAST, False)):
            live = replace(HERE, center=center)
            if first:
                await desk.kept.streams.beat([live])
            await desk.kept.shifts.begin(center, shift(), key="k")
            await desk.kept.streams.beat([live])
            await desk.kept.streams.settle(now=at(1))
            assert (await desk.kept.shifts.read(center, now=at(1))).standing.state == "online"
        assert set(await desk.kept.shifts.standings()) == {WEST, EAST}

    async def test_a_new_shift_takes_the_desk_over(self, desk: Desk) -> None:
        await desk.kept.shifts.begin(WEST, shift(), key="k")
        manned = await desk.kept.shifts.begin(WEST, shift(operator="li", since=5), key="k2")
        assert [console.shift.operator for console in manned.consoles] == ["li"]

    async def test_sound_and_end_are_kept(self, desk: Desk) -> None:
        await desk.kept.streams.beat([HERE])
        await desk.kept.shifts.begin(WEST, shift(), key="k")
        kept = desk.kept.shifts
        silent = await kept.set_sound(WEST, ONE, Sound.BLOCKED, now=at(2))
        assert (silent.standing.state, silent.consoles[0].state) == ("silent", "blocked")
        ended = await kept.end(WEST, ONE, by="zhang", now=at(3))
        assert (ended.standing.state, ended.consoles) == ("offline", ())
        with pytest.raises(DeskNotOnShift):
            await kept.set_sound(WEST, ONE, Sound.ON, now=at(4))

    async def test_a_desk_is_found_for_a_receipt_only_where_it_stands(self, desk: Desk) -> None:
        await desk.kept.shifts.begin(WEST, shift(), key="k")
        async with desk.kept.store.work() as work:
            found = await work.find_console(WEST, ONE, now=at(1))
            assert found is not None
            assert found.shift == shift()
            assert await work.find_console(EAST, ONE, now=at(1)) is None
            assert await work.find_console(WEST, TWO, now=at(1)) is None
            assert await work.find_console(WEST, ONE, now=at(16 * 3600)) is None

    async def test_a_change_is_told_once_to_the_center_and_to_stations(self, desk: Desk) -> None:
        await desk.kept.shifts.begin(WEST, shift(), key="k")
        await desk.kept.streams.beat([HERE])
        assert await desk.kept.streams.settle(now=at(1)) == [WEST]
        assert await desk.kept.streams.settle(now=at(2)) == []
        await desk.kept.streams.drop([HERE])
        assert await desk.kept.streams.settle(now=at(3)) == [WEST]
        for channel in (f"center:{WEST}", f"station:{STATION}"):
            told = await desk.kept.frames.read({channel: 0}, limit=9)
            assert {frame.type for frame in told} == {CENTER_DESK}
            states = [codec.decode(frame.data, CenterDesk).state for frame in told]
            assert states == ["offline", "online", "offline"]

    async def test_a_program_that_listens_makes_a_center_online(self, desk: Desk) -> None:
        client = Stream(center=WEST, desk=TWO, client=True)
        await desk.kept.streams.beat([client])
        await desk.kept.streams.settle(now=at(0))
        standing = (await desk.kept.shifts.read(WEST, now=at(0))).standing
        assert (standing.state, standing.clients, standing.on_shift) == ("online", 1, 0)

    async def test_everybody_else_is_told_over_kafka(self, desk: Desk) -> None:
        if not isinstance(desk.kept, InPostgres):
            pytest.skip("the fake has no outbox for it")
        await desk.kept.shifts.begin(WEST, shift(), key="k")
        (row,) = await desk.kept.fetch("select key, value from dispatcher.outbox")
        told = codec.decode(row["value"], CenterDesk)
        assert (row["key"], told.center, told.on_shift, told.connected) == (WEST, WEST, 1, 0)

    async def test_what_a_dead_process_said_is_gone_after_twelve_seconds(self, desk: Desk) -> None:
        if not isinstance(desk.kept, InPostgres):
            pytest.skip("in memory nobody dies")
        await desk.kept.shifts.begin(WEST, shift(), key="k")
        await desk.kept.streams.beat([HERE])
        await desk.kept.streams.settle(now=at(1))
        async with desk.kept.database.transaction() as connection:
            await connection.execute(
                "update dispatcher.desk_stream set seen_at = $1",
                CLOCK.real() - timedelta(seconds=12.5),
            )
        assert await desk.kept.streams.settle(now=at(2)) == [WEST]
        assert (await desk.kept.shifts.read(WEST, now=at(2))).standing.state == "offline"


class TestHandovers:
    @pytest.fixture(autouse=True)
    async def two(self, desk: Desk) -> None:
        """Two incidents of West's, one of East's."""
        await desk.open(alert(1), alert(2), alert(3, center=EAST))
        await desk.do(1, c.Acknowledge())

    async def begin(self, desk: Desk) -> Seen:
        """Zhang hands over to Li."""
        proposal = Proposal(id=H, center=WEST, outgoing="zhang", incoming="li", sealed="s")
        return await handing.begin(proposal, now=at(10), handovers=desk.kept.handovers)

    async def take(self, desk: Desk, number: int, actor: Actor = LI) -> Seen:
        """Somebody accepts a numbered incident."""
        return await handing.take(
            WEST, H, incident_id(number), actor=actor, now=at(20), handovers=desk.kept.handovers
        )

    async def end(self, desk: Desk, *, by: str = "li", back: bool = False) -> Seen:
        """It ends."""
        ending = Ending(by=by, chief=False, back=back)
        return await handing.end(
            WEST, H, ending, now=at(30), handovers=desk.kept.handovers, write=write
        )

    async def test_it_lists_what_the_center_has_open(self, desk: Desk) -> None:
        seen = await self.begin(desk)
        listed = [item.incident for item in seen.kept.handover.items]
        assert listed == [incident_id(1), incident_id(2)]
        with pytest.raises(HandoverRunningError):
            await self.begin(desk)

    async def test_an_incident_changes_hands_when_it_is_accepted_and_not_before(
        self, desk: Desk
    ) -> None:
        await self.begin(desk)
        before = await desk.kept.reads.find(incident_id(1))
        seen = await self.take(desk, 1)
        after = await desk.kept.reads.find(incident_id(1))
        assert before is not None
        assert after is not None
        assert before.operator != "li"
        assert after.operator == seen.incidents[incident_id(1)].operator == "li"
        other = await desk.kept.reads.find(incident_id(2))
        assert other is not None
        assert other.operator is None
        logged = await desk.kept.reads.list_events(incident_id(1), after=0, limit=99)
        assert "incident.taken_over.v1" in logged[-1].text
        await self.take(desk, 1)
        again = await desk.kept.reads.find(incident_id(1))
        assert again is not None
        assert again.version == after.version

    async def test_only_the_incoming_accepts(self, desk: Desk) -> None:
        await self.begin(desk)
        with pytest.raises(NotTheIncoming):
            await self.take(desk, 1, replace(LI, person="wang"))

    async def test_it_is_not_finished_while_one_is_left_and_what_comes_is_left(
        self, desk: Desk
    ) -> None:
        await self.begin(desk)
        await self.take(desk, 1)
        await self.take(desk, 2)
        await desk.open(alert(4))
        with pytest.raises(HandoverUnaccepted) as refused:
            await self.end(desk)
        assert refused.value.incidents == (incident_id(4),)
        await self.take(desk, 4)
        ended = (await self.end(desk)).kept
        assert ended.handover.state is HandoverState.FINISHED
        assert ended.shown is not None
        assert ended.hash is not None
        (listed,) = await desk.kept.handovers.list_ended(WEST, after=None, limit=9)
        assert listed == ended
        assert await desk.kept.handovers.list_ended(WEST, after=H, limit=9) == []

    async def test_one_that_ended_or_left_meanwhile_is_settled(self, desk: Desk) -> None:
        await self.begin(desk)
        await self.take(desk, 1)
        await desk.do(2, c.Transfer(center=OrganisationId(EAST), reason="theirs"))
        assert (await self.end(desk)).kept.handover.state is HandoverState.FINISHED

    async def test_it_is_taken_back_and_another_may_begin(self, desk: Desk) -> None:
        await self.begin(desk)
        await self.take(desk, 1)
        taken_back = (await self.end(desk, by="zhang", back=True)).kept.handover
        assert taken_back.state is HandoverState.WITHDRAWN
        async with desk.kept.handovers.work(WEST) as work:
            assert await work.find(None) is None
        proposal = Proposal(
            id=UUID(int=116), center=WEST, outgoing="zhang", incoming="li", sealed=None
        )
        await handing.begin(proposal, now=at(40), handovers=desk.kept.handovers)

    async def test_another_center_has_its_own(self, desk: Desk) -> None:
        await self.begin(desk)
        with pytest.raises(handing.NoHandoverError):
            await handing.look(EAST, H, now=at(11), handovers=desk.kept.handovers)
        own = Proposal(id=UUID(int=7), center=EAST, outgoing="a", incoming="b", sealed=None)
        seen = await handing.begin(own, now=at(12), handovers=desk.kept.handovers)
        assert [IncidentId(item.incident) for item in seen.kept.handover.items] == [incident_id(3)]
