"""What the dispatcher's store promises, in memory and in Postgres alike."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from incident import commands as c
from incident.alert import Alert, TeamId
from incident.chain import GENESIS, link
from incident.commands import Command, Context, Facts, TeamFacts
from incident.decisions.decide import begin, decide, record
from incident.events import Event
from incident.lifecycle import Incident
from incident.moments import Via
from incident.replay import replay
from services.dispatcher.adapters.saving import LostRaceError
from services.dispatcher.handlers.alerts import MACHINE
from services.dispatcher.handlers.opening import opening_of
from services.dispatcher.handlers.reading import After, Filter, Scope
from services.dispatcher.ports import Answered, Bounds, Change, Delivery, Early
from services.runtime import eventlog
from services.runtime.auth import Principal, Role
from tests.builders import KINDS, an_actor, at
from tests.conftest import Databases
from tests.contract.dispatcher_stores import InMemory, Kept, make_tables, open_postgres
from tests.fakes.dispatcher import BrokenRuleError, FakeAtlas
from tests.services.dispatcher.park import (
    EAST,
    OTHER_STATION,
    STATION,
    WEST,
    alert,
    document,
    incident_id,
    lookup_of,
)

A, B, LENT = TeamId("west-a"), TeamId("west-b"), TeamId("east-a")
ORGANISATIONS = {A: WEST, B: WEST, LENT: EAST}
ATLAS = FakeAtlas(lookup_of(document()))
REFUSED = (BrokenRuleError, asyncpg.IntegrityConstraintViolationError)


@pytest.fixture(params=["memory", "postgres"])
async def kept(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[Kept]:
    """Either store, empty."""
    if request.param == "memory":
        yield InMemory(ATLAS)
        return
    dsn = await databases.create(await databases.template("dispatcher contract", make_tables))
    async with open_postgres(dsn, ATLAS) as opened:
        yield opened
    await databases.drop(dsn)


class Desk:
    """Decides and saves, one transaction a call."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.now = 0.0

    async def open(self, *alerts: Alert, sealed: str | None = None) -> None:
        """Open incidents for alerts, in one transaction."""
        async with self.kept.store.work() as work:
            await work.save([opened(entry, sealed=sealed) for entry in alerts])

    async def do(self, number: int, *commands: Command) -> Incident:
        """Give commands to the numbered incident, in one transaction."""
        async with self.kept.store.work() as work:
            before = (await work.lock([incident_id(number)]))[incident_id(number)]
            await work.lock_teams(ORGANISATIONS)
            change = self.changed(before, *commands)
            await work.save([change])
        return change.incident

    def changed(self, before: Incident, *commands: Command) -> Change:
        """What commands do to an incident."""
        incident, events = before, list[Event]()
        for command in commands:
            decided = decide(incident, command, context=self.context, facts=FACTS)
            incident, further = record(incident, decided.bodies, context=self.context)
            events += further
        return Change(before=before, incident=incident, events=tuple(events))

    @property
    def context(self) -> Context:
        """An operator, now."""
        return Context(now=at(self.now), actor=an_actor(), via=Via.CONSOLE)


FACTS = Facts(
    teams={team: TeamFacts(organisation=whose) for team, whose in ORGANISATIONS.items()},
    consoles={WEST: True, EAST: False},
    police=frozenset({OTHER_STATION}),
    dispositions={entry.code: entry for entry in KINDS["police-alert"].dispositions},
    result_fields=(),
    places=(),
    others={},
)
CLOSE = c.Close(disposition="by_telephone")


def opened(raised: Alert, *, sealed: str | None = None, now: float = 0) -> Change:
    """What opening an alert does."""
    context = Context(now=at(now), actor=MACHINE, via=Via.AUTOMATIC)
    incident, event = begin(opening_of(raised, atlas=ATLAS, follows=None), context=context)
    texts = {} if sealed is None else {1: sealed}
    return Change(before=None, incident=incident, events=(event,), sealed=texts)


@pytest.fixture
def desk(kept: Kept) -> Desk:
    return Desk(kept)


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


class TestFrames:
    """Each channel counts from 1, with no gap."""

    async def test_each_channel_has_its_own_numbers(self, desk: Desk) -> None:
        await desk.open(alert(1), alert(2, center=EAST))
        await desk.do(1, c.Acknowledge(), c.Assign(teams=(A, LENT)))
        frames = await desk.kept.frames.read(
            {f"center:{WEST}": 0, f"center:{EAST}": 1, "team:west-a": 0, "team:nobody": 0}, limit=9
        )
        told = [(frame.channel, frame.sequence, frame.type.split(".")[1]) for frame in frames]
        assert told == [
            (f"center:{EAST}", 2, "team_assigned"),
            (f"center:{WEST}", 1, "opened"),
            (f"center:{WEST}", 2, "pushed"),
            (f"center:{WEST}", 3, "acknowledged"),
            (f"center:{WEST}", 4, "team_assigned"),
            (f"center:{WEST}", 5, "team_assigned"),
            ("team:west-a", 1, "team_assigned"),
            ("team:west-a", 2, "team_assigned"),
        ]

    async def test_each_channel_is_read_in_pages(self, desk: Desk) -> None:
        await desk.open(*(alert(number) for number in range(1, 8)))
        await desk.open(alert(9, center=EAST))
        cursors = {f"center:{WEST}": 2, f"center:{EAST}": 0}
        frames = await desk.kept.frames.read(cursors, limit=3)
        assert [frame.sequence for frame in frames] == [1, 3, 4, 5]
        assert await desk.kept.frames.read({}, limit=3) == []

    async def test_how_far_a_channel_is_kept_is_known(self, desk: Desk) -> None:
        await desk.open(*(alert(number) for number in range(1, 4)))
        assert await desk.kept.frames.bounds(f"center:{WEST}") == Bounds(newest=3, oldest=1)
        assert await desk.kept.frames.bounds("center:nowhere") == Bounds(newest=0, oldest=None)


