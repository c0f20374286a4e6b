"""Rosters over HTTP on a real Postgres: put whole or not at all, sealed, masked, by right."""

import json
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from incident.alert import OrganisationId, TeamId
from incident.roster import PersonCode, Why
from services.notifier import measures
from services.notifier.adapters.people import PostgresPeople
from services.notifier.adapters.postgres import SETTINGS
from services.notifier.adapters.public_days import COUNTRIES, public_days
from services.notifier.adapters.rosters import PostgresRosters
from services.notifier.api import app, roster_changes, rosters
from services.notifier.handlers.roster_hosts import judge_by
from services.notifier.handlers.rosters import Desk
from services.notifier.payloads.rosters import MODELS
from services.runtime.auth import Authenticator, Key, Role, bearer, new_key
from services.runtime.outgoing.addresses import Allowed
from services.runtime.postgres import Database
from services.runtime.vault import Vault
from tests.asgi import Answer, AsgiClient
from tests.fakes.clock import FakeClock
from tests.fakes.notifier_store import FakeAtlas
from tests.incident.directories import park_lookup
from tests.incident.roster.rosters import DOCUMENT, local

EAST, SECRET = "east-center", "13800001234"  # an invented number
NOW = local(3, 9)
ROSTER = f"/v1/rosters/{EAST}"
VAULT = Vault({"c1": bytes(32)})


def document(**changes: object) -> dict[str, Any]:
    given: dict[str, Any] = deepcopy(DOCUMENT) | changes
    given["contacts"][0]["channels"] = [{"type": "sms", "address": SECRET}]
    return given


