"""Who lends a team, or had an incident, is shown and told no more than concerns it."""

import json

import pytest

from tests.services.dispatcher.cases import open_case
from tests.services.dispatcher.park import (
    SOUTH,
    WEST,
    Dispatcher,
    incident_id,
)

INCIDENT = f"/v1/incidents/{incident_id(1)}"


@pytest.fixture(autouse=True)
async def case(dispatcher: Dispatcher) -> None:
    """An incident that everybody is something to."""
    await open_case(dispatcher)


class TestWhatALoanShows:
    """Who lends a team sees its own team and what it goes to, and no more."""

    FIELDS = {  # noqa: RUF012  # never changed
        "id", "version", "state", "severity", "place", "center", "circumstances", "opened_at",
        "updated_at", "ended_at", "assignments",
    }  # fmt: skip

    @pytest.mark.parametrize("holder", ["east-operator", "west-b"])
    async def test_it_shows_the_same_little_everywhere(
        self, dispatcher: Dispatcher, holder: str
    ) -> None:
        client = dispatcher.client(holder)
        one = (await client.get(INCIDENT)).json()
        (listed,) = (await client.get("/v1/incidents")).json()["incidents"]
        assert one == listed
        assert one.keys() == self.FIELDS
        own = {"east-operator": {"east-a"}, "west-b": {"west-a", "west-b"}}[holder]
        assert {entry["team"] for entry in one["assignments"]} == own

    async def test_the_lenders_board_and_stream_show_no_more(self, dispatcher: Dispatcher) -> None:
        client = dispatcher.client("east-operator")
        board = (await client.get("/v1/centers/east-center/board")).json()
        (shown,) = board["incidents"]
        assert shown.keys() == self.FIELDS
        frames = dispatcher.store.tables.told["center:east-center"]
        assert frames
        assert not [frame for frame in frames if '"reference"' in frame.data]

    async def test_the_lender_is_told_what_was_done_by_its_own_team_only(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.done("operator", "note", {"text": "x"})
        await dispatcher.done("east-a", "accept", {})
        frames = dispatcher.store.tables.told["center:east-center"]
        told = {frame.type: json.loads(frame.data)["event"] for frame in frames}
        assert told["incident.note_added.v1"].keys() == {
            "version", "type", "occurred_at", "recorded_at"
        }  # fmt: skip
        assert told["incident.team_accepted.v1"]["body"]["team"] == "east-a"


class TestWhoIsTold:
    """A stream tells its center and its team what concerns them."""

    async def test_a_center_that_gave_it_away_is_told_that_and_nothing_after(
        self, dispatcher: Dispatcher
    ) -> None:
        told = [frame.type for frame in dispatcher.store.tables.told["center:park-center"]]
        assert told == ["incident.opened.v1", "incident.transferred.v1"]

    async def test_a_team_is_told_from_its_assignment_to_its_end(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.done("operator", "note", {"text": "x"})
        told = [frame.type.split(".")[1] for frame in dispatcher.store.tables.told["team:west-b"]]
        assert told == ["team_assigned", "team_assigned", "team_released"]

    async def test_a_shared_team_on_anothers_incident_is_shown_as_engaged_and_not_where(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.done("operator", "assign", {"teams": ["shared-1"]})
        board = (await dispatcher.client("south-operator").get(f"/v1/centers/{SOUTH}/board")).json()
        shown = {entry["code"]: (entry["engaged"], entry["incident"]) for entry in board["teams"]}
        assert shown == {"shared-1": (True, None), "shared-2": (False, None)}
        own = (await dispatcher.client("operator").get(f"/v1/centers/{WEST}/board")).json()
        at = {entry["code"]: entry["incident"] for entry in own["teams"]}
        assert (at["shared-1"], at["west-b"]) == (str(incident_id(1)), None)
