"""What waits for somebody and who is at a desk, in memory and in Postgres alike."""

from dataclasses import replace
from datetime import datetime

import pytest

from incident import commands as c
from incident.following import Owner
from incident.messages import CENTER_AWAY, CenterAway
from incident.moments import Actor, ActorKind
from incident.presence import Presence
from services.dispatcher.handlers.late_entries import Entered, enter
from services.dispatcher.handlers.presence import Desk as Seats
from services.dispatcher.handlers.tasks import Place, Share
from services.dispatcher.ports import Bounds
from services.runtime import codec
from tests.builders import at
from tests.contract.dispatcher_desk import ATLAS, CLOSE, Desk
from tests.contract.dispatcher_stores import InPostgres
from tests.contract.late_entries import an_entry
from tests.services.dispatcher.park import EAST, OTHER_STATION, STATION, WEST, alert, incident_id

PARK = Actor(kind=ActorKind.PERSON, id="supervisor", role="supervisor", organisation=WEST)
OWNER = Owner(organisation=EAST, post="chief")
END = c.EndSupervision(number=1, text="digest")


def until(seconds: float, owner: Owner = OWNER) -> c.Supervise:
    """Supervision up to a moment."""
    return c.Supervise(owner=owner, deadline=at(seconds), text="digest")


class TestSupervisions:
    @pytest.fixture(autouse=True)
    async def two(self, desk: Desk) -> None:
        """Of two incidents; the first has another one that was ended."""
        await desk.open(alert(1), alert(2, station=OTHER_STATION, center=EAST))
        desk.now = 10
        await desk.do(1, until(900), until(700), END)
        await desk.do(2, until(800, Owner(organisation=WEST, post="chief")))

    @pytest.mark.parametrize(
        ("share", "is_open", "organisation", "found"),
        [
            (Share(), None, None, [(1, 2), (2, 1), (1, 1)]),
            (Share(), True, None, [(1, 2), (2, 1)]),
            (Share(), False, None, [(1, 1)]),
            (Share(), None, "nobody", []),
            (Share(station=OTHER_STATION), None, None, [(2, 1)]),
            (Share(station=STATION), None, None, [(1, 2), (1, 1)]),
            (Share(center=EAST), True, None, [(1, 2), (2, 1)]),
            (Share(center="south-center"), None, None, []),
        ],
    )
    async def test_each_sees_its_own_in_the_order_they_are_due(
        self,
        desk: Desk,
        *,
        share: Share,
        is_open: bool | None,
        organisation: str | None,
        found: list[tuple[int, int]],
    ) -> None:
        listed = await desk.kept.tasks.list_supervisions(
            share, is_open=is_open, organisation=organisation, after=None, limit=9
        )
        named = [(entry.incident, entry.number) for entry in listed]
        assert named == [(incident_id(number), own) for number, own in found]

    async def test_a_page_begins_where_the_last_one_ended(self, desk: Desk) -> None:
        place, seen = None, list[datetime]()
        for _ in range(3):
            (entry,) = await desk.kept.tasks.list_supervisions(
                Share(), is_open=None, organisation=None, after=place, limit=1
            )
            place = Place(due=entry.deadline, incident=entry.incident, number=entry.number)
            seen.append(entry.deadline)
        assert seen == [at(700), at(800), at(900)]

    async def test_all_of_it_is_told(self, desk: Desk) -> None:
        listed = await desk.kept.tasks.list_supervisions(
            Share(), is_open=False, organisation=None, after=None, limit=9
        )
        (entry,) = listed
        incident = await desk.kept.reads.find(incident_id(1))
        assert incident is not None
        kept = incident.supervisions[0]
        assert (entry.author, entry.role) == (kept.by.organisation, kept.by.role)
        assert (entry.owner, entry.post) == (EAST, "chief")
        assert (entry.supervised_at, entry.deadline, entry.ended_at) == (at(10), at(900), at(10))
        assert (entry.station, entry.center, entry.state) == (STATION, WEST, "open")


