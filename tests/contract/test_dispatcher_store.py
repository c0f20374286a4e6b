"""What the dispatcher's store promises, in memory and in Postgres alike."""

from dataclasses import replace

import asyncpg
import pytest

from incident import commands as c
from incident.alert import TeamId
from incident.chain import GENESIS, link
from incident.lifecycle import Incident
from incident.replay import replay
from services.dispatcher.adapters.saving import LostRaceError
from services.dispatcher.ports import Answered, Bounds, Delivery, Early
from services.runtime import eventlog
from services.runtime.auth import Principal, Role
from tests.builders import at
from tests.contract.dispatcher_desk import CLOSE, LENT, A, B, Desk, opened
from tests.contract.dispatcher_stores import Kept
from tests.fakes.dispatcher import BrokenRuleError
from tests.services.dispatcher.park import (
    EAST,
    WEST,
    alert,
    incident_id,
)

REFUSED = (BrokenRuleError, asyncpg.IntegrityConstraintViolationError)


class TestIncidents:
    """An incident, its events and its texts are kept together or not at all."""

    async def test_what_was_opened_is_found_as_it_was(self, desk: Desk) -> None:
        raised = alert(1, details=(("说明", "东门🚔"),), category="纠纷")
        await desk.open(raised)
        async with desk.kept.store.work() as work:
            found = await work.find([raised.id, incident_id(9)])
            locked = await work.lock([raised.id, incident_id(9)])
        assert found == locked == {raised.id: opened(raised).incident}
        assert await desk.kept.reads.find(raised.id) == found[raised.id]
        assert await desk.kept.reads.find(incident_id(9)) is None

    async def test_its_events_are_chained_and_lead_to_it(self, desk: Desk) -> None:
        await desk.open(alert(1))
        await desk.do(1, c.Acknowledge(), c.Assign(teams=(A, LENT)))
        closed = await desk.do(1, CLOSE)
        logged = await desk.kept.reads.list_events(closed.id, after=0, limit=100)
        previous = GENESIS
        for version, entry in enumerate(logged, start=1):
            assert (entry.version, entry.previous) == (version, previous)
            previous = link(previous, entry.text)
            assert entry.hash == previous
        assert replay(eventlog.from_text(entry.text) for entry in logged) == closed
        assert await desk.kept.reads.find(closed.id) == closed

    async def test_nothing_stays_of_a_transaction_that_fails(self, desk: Desk) -> None:
        await desk.open(alert(1))
        with pytest.raises(ConnectionError):
            await self._fail(desk)
        assert await desk.kept.said() == [(incident_id(1), 1)]
        assert await desk.kept.reads.find(incident_id(2)) is None
        assert await desk.kept.frames.bounds(f"center:{WEST}") == Bounds(newest=1, oldest=1)
        async with desk.kept.store.work() as work:
            assert await work.recall("op", "note", "k") is None

    @staticmethod
    async def _fail(desk: Desk) -> None:
        async with desk.kept.store.work() as work:
            await work.remember("op", "note", "k", Answered(digest="d", body="{}"))
            await work.save([opened(alert(2))])
            raise ConnectionError

    async def test_an_incident_is_opened_once(self, desk: Desk) -> None:
        await desk.open(alert(1))
        with pytest.raises(LostRaceError):
            await desk.open(alert(2), alert(1, fingerprint="other"))
        assert await desk.kept.said() == [(incident_id(1), 1)]

    async def test_each_event_is_said_in_the_order_of_its_version(self, desk: Desk) -> None:
        await desk.open(alert(2), alert(1))
        await desk.do(1, c.Acknowledge(), c.Assign(teams=(A,)))
        said = [(id_.int, version) for id_, version in await desk.kept.said()]
        assert sorted(said) == [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1)]
        assert [version for number, version in said if number == 1] == [1, 2, 3, 4]

    async def test_texts_are_kept_beside_their_events(self, desk: Desk) -> None:
        await desk.open(alert(1), sealed="k1.a.b")
        change = desk.changed(await self._locked(desk), c.Acknowledge(), c.Note(text="d" * 64))
        async with desk.kept.store.work() as work:
            await work.lock([incident_id(1)])
            await work.save([replace(change, sealed={4: "k1.c.d"})])
        caller = Principal(key_id="op", role=Role.OPERATOR, organisation=WEST)
        texts = await desk.kept.reads.reveal(incident_id(1), caller, now=at(9))
        assert [(entry.version, entry.sealed) for entry in texts] == [(1, "k1.a.b"), (4, "k1.c.d")]
        assert await desk.kept.reveals() == [(incident_id(1), "op")]

    @staticmethod
    async def _locked(desk: Desk) -> Incident:
        async with desk.kept.store.work() as work:
            return (await work.lock([incident_id(1)]))[incident_id(1)]