class TestReads:
    """Lists give what is asked for and what the caller may see."""

    @pytest.fixture(autouse=True)
    async def park(self, desk: Desk) -> None:
        """Incidents of two centers and two stations, some ended, some lent, one offered."""
        await desk.open(
            alert(1, received_at=at(10)),
            alert(2, received_at=at(10), severity="red"),
            alert(3, received_at=at(20), center=EAST),
            alert(4, received_at=at(30), station=OTHER_STATION, status="exercise"),
            alert(5, received_at=at(40), center=EAST, station=WEST),
        )
        desk.now = 100
        await desk.do(1, c.Assign(teams=(LENT,)))
        await desk.do(2, c.Assign(teams=(A,)), c.HandOver(to=OTHER_STATION, reason="crime"))
        await desk.do(4, CLOSE)
        desk.now = 200
        await desk.do(2, c.Release(team=A))

    FILTERS: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, "54321"),
        ({"state": "assigned"}, "1"),
        ({"live": True}, "5321"),
        ({"live": False}, "4"),
        ({"center": EAST}, "53"),
        ({"kind": "police-alert"}, "54321"),
        ({"kind": "flood"}, ""),
        ({"severity": "red"}, "2"),
        ({"status": "exercise"}, "4"),
        ({"since": at(20)}, "543"),
        ({"until": at(20)}, "21"),
        ({"since": at(10), "until": at(30), "center": WEST}, "21"),
    )

    async def test_a_list_gives_what_is_asked_for(self, kept: Kept) -> None:
        for wanted, numbers in self.FILTERS:
            found = await kept.reads.list_incidents(
                Filter(**wanted), Scope(), after=None, limit=100
            )
            assert _numbers(found) == numbers, wanted

    DAY = timedelta(days=1)
    SCOPES = (
        (Scope(station=STATION), "321"),
        (Scope(station=OTHER_STATION), "42"),
        (Scope(station="nobody"), ""),
        (Scope(center=WEST, lent_since=at(0)), "5421"),
        (Scope(center=EAST, lent_since=at(0)), "531"),
        (Scope(center=EAST, lent_since=at(0) + DAY), "531"),
        (Scope(team=A, lent_since=at(200)), "2"),
        (Scope(team=A, lent_since=at(200) + timedelta(microseconds=1)), ""),
        (Scope(team=LENT, lent_since=at(0) + DAY), "1"),
        (Scope(team="", lent_since=at(0)), ""),
    )

    async def test_a_list_gives_what_the_caller_may_see(self, kept: Kept) -> None:
        for scope, numbers in self.SCOPES:
            found = await kept.reads.list_incidents(Filter(), scope, after=None, limit=100)
            assert _numbers(found) == numbers, scope

    async def test_pages_follow_one_another(self, kept: Kept) -> None:
        for limit in (1, 2, 5):
            after, pages = None, list[Incident]()
            while page := await kept.reads.list_incidents(
                Filter(), Scope(), after=after, limit=limit
            ):
                assert len(page) <= limit
                pages += page
                after = After(received_at=page[-1].alert.received_at, id=page[-1].id)
            assert _numbers(pages) == "54321"

    async def test_events_are_given_behind_a_version(self, kept: Kept) -> None:
        logged = await kept.reads.list_events(incident_id(2), after=1, limit=2)
        assert [entry.version for entry in logged] == [2, 3]
        assert await kept.reads.list_events(incident_id(9), after=0, limit=9) == []

    async def test_a_board_is_of_one_moment(self, kept: Kept) -> None:
        board = await kept.reads.read_board(EAST, [A, LENT])
        assert (_numbers(board.incidents), board.sequence) == ("135", 3)
        assert board.engaged == {LENT: incident_id(1)}
        empty = await kept.reads.read_board("park-center", [])
        assert (empty.sequence, empty.incidents, empty.engaged) == (0, [], {})


def _early(id_: str, *, number: int = 1) -> Early:
    return Early(incident=incident_id(number), id=id_, type="alert.updated.v1", value='{"甲":1}')


def _numbers(found: Sequence[Incident]) -> str:
    return "".join(str(incident.id.int) for incident in found)