@dataclass(kw_only=True)
class Office:
    """The routes of rosters, and the copy in memory."""

    database: Database
    clock: FakeClock
    people: PostgresPeople
    store: PostgresRosters

    async def ask(  # one request
        self,
        method: str,
        path: str,
        payload: object = None,
        *,
        role: Role = Role.CHIEF,
        of: str = EAST,
        person: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        text, sha256 = new_key("k")
        record = Key(
            id="k", role=role, organisation=OrganisationId(of), sha256=sha256, person=person
        )
        caller = bearer(Authenticator({"k": record}.get, self.clock))
        desk = Desk(
            rosters=self.store,
            countries=COUNTRIES,
            judge=judge_by(Allowed.from_setting("")),
            now=self.clock.now,
        )
        bench = rosters.Bench(
            desk=desk,
            atlas=FakeAtlas(park_lookup()),
            caller=caller,
            changed=self.people.catch_up,
        )
        built = app.build([rosters.router(bench), roster_changes.router(bench)], models=MODELS)
        client = AsgiClient(built, {"authorization": f"Bearer {text}"})
        sent = {"content-type": "application/json"} | (headers or {})
        body = b"" if payload is None else json.dumps(payload).encode()
        return await client.ask(method, path, body=body, headers=sent)

    async def put(
        self, given: object, version: int, *, role: Role = Role.CHIEF, of: str = EAST
    ) -> Answer:
        return await self.ask(
            "PUT", ROSTER, given, headers={"if-match": f'"{version}"'}, role=role, of=of
        )


def make(database: Database, clock: FakeClock, vault: Vault | None = VAULT) -> Office:
    store = PostgresRosters(database, vault=vault, clock=clock)
    people = PostgresPeople(store, atlas=FakeAtlas(park_lookup()), clock=clock)
    return Office(database=database, clock=clock, people=people, store=store)


@pytest.fixture
async def office(notifier_dsn: str) -> AsyncIterator[Office]:
    clock = FakeClock(NOW)
    database = await Database.connect(
        notifier_dsn,
        role="d115_notifier",
        application="d115-notifier",
        size=3,
        clock=clock,
        settings=SETTINGS,
    )
    yield make(database, clock)
    await database.close()


async def test_a_roster_is_put_whole_and_read_with_masks(office: Office) -> None:
    with capture_logs() as logs:
        assert (await office.put(document(), 0)).status == 200
        shown = await office.ask("GET", ROSTER)
    assert shown.headers["etag"] == '"1"'
    assert SECRET not in shown.body.decode() + str(logs)
    (channel,) = shown.json()["document"]["contacts"][0]["channels"]
    assert channel == {"type": "sms", "masked": "138****1234"}
    again = await office.put(shown.json()["document"], 1)
    assert again.json() == {"organisation": EAST, "version": 1, "changed": False}
    contact = office.people.contact(EAST, PersonCode("a"))
    assert contact is not None
    assert [way.address for way in contact.ways] == [SECRET]


async def test_no_table_holds_an_address_in_the_open(office: Office) -> None:
    await office.put(document(), 0)
    async with office.database.transaction() as connection:
        for table in ("roster", "roster_address", "roster_change"):
            rows = await connection.fetch(f"select * from notifier.{table}")  # noqa: S608  # our own names
            assert rows
            assert SECRET not in str([dict(row) for row in rows])


async def test_a_faulty_roster_changes_nothing(office: Office) -> None:
    await office.put(document(), 0)
    private = {"type": "webhook", "address": "https://10.0.0.1/hook"}
    faulty = document(time_zone="Mars/Olympus")
    faulty["contacts"][1]["channels"] = [private]
    faulty["shifts"][0]["turns"] = [["x"]]
    refused = await office.put(faulty, 1)
    fields = [fault["field"] for fault in refused.json()["errors"]]
    assert refused.status == 422
    assert fields == ["time_zone", "contacts[1].channels[0].address", "shifts[0].turns[0][0]"]
    assert (await office.ask("GET", ROSTER)).json()["version"] == 1


async def test_only_the_version_in_force_is_changed(office: Office) -> None:
    assert (await office.ask("PUT", ROSTER, document())).status == 428
    await office.put(document(), 0)
    stale = await office.put(document(time_zone="Europe/Berlin"), 0)
    assert (stale.status, stale.json()["version"]) == (412, 1)


async def test_without_a_key_to_seal_with_no_roster_is_taken(office: Office) -> None:
    bare = make(office.database, office.clock, vault=None)
    refused = await bare.put(document(), 0)
    assert (refused.status, refused.json()["type"]) == (409, "/problems/no-contact-keys")


@pytest.mark.parametrize(
    ("role", "of", "reads", "writes"),
    [
        (Role.CHIEF, EAST, 200, 200),
        (Role.CHIEF, "west-center", 403, 403),
        (Role.ADMIN, "park", 200, 200),
        (Role.SUPERVISOR, "park", 200, 403),
        (Role.AUDITOR, "park", 200, 403),
        (Role.OPERATOR, EAST, 200, 403),
        (Role.TEAM, EAST, 200, 403),
        (Role.STATION, "station", 403, 403),
    ],
)
async def test_who_may_see_and_change_a_roster(
    *, office: Office, role: Role, of: str, reads: int, writes: int
) -> None:
    await office.put(document(), 0)
    seen = await office.ask("GET", ROSTER, role=role, of=of)
    assert seen.status == reads
    given = document(time_zone="Europe/Berlin")
    assert (await office.put(given, 1, role=role, of=of)).status == writes
    if role in {Role.OPERATOR, Role.TEAM}:
        assert "channels" not in seen.json()["document"]["contacts"][0]


async def test_who_is_on_duty_now_and_in_an_hour(office: Office) -> None:
    await office.put(document(), 0)
    office.clock.advance(10.5 * 3600)  # 19:30
    now, soon = (await office.ask("GET", f"{ROSTER}/duty")).json()["moments"]
    assert [post["people"][0]["code"] for post in now["posts"]] == ["b", "d"]
    assert soon["posts"][0]["people"] == [{"code": "c", "name": "人c", "channels": ["sms"]}]
    assert now["groups"] == {"duty-linkage": ["d"]}
    before = await office.ask("GET", f"{ROSTER}/duty?at=2026-03-01T00:00:00Z")
    (moment,) = before.json()["moments"]
    assert [post["why"] for post in moment["posts"]] == ["last_resort", "nobody"]


async def test_a_swap_needs_the_yes_of_both_and_is_in_the_history(office: Office) -> None:
    await office.put(document(), 0)
    swap = {"given": {"shift": "night", "day": "2026-03-03"}, "giver": "c", "taker": "a"}
    assert (
        await office.ask("POST", f"{ROSTER}/swaps", swap, person="b", role=Role.TEAM)
    ).status == 403
    made = await office.ask("POST", f"{ROSTER}/swaps", swap, person="c", role=Role.TEAM)
    assert (made.status, made.json()["consented"]) == (201, ["c"])
    path = f"{ROSTER}/swaps/{made.json()['id']}"
    assert (await office.ask("POST", f"{path}/consent")).status == 403  # a chief is neither
    assert (await office.ask("POST", f"{path}/consent", person="b", role=Role.TEAM)).status == 404
    assert office.people.duty(EAST, "operator", local(3, 22)).people == ("c",)
    agreed = await office.ask("POST", f"{path}/consent", person="a", role=Role.TEAM)
    assert agreed.json()["state"] == "agreed"
    duty = office.people.duty(EAST, "operator", local(3, 22))
    assert (duty.people, duty.why) == (("a",), Why.SWAP)
    refused = await office.ask("POST", f"{path}/refusal", person="a", role=Role.TEAM)
    assert refused.status == 409
    assert (await office.ask("POST", f"{path}/refusal")).json()["state"] == "refused"
    page = (await office.ask("GET", f"{ROSTER}/history?limit=3")).json()
    assert [change["what"] for change in page["changes"]] == [
        "swap_refused", "swap_consented", "swap_proposed",
    ]  # fmt: skip
    assert page["next"] == 2
    earlier = (await office.ask("GET", f"{ROSTER}?version=3")).json()
    assert earlier["swaps"][0]["state"] == "agreed"


async def test_an_override_holds_and_is_taken_back(office: Office) -> None:
    await office.put(document(), 0)
    wanted = {
        "post": "operator",
        "since": "2026-03-03T10:00:00+08:00",
        "until": "2026-03-03T12:00:00+08:00",
        "people": ["d"],
    }
    made = await office.ask("POST", f"{ROSTER}/overrides", wanted)
    assert made.status == 201
    assert office.people.duty(EAST, "operator", local(3, 11)).why is Why.OVERRIDE
    missing = document(contacts=document()["contacts"][:3])
    missing["posts"][0].pop("last_resort")
    missing["shifts"][2]["turns"] = [["a"]]
    refused = await office.put(missing, 2)
    assert refused.status == 422
    assert refused.json()["field"].startswith("overrides[")
    path = f"{ROSTER}/overrides/{made.json()['id']}"
    assert (await office.ask("DELETE", path)).status == 204
    assert (await office.ask("DELETE", path)).status == 404
    assert (await office.put(missing, 3)).status == 200


async def test_gaps_are_named_measured_and_logged_once_a_day_ahead(office: Office) -> None:
    given = document(shifts=[{**DOCUMENT["shifts"][0]}, DOCUMENT["shifts"][2]])
    await office.put(given, 0)
    shown = (await office.ask("GET", f"{ROSTER}/gaps")).json()
    assert (len(shown["gaps"]), shown["uncovered_seconds"]) == (7, 7 * 12 * 3600)
    with capture_logs() as logs:
        await office.people.look_ahead()
        await office.people.look_ahead()
    found = office.people.upcoming_gaps(NOW)
    assert [(each.gap.since, each.gap.until) for each in found] == [(local(3, 20), local(4, 8))]
    assert len([line for line in logs if line["event"] == "roster_gap"]) == 1
    assert measures.UNCOVERED.labels("center", "operator")._value.get() == 12 * 3600
    office.clock.advance(timedelta(hours=1).total_seconds())
    await office.people.look_ahead()
    assert office.people.upcoming_gaps(NOW)[0].id == found[0].id


async def test_members_of_a_team_are_found_among_the_contacts(office: Office) -> None:
    given = document()
    given["contacts"].append({"code": "p1", "name": "张甲", "channels": []})
    await office.put(given, 0)
    assert office.people.team(TeamId("east-a")).people == ("p1",)
    assert office.people.team(TeamId("west-a")).why is Why.NOBODY
    assert office.people.contact("nowhere", PersonCode("p1")) is None


async def test_another_replica_follows(office: Office) -> None:
    other = make(office.database, office.clock)
    await office.put(document(), 0)
    assert other.people.contact(EAST, PersonCode("a")) is None
    await other.people.catch_up()
    assert other.people.contact(EAST, PersonCode("a")) is not None
    listed = (await office.ask("GET", "/v1/rosters")).json()["rosters"]
    assert [line["organisation"] for line in listed] == [EAST]


def test_public_holidays_of_china_are_known_with_the_weekends_worked_for_them() -> None:
    days = public_days("CN", 2026)
    shown = {day.isoformat() for day in days.worked}
    assert {"2026-02-14", "2026-10-10"} <= shown
    assert {"2026-02-17", "2026-10-01"} <= {day.isoformat() for day in days.free}
    assert public_days(None, 2026).free == frozenset()
