"""A team or an incident that another command holds is taken only in the open, from both at once."""

import json

import pytest

from incident.alert import TeamId
from tests.fakes.dispatcher import Tables
from tests.services.dispatcher.park import (
    EAST,
    Dispatcher,
    drill,
    incident_id,
)

ASSIGN_A = {"teams": ["west-a"]}


class TestDiverting:
    """A team that is elsewhere is taken only where the command says so, from both at once."""

    async def test_a_team_on_another_incident_is_refused_and_where_it_is_told(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open(1, 2)
        await dispatcher.done("operator", "assign", ASSIGN_A, number=1)
        refused = await dispatcher.act("operator", "assign", ASSIGN_A, number=2)
        found = refused.json()
        assert (refused.status, found["type"]) == (409, "/problems/team-engaged")
        assert (found["team"], found["incident"]) == ("west-a", str(incident_id(1)))
        assert found["allowed"] == ["divert"]

    async def test_both_incidents_change_in_one_transaction(self, dispatcher: Dispatcher) -> None:
        await dispatcher.open(1, 2)
        await dispatcher.done("operator", "assign", ASSIGN_A, number=2)
        await dispatcher.done("operator", "assign", {**ASSIGN_A, "divert": True}, number=1)
        (left,) = dispatcher[2].assignments
        (begun,) = dispatcher[1].assignments
        assert (left.end_reason, begun.diverted_from) == ("diverted", incident_id(2))
        assert dispatcher.store.tables.engaged == {TeamId("west-a"): incident_id(1)}
        released = dispatcher.events(2)[-1]
        assert released["body"]["diverted_to"] == str(incident_id(1))
        assert released["recorded_at"] == dispatcher.events(1)[-1]["recorded_at"]

    async def test_nothing_of_it_stays_where_one_half_is_refused(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open(1, 2)
        await dispatcher.done("operator", "assign", ASSIGN_A, number=1)
        before = dispatcher.store.tables
        body = {"teams": ["west-a", "nobody"], "divert": True}
        refused = await dispatcher.act("operator", "assign", body, number=2)
        assert (refused.status, refused.json()["type"]) == (422, "/problems/unknown")
        assert dispatcher.store.tables is before

    async def test_a_team_that_moves_between_look_and_lock_is_followed(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open(1, 2, 3)
        await dispatcher.done("operator", "assign", ASSIGN_A, number=1)
        elsewhere = dispatcher.store.tables
        await dispatcher.done("operator", "assign", {**ASSIGN_A, "divert": True}, number=2)
        moved, dispatcher.store.tables = dispatcher.store.tables, elsewhere
        _move_once(dispatcher, moved)
        await dispatcher.done("operator", "assign", {**ASSIGN_A, "divert": True}, number=3)
        assert [dispatcher[number].assignments[0].end_reason for number in (1, 2, 3)] == [
            "diverted",
            "diverted",
            None,
        ]

    async def test_a_team_that_keeps_moving_is_given_up_for_now(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open(1, 2, 3)
        await dispatcher.done("operator", "assign", ASSIGN_A, number=1)
        here = dispatcher.store.tables
        await dispatcher.done("operator", "assign", {**ASSIGN_A, "divert": True}, number=2)
        there = dispatcher.store.tables
        dispatcher.store.tables = here
        dispatcher.store.on_lock = lambda looked: there if looked.engaged == here.engaged else here
        refused = await dispatcher.act("operator", "assign", {**ASSIGN_A, "divert": True}, number=3)
        assert (refused.status, refused.json()["type"]) == (503, "/problems/busy")
        assert refused.headers["retry-after"] == "1"

    async def test_a_team_released_between_look_and_lock_is_simply_sent(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open(1, 2)
        await dispatcher.done("operator", "assign", ASSIGN_A, number=1)
        engaged = dispatcher.store.tables
        await dispatcher.done("west-a", "release", number=1)
        free, dispatcher.store.tables = dispatcher.store.tables, engaged
        _move_once(dispatcher, free)
        await dispatcher.done("operator", "assign", {**ASSIGN_A, "divert": True}, number=2)
        assert dispatcher[2].assignments[0].diverted_from is None

    async def test_a_team_taken_by_another_meanwhile_is_refused_without_divert(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open(1, 2)
        free = dispatcher.store.tables
        await dispatcher.done("operator", "assign", {"teams": ["shared-1"]}, number=1)
        taken, dispatcher.store.tables = dispatcher.store.tables, free
        _move_once(dispatcher, taken)
        refused = await dispatcher.act("operator", "assign", {"teams": ["shared-1"]}, number=2)
        assert (refused.status, refused.json()["team"]) == (409, "shared-1")

    @pytest.mark.parametrize("divert", [False, True])
    async def test_another_centers_team_is_not_taken_from_that_centers_incident(
        self, dispatcher: Dispatcher, divert: bool
    ) -> None:
        await dispatcher.open(1)
        await dispatcher.open(2, center=EAST)
        await dispatcher.done("operator", "assign", ASSIGN_A, number=1)
        body = {**ASSIGN_A, "divert": divert}
        refused = await dispatcher.act("east-operator", "assign", body, number=2)
        assert (refused.status, refused.json()["type"]) == (409, "/problems/not-allowed")
        assert str(incident_id(1)) not in json.dumps(refused.json())
        assert dispatcher[1].live_assignments[0].team == "west-a"

    async def test_a_center_calls_its_own_team_back_from_where_it_helps(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open(1)
        await dispatcher.open(2, center=EAST)
        await dispatcher.done("east-operator", "assign", ASSIGN_A, number=2)
        await dispatcher.done("operator", "assign", {**ASSIGN_A, "divert": True}, number=1)
        assert dispatcher[2].assignments[0].end_reason == "diverted"

    async def test_a_team_that_helps_is_moved_between_the_incidents_of_who_has_it(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open(1, 2, center=EAST)
        await dispatcher.done("east-operator", "assign", ASSIGN_A, number=1)
        await dispatcher.done("east-operator", "assign", {**ASSIGN_A, "divert": True}, number=2)
        assert dispatcher[1].assignments[0].end_reason == "diverted"

    async def test_a_team_that_all_share_is_taken_from_anywhere(
        self, dispatcher: Dispatcher
    ) -> None:
        shared = {"teams": ["shared-1"]}
        await dispatcher.open(1)
        await dispatcher.open(2, center=EAST)
        await dispatcher.done("operator", "assign", shared, number=1)
        await dispatcher.done("east-operator", "assign", {**shared, "divert": True}, number=2)
        assert dispatcher[1].assignments[0].end_reason == "diverted"


class TestMerging:
    """Both incidents must be the caller's own."""

    async def test_own_incidents_merge_and_split_on_both_sides(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open(1, 2)
        merged = await dispatcher.done("operator", "merge", {"into": str(incident_id(1))}, number=2)
        assert merged["state"] == "closed"
        assert dispatcher[1].links[0].other == incident_id(2)
        await dispatcher.done("operator", "split", {"reason": "different"}, number=2)
        assert (dispatcher[1].links, dispatcher[2].links) == ((), ())
        assert dispatcher.types(1) == ["opened", "linked", "unlinked"]

    @pytest.mark.parametrize(
        ("number", "center"), [(2, EAST), (9, None)], ids=["foreign", "missing"]
    )
    async def test_a_foreign_incident_looks_like_none(
        self, dispatcher: Dispatcher, number: int, center: str | None
    ) -> None:
        await dispatcher.open(1)
        if center is not None:
            await dispatcher.open(2, center=center)
        refused = await dispatcher.act("operator", "merge", {"into": str(incident_id(number))})
        found = refused.json()
        assert (refused.status, found["type"]) == (422, "/problems/bad-target")
        assert found["detail"].endswith("cannot take a duplicate: it must be live")

    async def test_an_incident_lent_to_the_caller_takes_no_duplicate(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open(1)
        await dispatcher.open(2, center=EAST)
        await dispatcher.done("east-operator", "assign", ASSIGN_A, number=2)
        refused = await dispatcher.act("operator", "merge", {"into": str(incident_id(2))})
        assert (refused.status, refused.json()["type"]) == (422, "/problems/bad-target")

    async def test_a_drill_never_takes_a_real_alert(self, dispatcher: Dispatcher) -> None:
        await dispatcher.open(1)
        await dispatcher.open(2, status=drill(dispatcher[1].alert).status)
        refused = await dispatcher.act("operator", "merge", {"into": str(incident_id(2))})
        assert refused.status == 422


def _move_once(dispatcher: Dispatcher, tables: Tables) -> None:
    """What another process commits between the first look and its lock."""
    left = [tables]
    dispatcher.store.on_lock = lambda present: left.pop() if left else present
