"""Who may do what: each role, by what it is to the incident, with each verb and each endpoint."""

import json
from datetime import timedelta

import pytest

from services.dispatcher.payloads.requests import VERBS
from tests.fakes.http import Client
from tests.services.dispatcher.park import (
    KEYS,
    OTHER_STATION,
    SOUTH,
    WEST,
    Dispatcher,
    incident_id,
)

INCIDENT = f"/v1/incidents/{incident_id(1)}"

COLUMNS = {
    # the sender, the station it was offered to, any other
    "station": ("station", "other-station", "far-station"),
    # of the center that has it, that had it, that lends a team, of any other
    "operator": ("operator", "park-operator", "east-operator", "south-operator"),
    "chief": ("chief", "park-chief", "east-chief", "south-chief"),
    # on it, on it from another center, was on it less than 24 hours ago, of any other
    "team": ("west-a", "east-a", "west-b", "east-b"),
    "park": ("supervisor", "auditor", "admin"),
}

# + may, - may not and is told so, . is told that there is no such incident
TABLE = """
verb              station  operator  chief  team   park
receipt             --.      +--.    +--.   ---.   ---
acknowledge         --.      +--.    +--.   ---.   ---
assign              --.      +--.    +--.   ---.   ---
accept              --.      +-+.    +-+.   +++.   ---
decline             --.      +-+.    +-+.   ++-.   ---
depart              --.      +-+.    +-+.   +++.   ---
arrive              --.      +-+.    +-+.   +++.   ---
check-in            --.      +-+.    +-+.   ++-.   ---
release             --.      +-+.    +-+.   +++.   ---
resolve             --.      +--.    +--.   ++-.   ---
return              --.      +--.    +--.   ---.   ---
close               --.      +--.    +--.   ---.   ---
reopen              +-.      +--.    +--.   ---.   ---
cancel              +-.      ---.    ---.   ---.   ---
refuse              --.      +--.    +--.   ---.   ---
request-police      --.      +--.    +--.   ---.   ---
police-arrive       ++.      +--.    +--.   ---.   ---
hand-over           --.      +--.    +--.   ---.   ---
accept-hand-over    ++.      ---.    ---.   ---.   ---
update              +-.      +--.    +--.   ---.   ---
note                ++.      +--.    +--.   ++-.   +--
noted               --.      +-+.    +-+.   ++-.   ---
urge                +-.      ---.    ---.   ---.   +--
request-help        --.      +--.    +--.   ++-.   ---
transfer            --.      +--.    +--.   ---.   ---
merge               --.      +--.    +--.   ---.   ---
split               --.      +--.    +--.   ---.   ---
report              --.      +-+.    +-+.   ---.   ---
GET one             ++.      +++.    +++.   +++.   +++
GET events          ++.      ++-.    ++-.   ++-.   +++
GET personal        ++.      +--.    +--.   ++-.   ---
GET list            ++.      +.+.    +.+.   +++.   +++
GET board           ...      +...    +...   ....   +++
GET stream          ...      +...    +...   ....   +++
GET team-stream     ...      ....    ....   +...   +++
"""

BODIES: dict[str, dict[str, object]] = {
    "assign": {"teams": ["shared-1"]},
    "close": {"disposition": "by_telephone"},
    "hand-over": {"to": OTHER_STATION, "reason": "crime"},
    "accept-hand-over": {"officer": "o-1"},
    "note": {"text": "x"},
    "transfer": {"center": SOUTH, "reason": "theirs"},
    "merge": {"into": str(incident_id(2))},
    "split": {"reason": "other"},
    "noted": {"number": 1},
    **{
        verb: {"reason": "because"}
        for verb in ("return", "reopen", "cancel", "refuse", "request-police")
    },
}
OF_TEAM = {"accept", "decline", "depart", "arrive", "check-in", "release", "noted", "report"}
TEAM_OF = {
    "operator": "west-a",
    "chief": "west-a",
    "east-operator": "east-a",
    "east-chief": "east-a",
}
GETS = {
    "one": INCIDENT,
    "events": f"{INCIDENT}/events",
    "personal": f"{INCIDENT}/personal",
    "list": "/v1/incidents",
    "board": f"/v1/centers/{WEST}/board",
    "stream": f"/v1/centers/{WEST}/stream",
    "team-stream": "/v1/teams/west-a/stream",
}


def cells() -> list[tuple[str, str, str]]:
    """Each cell of the table: what is asked, by whom, and what comes of it."""
    head, *rows = TABLE.strip().splitlines()
    assert head.split()[1:] == list(COLUMNS)
    found = []
    for row in rows:
        name, *marks = row.rsplit(maxsplit=len(COLUMNS))
        for holders, group in zip(COLUMNS.values(), marks, strict=True):
            found += [(name, *pair) for pair in zip(holders, group, strict=True)]
    return found


def test_the_table_names_every_verb() -> None:
    rows = [row.split()[0] for row in TABLE.strip().splitlines()[1:]]
    assert [name for name in rows if name != "GET"] == list(VERBS)


@pytest.mark.parametrize("cell", cells(), ids=" ".join)
async def test_each_may_do_what_the_table_says(
    dispatcher: Dispatcher, cell: tuple[str, str, str]
) -> None:
    asked, holder, mark = cell
    assert await _ask(dispatcher, asked, holder) == mark


@pytest.mark.parametrize("verb", sorted(OF_TEAM - {"report", "noted"}))
async def test_a_team_acts_for_itself_alone(dispatcher: Dispatcher, verb: str) -> None:
    refused = await dispatcher.act("west-a", verb, {"team": "east-a"})
    assert (refused.status, refused.json()["type"]) == (403, "/problems/other-team")
    assert refused.json()["allowed"] == ["west-a"]


