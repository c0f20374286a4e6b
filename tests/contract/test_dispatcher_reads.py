"""What the dispatcher's reads and streams promise, in memory and in Postgres alike."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from incident import commands as c
from incident.lifecycle import Incident
from services.dispatcher.handlers.reading import After, Filter, Scope
from services.dispatcher.ports import Bounds
from tests.builders import an_actor, at
from tests.contract.dispatcher_desk import CLOSE, LENT, A, Desk
from tests.contract.dispatcher_stores import Kept
from tests.services.dispatcher.park import (
    EAST,
    OTHER_STATION,
    STATION,
    WEST,
    alert,
    incident_id,
)


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

    async def test_a_station_goes_on_seeing_what_it_accepted(self, desk: Desk) -> None:
        desk.actor = an_actor(organisation=OTHER_STATION)
        await desk.do(2, c.AcceptHandover(officer="o-1"))
        scope = Scope(station=OTHER_STATION)
        found = await desk.kept.reads.list_incidents(Filter(), scope, after=None, limit=9)
        assert _numbers(found) == "42"

    async def test_a_station_sees_no_more_of_what_is_offered_to_it_no_longer(
        self, desk: Desk
    ) -> None:
        await desk.do(2, CLOSE)
        scope = Scope(station=OTHER_STATION)
        found = await desk.kept.reads.list_incidents(Filter(), scope, after=None, limit=9)
        assert _numbers(found) == "4"

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


def _numbers(found: Sequence[Incident]) -> str:
    return "".join(str(incident.id.int) for incident in found)
