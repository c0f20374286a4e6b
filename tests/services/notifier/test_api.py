"""The notifier over HTTP: who sees what, and what stands in the answers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from incident.alert import Alert, IncidentId, OrganisationId
from incident.chain import GENESIS, Entry, Head
from incident.lifecycle import Incident, RoundCause
from services.notifier.api import app, figures, timing
from services.notifier.payloads.figures import (
    COMPLIANCE,
    CONSERVATION,
    ComplianceFigures,
    ConservationFigures,
)
from services.notifier.payloads.timing import TIMING, IncidentTiming
from services.notifier.ports import (
    Conservation,
    Counts,
    Digest,
    GroupBy,
    Heard,
    Known,
    Logged,
    Scope,
    Tally,
    Watched,
)
from services.runtime.auth import Authenticator, Key, Role, bearer, new_key
from tests.asgi import Answer, AsgiClient
from tests.builders import CENTER, RECEIVED, STATION, a_round, an_alert, an_incident, at
from tests.fakes.clock import FakeClock
from tests.fakes.notifier_reports import FakeReports
from tests.fakes.notifier_store import FakeAtlas
from tests.incident.directories import park_lookup
from tests.services.notifier.watching import ID

OTHER_CENTER, OTHER_STATION = OrganisationId("yunqi"), OrganisationId("station-2")
DAYS = "from=2026-03-02&to=2026-03-02"
PATHS = (
    f"/v1/compliance?{DAYS}",
    "/v1/conservation",
    "/v1/watch",
    f"/v1/timing/{ID}",
    f"/v1/timing/{ID}/events",
    "/v1/timing/heads",
    "/v1/timing/digests",
)


class Caller:
    """Asks the app with a key of one role."""

    def __init__(self, desk: "Desk", role: Role, organisation: str) -> None:
        key, sha256 = new_key(role.value)
        record = Key(
            id=role.value, role=role, organisation=OrganisationId(organisation), sha256=sha256
        )
        authenticator = Authenticator({record.id: record}.get, desk.clock)
        caller = bearer(authenticator)
        routers = [
            figures.router(
                figures.Desk(
                    reports=desk.reports,
                    atlas=desk.atlas,
                    clock=desk.clock,
                    caller=caller,
                    time_zone=desk.time_zone,
                    clocks_age=lambda: 0.25,
                )
            ),
            timing.router(
                timing.Bench(
                    reports=desk.reports, atlas=desk.atlas, clock=desk.clock, caller=caller
                )
            ),
        ]
        self.client = AsgiClient(app.build(routers), {"authorization": f"Bearer {key}"})

    async def get(self, path: str) -> Answer:
        return await self.client.get(path)


class Desk:
    """An app with what it reads."""

    def __init__(self, time_zone: str | None = None) -> None:
        self.reports = FakeReports()
        self.clock = FakeClock(RECEIVED + timedelta(seconds=50))
        self.atlas = FakeAtlas(park_lookup())
        self.time_zone = time_zone

    def knows(self, incident: Incident | None, alert: Alert | None = None) -> None:
        known = Known(id=ID, partition=0, version=0 if incident is None else 2, sequence=2)
        self.reports.watched[ID] = Watched(known=known, incident=incident, alert=alert)

    async def ask(
        self, path: str, role: Role = Role.SUPERVISOR, organisation: str = "park"
    ) -> Answer:
        return await Caller(self, role, organisation).get(path)


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.knows(an_incident({"pushed": 20}))
    return made


CALLERS: Mapping[str, tuple[Role, str]] = {
    "own station": (Role.STATION, STATION),
    "foreign station": (Role.STATION, OTHER_STATION),
    "own operator": (Role.OPERATOR, CENTER),
    "foreign operator": (Role.OPERATOR, OTHER_CENTER),
    "own chief": (Role.CHIEF, CENTER),
    "foreign chief": (Role.CHIEF, OTHER_CENTER),
    "team": (Role.TEAM, CENTER),
    "supervisor": (Role.SUPERVISOR, "park"),
    "auditor": (Role.AUDITOR, "park"),
    "admin": (Role.ADMIN, "park"),
}
ALL_OF_PARK = (200,) * 7
OWN, FOREIGN = (200, 403, 200, 200, 200, 403, 403), (200, 403, 200, 404, 404, 403, 403)
MATRIX = {
    "own station": OWN,
    "foreign station": FOREIGN,
    "own operator": OWN,
    "foreign operator": FOREIGN,
    "own chief": OWN,
    "foreign chief": FOREIGN,
    "team": (403, 403, 200, 403, 403, 403, 403),
    "supervisor": ALL_OF_PARK,
    "auditor": ALL_OF_PARK,
    "admin": ALL_OF_PARK,
}


@pytest.mark.parametrize("who", CALLERS)
async def test_who_may_look_at_what(desk: Desk, who: str) -> None:
    role, organisation = CALLERS[who]
    answers = [await desk.ask(path, role, organisation) for path in PATHS]
    assert tuple(answer.status for answer in answers) == MATRIX[who]


@pytest.mark.parametrize("path", PATHS)
async def test_without_a_key_nothing_is_seen(desk: Desk, path: str) -> None:
    client = Caller(desk, Role.ADMIN, "park").client
    assert (await client.get(path, {"authorization": ""})).status == 401


async def test_what_is_anothers_looks_as_if_it_were_not_there(desk: Desk) -> None:
    foreign = await desk.ask(f"/v1/timing/{ID}", Role.STATION, OTHER_STATION)
    missing = await desk.ask(f"/v1/timing/{UUID(int=99)}", Role.STATION, OTHER_STATION)
    assert foreign.headers["retry-after"] == missing.headers["retry-after"] == "1"
    assert foreign.json()["type"] == missing.json()["type"] == "/problems/not-yet-open"
    assert foreign.json()["detail"] == missing.json()["detail"]


async def test_a_center_that_gave_an_incident_away_still_sees_its_clocks(desk: Desk) -> None:
    rounds = [
        a_round(1, RoundCause.OPENED, 0, ended=30),
        a_round(2, RoundCause.TRANSFERRED, 30, organisation=OTHER_CENTER),
    ]
    desk.knows(an_incident(rounds=rounds))
    for center in (CENTER, OTHER_CENTER):
        assert (await desk.ask(f"/v1/timing/{ID}", Role.OPERATOR, center)).status == 200


@pytest.mark.parametrize(
    ("role", "organisation", "scope"),
    [
        (Role.OPERATOR, CENTER, Scope(center=CENTER)),
        (Role.CHIEF, CENTER, Scope(center=CENTER)),
        (Role.STATION, STATION, Scope(station=STATION)),
        (Role.SUPERVISOR, "park", Scope()),
    ],
)
async def test_figures_are_about_what_the_caller_may_see(
    desk: Desk, role: Role, organisation: str, scope: Scope
) -> None:
    await desk.ask(PATHS[0], role, organisation)
    assert desk.reports.questions[0].scope == scope


async def test_figures_may_be_of_some_centers_only(desk: Desk) -> None:
    await desk.ask(f"{PATHS[0]}&center={CENTER}&center={OTHER_CENTER}", Role.SUPERVISOR, "park")
    assert desk.reports.questions[0].centers == (CENTER, OTHER_CENTER)


async def test_days_are_those_of_the_park_and_both_count(desk: Desk) -> None:
    answer = await desk.ask("/v1/compliance?from=2026-03-02&to=2026-03-08&group_by=center")
    (question,) = desk.reports.questions
    assert (question.since, question.until) == (
        datetime(2026, 3, 1, 16, tzinfo=UTC),
        datetime(2026, 3, 8, 16, tzinfo=UTC),
    )
    assert (question.group_by, question.status) == (GroupBy.CENTER, "actual")
    assert answer.json()["time_zone"] == "Asia/Shanghai"
    assert (answer.json()["from"], answer.json()["to"]) == ("2026-03-02", "2026-03-08")


async def test_the_zone_may_be_set(desk: Desk) -> None:
    desk.time_zone = "America/Los_Angeles"
    await desk.ask(PATHS[0])
    assert desk.reports.questions[0].since == datetime(2026, 3, 2, 8, tzinfo=UTC)


async def test_without_a_directory_days_are_those_of_beijing(desk: Desk) -> None:
    desk.atlas = FakeAtlas(None)
    assert (await desk.ask(PATHS[0])).json()["time_zone"] == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("to=2026-03-02", "from"),
        ("from=2026-03-02", "to"),
        ("from=2026-02-30&to=2026-03-02", "from"),
        ("from=yesterday&to=2026-03-02", "from"),
        ("from=2026-03-03&to=2026-03-02", "to"),
        ("from=2025-03-01&to=2026-03-02", "to"),
        ("from=1999-12-31&to=2000-01-01", "from"),
        ("from=2999-12-31&to=9999-12-31", "to"),
        (f"{DAYS}&group_by=team", "group_by"),
        (f"{DAYS}&status=all", "status"),
    ],
)
async def test_a_question_nobody_can_answer_is_refused_with_its_field(
    desk: Desk, query: str, field: str
) -> None:
    answer = await desk.ask(f"/v1/compliance?{query}")
    assert answer.status == 422
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert desk.reports.questions == []


async def test_a_year_of_days_may_be_asked_for(desk: Desk) -> None:
    assert (await desk.ask("/v1/compliance?from=2028-01-01&to=2028-12-31")).status == 200


def a_tally(**changes: Any) -> Tally:  # noqa: ANN401  # any field of a tally
    values: dict[str, Any] = {
        "group": "all", "leg": "push", "by": None, "n": 9, "met": 8, "amended": 1, "breached": 2,
        "void": 1, "no_end": 2, "pending": 0, "not_measured": 3, "targets": (60,),
        "percentiles": (12.0, 58.5, 61.0),
    }  # fmt: skip
    return Tally(**{**values, **changes})


async def test_a_leg_says_all_its_figures(desk: Desk) -> None:
    desk.reports.tallies = [
        a_tally(),
        a_tally(by="person", n=7, met=6, breached=1),
        a_tally(leg="response", met=0, breached=0, amended=0, targets=()),
    ]
    (group,) = (await desk.ask(PATHS[0])).json()["groups"]
    push, response = group["legs"]
    assert {name: push[name] for name in ("leg", "n", "met", "amended", "breached", "void")} == {
        "leg": "push", "n": 9, "met": 8, "amended": 1, "breached": 2, "void": 1,
    }  # fmt: skip
    assert (push["no_end"], push["pending"], push["not_measured"]) == (2, 0, 3)
    assert (push["p50_seconds"], push["p90_seconds"], push["p95_seconds"]) == (12.0, 58.5, 61.0)
    assert push["target_seconds"] == 60
    assert push["compliance"]["share"] == 0.8
    assert push["compliance"]["low"] == pytest.approx(0.4902, abs=1e-4)
    assert (push["by"]["person"]["n"], push["by"]["person"]["met"]) == (7, 6)
    assert (response["target_seconds"], response["compliance"]) == (None, None)


async def test_conservation_stands_beside_its_counts(desk: Desk) -> None:
    desk.reports.compared = Conservation(
        unopened=1, unannounced=2, doubled=3, oldest_unopened_at=at(0)
    )
    desk.reports.counted = Counts(alerts=9, dead_lettered=1, incidents={"open": 4, "closed": 5})
    told = (await desk.ask("/v1/conservation")).json()
    assert told["difference"] == 6
    assert told["incidents"] == {"open": 4, "closed": 5}
    assert told["oldest_unopened_at"] == "2026-03-02T04:00:00Z"
    assert desk.reports.compared_before == [at(40)]


async def test_who_is_silent_is_said_with_the_age_of_the_last_sign(desk: Desk) -> None:
    silent = (await desk.ask("/v1/watch")).json()["services"]
    assert silent == [
        {"service": "dispatcher", "silent": True, "age_seconds": None, "instances": []}
    ]
    desk.reports.heard = [
        Heard(service="dispatcher", instance="a", sent_at=at(41), heard_at=at(41)),
        Heard(service="dispatcher", instance="b", sent_at=at(5), heard_at=at(5)),
    ]
    told = (await desk.ask("/v1/watch")).json()
    (dispatcher,) = told["services"]
    assert (dispatcher["silent"], dispatcher["age_seconds"]) == (False, 9.0)
    assert [one["instance"] for one in dispatcher["instances"]] == ["a", "b"]
    assert told["clocks_age_seconds"] == 0.25


async def test_the_clocks_of_an_incident_are_told_as_of_now(desk: Desk) -> None:
    told = (await desk.ask(f"/v1/timing/{ID}")).json()
    legs = {leg["leg"]: leg for leg in told["legs"]}
    assert (legs["push"]["outcome"], legs["push"]["seconds"], legs["push"]["by"]) == (
        "met",
        20.0,
        "person",
    )
    assert (legs["assign"]["outcome"], legs["assign"]["due"]) == ("pending", "2026-03-02T04:01:20Z")
    assert told["pending"][0]["key"] == "ladder/1/unacknowledged-louder/1"
    assert (told["state"], told["version"], told["as_of"]) == (
        "pushed",
        2,
        "2026-03-02T04:00:50Z",
    )


async def test_an_alert_without_incident_has_clocks_too(desk: Desk) -> None:
    desk.knows(None, an_alert())
    told = (await desk.ask(f"/v1/timing/{ID}", Role.STATION, STATION)).json()
    assert [leg["leg"] for leg in told["legs"]] == ["station", "push"]
    assert (told["version"], told["state"]) == (0, None)
    assert [one["kind"] for one in told["pending"]] == ["due"]  # the other is past


async def test_an_id_of_which_only_a_dead_letter_is_known_is_hidden(desk: Desk) -> None:
    desk.knows(None)
    assert (await desk.ask(f"/v1/timing/{ID}")).status == 404


async def test_the_log_is_told_as_chained(desk: Desk) -> None:
    entry = Entry(version=1, text='{"a":1}', previous=GENESIS, hash="1" * 64)
    desk.reports.logged = [
        Logged(id=UUID(int=5), type="target.met.v1", entry=entry),
        Logged(id=UUID(int=6), type="target.met.v1", entry=replace(entry, version=2)),
    ]
    told = (await desk.ask(f"/v1/timing/{ID}/events?after=1")).json()
    assert told["head"]["sequence"] == 2
    assert [event["sequence"] for event in told["events"]] == [2]
    assert told["events"][0]["text"] == '{"a":1}'


async def test_heads_and_digests_come_in_pages(desk: Desk) -> None:
    desk.reports.all_heads = [
        Head(incident=IncidentId(UUID(int=number)), version=1, hash="2" * 64)
        for number in (1, 2, 3)
    ]
    page = (await desk.ask("/v1/timing/heads?limit=2")).json()
    assert (len(page["heads"]), page["next"]) == (2, str(UUID(int=2)))
    page = (await desk.ask(f"/v1/timing/heads?limit=2&after={page['next']}")).json()
    assert (len(page["heads"]), page["next"]) == (1, None)
    desk.reports.all_digests = [
        Digest(sequence=n, taken_at=at(0), count=1, digest="3" * 64, previous=GENESIS)
        for n in (1, 2)
    ]
    page = (await desk.ask("/v1/timing/digests?limit=1")).json()
    assert (page["digests"][0]["sequence"], page["next"]) == (1, 1)


@pytest.mark.parametrize("after", ["-1", "x", "2147483648"])
@pytest.mark.parametrize("path", ["/v1/timing/digests", f"/v1/timing/{ID}/events"])
async def test_a_page_begins_after_a_number_that_can_be(desk: Desk, path: str, after: str) -> None:
    assert (await desk.ask(f"{path}?after={after}")).status == 422


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
async def test_a_page_is_bounded(desk: Desk, limit: str) -> None:
    assert (await desk.ask(f"/v1/timing/heads?limit={limit}")).status == 422


@pytest.mark.parametrize(
    ("example", "kind"),
    [
        (COMPLIANCE, ComplianceFigures),
        (CONSERVATION, ConservationFigures),
        (TIMING, IncidentTiming),
    ],
)
def test_an_example_is_an_answer(example: dict[str, Any], kind: type[BaseModel]) -> None:
    assert kind.model_validate(example).model_dump(mode="json", by_alias=True) == example


async def test_every_path_is_described(desk: Desk) -> None:
    document = (await desk.ask("/openapi/notifier.json")).json()
    described = {
        path: operation["get"].get("description") for path, operation in document["paths"].items()
    }
    assert set(described) == {
        "/v1/compliance", "/v1/conservation", "/v1/watch", "/v1/timing/heads",
        "/v1/timing/digests", "/v1/timing/{incident}", "/v1/timing/{incident}/events",
    }  # fmt: skip
    assert all(described.values())