class TestCalls:
    async def test_a_call_waits_from_the_closing_until_it_was_made(self, desk: Desk) -> None:
        await desk.open(alert(1), alert(2, center=EAST), alert(3))
        desk.now = 50
        for number in (1, 2):
            await desk.do(number, CLOSE)
        calls = await desk.kept.tasks.list_calls(Share(), after=None, limit=9)
        assert [call.incident for call in calls] == [incident_id(1), incident_id(2)]
        assert {(call.due_by, call.closed_at) for call in calls} == {(at(50 + 86_400), at(50))}
        (call,) = await desk.kept.tasks.list_calls(Share(center=EAST), after=None, limit=9)
        assert call.center == EAST
        place = Place(due=calls[0].due_by, incident=calls[0].incident)
        assert await desk.kept.tasks.list_calls(Share(), after=place, limit=9) == calls[1:]

        await desk.do(1, c.FollowUp(reached=False))
        (first, _) = await desk.kept.tasks.list_calls(Share(), after=None, limit=9)
        assert first.attempts == 1
        await desk.do(1, c.FollowUp(reached=True, satisfied=True))
        await desk.do(2, c.Reopen(reason="again"))
        assert await desk.kept.tasks.list_calls(Share(), after=None, limit=9) == []

    async def test_a_new_closing_counts_its_attempts_anew(self, desk: Desk) -> None:
        await desk.open(alert(1))
        await desk.do(1, CLOSE, c.FollowUp(reached=False), c.Reopen(reason="again"), CLOSE)
        (call,) = await desk.kept.tasks.list_calls(Share(station=STATION), after=None, limit=9)
        assert call.attempts == 0


class TestDesks:
    async def test_what_was_said_last_counts_until_it_ends(self, desk: Desk) -> None:
        desks = desk.kept.desks
        away = Presence(operator="a", away=True, since=at(0), until=at(60))
        there = Presence(operator="b", away=False, since=at(1), until=at(30))
        assert await desks.say(WEST, away, now=at(0)) == Seats(center=WEST, away=True, said=(away,))
        assert not (await desks.say(WEST, there, now=at(1))).away
        assert (await desks.read(WEST, now=at(30))).said == (away,)
        assert (await desks.read(EAST, now=at(1))) == Seats(center=EAST, away=False, said=())
        for now, centers in ((29, set()), (30, {WEST}), (60, set())):
            async with desk.kept.store.work() as work:
                assert await work.find_away(now=at(now)) == centers

    async def test_consoles_are_told_in_their_sequence(self, desk: Desk) -> None:
        await desk.open(alert(1))
        away = Presence(operator="a", away=True, since=at(0), until=at(60))
        await desk.kept.desks.say(WEST, away, now=at(0))
        await desk.kept.desks.say(WEST, replace(away, away=False), now=at(0))
        _, *told = await desk.kept.frames.read({f"center:{WEST}": 0}, limit=9)
        assert [(frame.sequence, frame.type) for frame in told] == [
            (2, CENTER_AWAY),
            (3, CENTER_AWAY),
        ]
        assert [codec.decode(frame.data, Seats).away for frame in told] == [True, False]

    async def test_everybody_else_is_told_over_kafka(self, desk: Desk) -> None:
        if not isinstance(desk.kept, InPostgres):
            pytest.skip("the fake has no outbox for it")
        away = Presence(operator="a", away=True, since=at(0), until=at(60))
        await desk.kept.desks.say(WEST, away, now=at(0))
        (row,) = await desk.kept.fetch("select key, value from dispatcher.outbox")
        told = codec.decode(row["value"], CenterAway)
        assert (row["key"], told.center, told.away, told.said) == (WEST, WEST, True, (away,))


class TestOneIncident:
    async def test_its_channel_is_its_events(self, desk: Desk) -> None:
        await desk.open(alert(1), alert(2))
        await desk.do(1, c.Acknowledge())
        channel = f"incident:{incident_id(1)}"
        told = await desk.kept.frames.read({channel: 1, f"center:{WEST}": 3}, limit=9)
        assert [(frame.channel.partition(":")[0], frame.sequence) for frame in told] in (
            [("incident", 2), ("incident", 3), ("center", 4)],
            [("center", 4), ("incident", 2), ("incident", 3)],
        )
        assert await desk.kept.frames.bounds(channel) == Bounds(newest=3, oldest=1)
        nowhere = f"incident:{incident_id(9)}"
        assert await desk.kept.frames.bounds(nowhere) == Bounds(newest=0, oldest=None)


async def test_a_late_entry_is_kept_whole_once(desk: Desk) -> None:
    async def again(key: str) -> Entered:
        return await enter(
            an_entry(), actor=PARK, key=key, now=at(0), store=desk.kept.store, atlas=ATLAS
        )

    first = await again("k-1")
    assert [await again("k-1"), await again("k-2")] == [first, first]
    incident = await desk.kept.reads.find(first.id)
    assert incident is not None
    assert (incident.late_entry, incident.state) == (True, "closed")
    assert await desk.kept.said() == [(first.id, version) for version in range(1, 11)]
    assert await desk.kept.tasks.list_calls(Share(), after=None, limit=9) == []