class TestTeams:
    """A team is on one incident at most."""

    async def test_who_is_on_which_incident_is_known(self, desk: Desk) -> None:
        await desk.open(alert(1), alert(2))
        await desk.do(1, c.Assign(teams=(A,)))
        await desk.do(2, c.Assign(teams=(LENT,)))
        await desk.do(2, c.Release(team=LENT))
        async with desk.kept.store.work() as work:
            assert await work.find_engaged([A, B, LENT]) == {A: incident_id(1)}
            assert await work.lock_teams([LENT, A]) == {A: incident_id(1)}
            assert await work.lock_teams([]) == {}
            assert await work.lock_teams([TeamId("never-seen")]) == {}

    async def test_a_team_is_moved_in_one_save(self, desk: Desk) -> None:
        """Whichever incident is written first."""
        await desk.open(alert(1), alert(2))
        await desk.do(1, c.Assign(teams=(A,)))
        await desk.do(2, c.Assign(teams=(B,)))
        async with desk.kept.store.work() as work:
            found = await work.lock([incident_id(1), incident_id(2)])
            first, second = found[incident_id(1)], found[incident_id(2)]
            await work.save(
                [
                    desk.changed(first, c.Release(team=A), c.Assign(teams=(B,))),
                    desk.changed(second, c.Release(team=B), c.Assign(teams=(A,))),
                ]
            )
        async with desk.kept.store.work() as work:
            assert await work.find_engaged([A, B]) == {A: incident_id(2), B: incident_id(1)}

    @pytest.mark.parametrize("numbers", [(1, 2), (2, 1)])
    async def test_a_team_on_two_incidents_is_refused(
        self, desk: Desk, numbers: tuple[int, int]
    ) -> None:
        await desk.open(alert(1), alert(2))
        await desk.do(numbers[0], c.Assign(teams=(A,)))
        with pytest.raises(REFUSED):
            await desk.do(numbers[1], c.Assign(teams=(A,)))
        found = await desk.kept.reads.find(incident_id(numbers[1]))
        assert found is not None
        assert found.version == 1

    async def test_an_assignment_that_ends_as_it_begins_binds_nobody(self, desk: Desk) -> None:
        await desk.open(alert(1))
        await desk.do(1, c.Assign(teams=(A, B)), c.Release(team=A), CLOSE)
        async with desk.kept.store.work() as work:
            assert await work.find_engaged([A, B]) == {}


class TestAnswers:
    """The first answer to a command is kept, and no other."""

    async def test_an_answer_is_kept_for_its_caller_and_its_command(self, kept: Kept) -> None:
        answered = Answered(digest="d", body='{"a":"乙"}')
        async with kept.store.work() as work:
            assert await work.recall("op", "note", "k") is None
            assert await work.remember("op", "note", "k", answered)
        async with kept.store.work() as work:
            assert await work.recall("op", "note", "k") == answered
            for other in (("op-2", "note", "k"), ("op", "urge", "k"), ("op", "note", "k2")):
                assert await work.recall(*other) is None

    async def test_a_second_one_is_not_kept_and_that_is_said(self, kept: Kept) -> None:
        first = Answered(digest="d", body="{}")
        async with kept.store.work() as work:
            assert await work.remember("op", "note", "k", first)
        async with kept.store.work() as work:
            assert not await work.remember("op", "note", "k", replace(first, digest="e"))
            assert await work.recall("op", "note", "k") == first


class TestEarly:
    """What overtook its alert is kept once, and taken out once."""

    async def test_it_is_taken_out_once_oldest_first(self, kept: Kept) -> None:
        async with kept.store.work() as work:
            await work.keep_early([_early("b"), _early("a"), _early("c", number=2)], now=at(1))
            await work.keep_early([], now=at(1))
        async with kept.store.work() as work:
            await work.keep_early([_early("b"), _early("0")], now=at(2))
        async with kept.store.work() as work:
            taken = await work.take_early([incident_id(1), incident_id(9)])
            assert [entry.id for entry in taken] == ["a", "b", "0"]
            assert taken[0] == _early("a")
            assert await work.take_early([]) == []
        async with kept.store.work() as work:
            assert await work.take_early([incident_id(1)]) == []
            assert [entry.id for entry in await work.take_early([incident_id(2)])] == ["c"]


class TestDeliveries:
    """A delivery is queued once for an incident and round."""

    async def test_it_is_queued_once(self, desk: Desk) -> None:
        await desk.open(alert(1))
        delivery = Delivery(incident=incident_id(1), center=EAST, round=1)
        for deliveries in ([delivery], [], [delivery, replace(delivery, round=2)]):
            async with desk.kept.store.work() as work:
                await work.queue_deliveries(deliveries)
        assert sorted(await desk.kept.deliveries()) == [
            (incident_id(1), EAST, 1),
            (incident_id(1), EAST, 2),
        ]


def _early(id_: str, *, number: int = 1) -> Early:
    return Early(incident=incident_id(number), id=id_, type="alert.updated.v1", value='{"甲":1}')