@pytest.mark.parametrize("verb", ["arrive", "release", "report"])
async def test_who_lends_a_team_acts_for_that_team_alone(dispatcher: Dispatcher, verb: str) -> None:
    body: dict[str, object] = {"act": "arrive"} if verb == "report" else {}
    refused = await dispatcher.act("east-operator", verb, {**body, "team": "west-a"})
    assert (refused.status, refused.json()["type"]) == (403, "/problems/other-team")
    assert refused.json()["allowed"] == ["east-a"]
    await dispatcher.done("east-operator", verb, {**body, "team": "east-a"})


async def test_who_lends_a_team_cannot_report_what_it_may_not_do(
    dispatcher: Dispatcher,
) -> None:
    body = {"act": "resolve", "team": "east-a"}
    refused = await dispatcher.act("east-operator", "report", body)
    assert (refused.status, refused.json()["type"]) == (403, "/problems/forbidden")
    await dispatcher.done("operator", "report", body)


async def test_the_center_that_has_it_acts_for_every_team_on_it(dispatcher: Dispatcher) -> None:
    await dispatcher.done("operator", "arrive", {"team": "east-a"})


class TestTheLastDay:
    """An assignment lends the incident until 24 hours after its end, that moment included."""

    DAY = timedelta(hours=24)
    INSTANT = timedelta(microseconds=1)

    @pytest.fixture(autouse=True)
    async def released(self, dispatcher: Dispatcher) -> None:
        """The lent team is free again."""
        await dispatcher.done("operator", "release", {"team": "east-a"})

    @pytest.mark.parametrize("holder", ["east-operator", "east-chief", "east-a"])
    @pytest.mark.parametrize("asked", ["GET one", "GET list", "release", "arrive"])
    async def test_it_is_seen_until_then_and_not_an_instant_longer(
        self, dispatcher: Dispatcher, holder: str, asked: str
    ) -> None:
        dispatcher.clock.advance(self.DAY.total_seconds())
        assert await _ask(dispatcher, asked, holder) == "+"
        dispatcher.clock.advance(self.INSTANT.total_seconds())
        assert await _ask(dispatcher, asked, holder) == "."

    async def test_it_is_seen_for_as_long_as_a_team_is_on_it(self, dispatcher: Dispatcher) -> None:
        await dispatcher.done("operator", "assign", {"teams": ["east-b"]})
        dispatcher.clock.advance(10 * self.DAY.total_seconds())
        assert await _ask(dispatcher, "GET one", "east-operator") == "+"
        assert await _ask(dispatcher, "GET one", "east-a") == "."

    async def test_the_center_acts_no_more_for_a_team_whose_day_is_over(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.done("operator", "assign", {"teams": ["east-b"]})
        dispatcher.clock.advance((self.DAY + self.INSTANT).total_seconds())
        refused = await dispatcher.act("east-operator", "arrive", {"team": "east-a"})
        assert (refused.status, refused.json()["allowed"]) == (403, ["east-b"])


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


@pytest.fixture(autouse=True)
async def case(dispatcher: Dispatcher) -> None:
    """An incident that everybody is something to, and one to merge it with.

    The park's center had it; West has it, with a team of its own and one of East's on it, and one
    that was; it is offered to another station.
    """
    await dispatcher.open(1, center="park-center")
    body: dict[str, object] = {"center": WEST, "reason": "theirs"}
    await dispatcher.done("park-operator", "transfer", body)
    await dispatcher.open(2)
    await dispatcher.done("operator", "assign", {"teams": ["west-a", "west-b", "east-a"]})
    await dispatcher.done("west-b", "release")
    await dispatcher.done("operator", "hand-over", {"to": OTHER_STATION, "reason": "crime"})
    await dispatcher.done("operator", "update", {"people": 3})


async def _ask(dispatcher: Dispatcher, asked: str, holder: str) -> str:
    """Ask for something; returns its mark."""
    method, _, name = asked.partition(" ")
    if method != "GET":
        return await _use(dispatcher, method, holder)
    if name.endswith("stream"):
        return await _watch(dispatcher, GETS[name], holder)
    answer = await dispatcher.client(holder).get(GETS[name])
    if name == "list":
        listed = [entry["id"] for entry in answer.json()["incidents"]]
        return "+" if str(incident_id(1)) in listed else "."
    return _mark(answer.status, answer.json())


async def _use(dispatcher: Dispatcher, verb: str, holder: str) -> str:
    body = dict(BODIES.get(verb, {}))
    if verb in OF_TEAM:
        body["team"] = TEAM_OF.get(holder, holder if holder in COLUMNS["team"] else "west-a")
    if verb == "report":
        body["act"] = "arrive"
    answer = await dispatcher.act(holder, verb, body)
    return _mark(answer.status, answer.json())


def _mark(status: int, found: dict[str, object]) -> str:
    if status == 404:
        assert found["type"] == "/problems/not-yet-open"
        return "."
    if status == 403:
        assert found["type"] == "/problems/forbidden"
        return "-"
    assert status in {200, 409, 422}, found
    assert found.get("type") not in {"/problems/invalid", "/problems/other-team"}, found
    return "+"


async def _watch(dispatcher: Dispatcher, path: str, holder: str) -> str:
    client = Client(dispatcher.app, headers={"authorization": f"Bearer {KEYS[holder]}"})
    async with client.stream("GET", path) as stream:
        if stream.status == 200:
            assert await stream.text_until("heartbeat")
            return "+"
        assert stream.status == 404
        return "."
