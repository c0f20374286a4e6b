"""Who may do what: each role, by what it is to the incident, with each verb and each endpoint."""

from datetime import timedelta

import pytest

from services.dispatcher.payloads.requests import VERBS
from tests.fakes.http import Client
from tests.services.dispatcher.cases import open_case
from tests.services.dispatcher.park import (
    KEYS,
    OTHER_STATION,
    SOUTH,
    STATION,
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
return              +-.      +--.    +--.   ---.   ---
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
noted               --.      +-+.    +-+.   +++.   ---
urge                +-.      ---.    ---.   ---.   +--
request-help        --.      +--.    +--.   ++-.   ---
transfer            --.      +--.    +--.   ---.   ---
merge               --.      +--.    +--.   ---.   ---
split               --.      +--.    +--.   ---.   ---
report              --.      +-+.    +-+.   ---.   ---
supervise           +-.      ---.    ---.   ---.   +--
end-supervision     +-.      ---.    ---.   ---.   +--
ask                 +-.      ---.    ---.   ---.   ---
answer              --.      +--.    +--.   ---.   ---
confirm-outcome     +-.      ---.    ---.   ---.   ---
follow-up-call      +-.      +--.    +--.   ---.   +--
shelve              --.      +--.    +--.   ---.   ---
GET one             ++.      +++.    +++.   +++.   +++
GET events          ++.      ++-.    ++-.   ++-.   +++
GET personal        ++.      +--.    +--.   ++-.   ---
GET list            ++.      +.+.    +.+.   +++.   +++
GET board           ...      +...    +...   ....   +++
GET stream          ...      +...    +...   ....   +++
GET team-stream     ...      ....    ....   +...   +++
GET station-stream  +..      ....    ....   ....   +++
GET one-stream      +-.      ++-.    ++-.   ---.   +++
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
    "supervise": {
        "text": "x",
        "owner": {"organisation": WEST, "post": "chief"},
        "deadline": "2026-03-03T12:00:00+08:00",
    },
    "end-supervision": {"number": 1, "text": "x"},
    "ask": {"text": "x"},
    "answer": {"number": 1, "text": "x"},
    "follow-up-call": {"reached": False},
    "shelve": {"reason": "duplicate", "minutes": 5},
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
    "station-stream": f"/v1/stations/{STATION}/stream",
    "one-stream": f"{INCIDENT}/stream",
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


@pytest.fixture(autouse=True)
async def case(dispatcher: Dispatcher) -> None:
    """An incident that everybody is something to."""
    await open_case(dispatcher)


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
        assert stream.status in {403, 404}
        return "-" if stream.status == 403 else "."
