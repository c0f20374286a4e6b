"""The directory over HTTP: who may see and do what, and how faults are told."""

import json
from typing import Any

import pytest

from services.dispatcher.api.directory import MOST_FAULTS
from services.dispatcher.payloads.directory import DIRECTORY_EXAMPLES, KEY_EXAMPLES, KeyBody
from tests.incident.directories import park_document
from tests.services.dispatcher.directory_api import Api

READERS = ("k-station", "k-operator", "k-chief", "k-team", "k-shared")
PARK = ("k-supervisor", "k-auditor", "k-admin")


@pytest.fixture
async def api() -> Api:
    made = Api()
    answer = await made.ask("PUT", "/v1/directory", made.document(), by="bootstrap")
    assert answer.status == 200
    return made


async def read(api: Api, by: str) -> dict[str, Any]:
    answer = await api.ask("GET", "/v1/directory", by=by)
    assert answer.status == 200
    assert answer.headers["etag"] == '"1"'
    body: dict[str, Any] = answer.json()
    assert body["version"] == 1
    directory: dict[str, Any] = body["directory"]
    return directory


async def test_the_key_in_the_settings_applies_the_first_directory() -> None:
    api = Api()
    before = await api.ask("GET", "/v1/directory", by="bootstrap")

    answer = await api.ask("PUT", "/v1/directory", api.document(), by="bootstrap")

    assert (before.status, before.json()["type"]) == (503, "/problems/no-directory")
    assert answer.json()["version"] == 1
    assert answer.headers["etag"] == '"1"'
    assert (await api.ask("GET", "/v1/directory", by="k-station")).status == 200


@pytest.mark.parametrize("by", PARK)
async def test_the_parks_people_see_all_but_the_digests_of_keys(api: Api, by: str) -> None:
    found = await read(api, by)

    assert [entry["code"] for entry in found["centers"]] == [
        "park-center", "east-center", "west-center"
    ]  # fmt: skip
    assert found["centers"][1]["webhook"]["secret"] == "east-hook"
    assert len(found["keys"]) == 8
    assert "sha256" not in json.dumps(found)


async def test_what_was_read_can_be_changed_and_sent_back(api: Api) -> None:
    found = await read(api, "k-admin")
    found["stations"][0]["name"] = "青禾二所"

    answer = await api.ask("PUT", "/v1/directory", found, by="k-admin", if_match='"1"')

    assert answer.json() == {
        "version": 2,
        "changes": [
            {
                "path": "stations[station].name",
                "kind": "changed",
                "before": "青禾派出所",
                "after": "青禾二所",
            }
        ],
    }


async def test_a_station_sees_the_centers_and_places_it_may_name(api: Api) -> None:
    found = await read(api, "k-station")

    assert set(found) == {"park", "centers", "kinds", "places"}
    assert found["centers"][1] == {"code": "east-center", "name": "禾岭家居微中心"}
    assert len(found["places"]) == 11
    assert set(found["places"][0]) == {"code", "type", "name", "parent"}


@pytest.mark.parametrize("by", ["k-operator", "k-chief"])
async def test_a_center_sees_its_own_teams_and_places_and_whom_it_may_call_on(
    api: Api, by: str
) -> None:
    found = await read(api, by)

    assert set(found) == {"park", "centers", "kinds", "stations", "places", "teams"}
    assert [team["code"] for team in found["teams"]] == ["east-a", "east-b", "east-m", "shared"]
    assert found["teams"][0]["members"] == [{"code": "p1", "name": "张甲"}]
    assert {place["code"] for place in found["places"]} == {
        "east-site", "east-gate", "east-1", "east-1-2", "east-2", "west-9", "west-9-1"
    }  # fmt: skip
    assert set(found["centers"][2]) == {"code", "name"}


@pytest.mark.parametrize(("by", "team"), [("k-team", "east-a"), ("k-shared", "shared")])
async def test_a_team_sees_itself_and_where_it_may_be_sent(api: Api, by: str, team: str) -> None:
    found = await read(api, by)

    assert set(found) == {"park", "centers", "kinds", "places", "teams"}
    assert [entry["code"] for entry in found["teams"]] == [team]
    assert len(found["places"]) == 11


@pytest.mark.parametrize("by", [*READERS, *PARK])
async def test_only_admins_write(api: Api, by: str) -> None:
    asked = [
        await api.ask("PUT", "/v1/directory?dry_run=true", park_document(), by=by),
        await api.ask(
            "POST", "/v1/directory/keys", {"role": "chief", "organisation": "west-center"}, by=by
        ),
        await api.ask("DELETE", "/v1/directory/keys/k-chief", by=by),
    ]

    statuses = [answer.status for answer in asked]
    assert statuses == ([200, 201, 200] if by == "k-admin" else [403, 403, 403])


@pytest.mark.parametrize("by", [*READERS, *PARK])
async def test_only_the_park_sees_who_applied_what_when(api: Api, by: str) -> None:
    answer = await api.ask("GET", "/v1/directory/versions", by=by)

    assert answer.status == (200 if by in PARK else 403)


async def test_versions_come_in_pages_newest_first(api: Api) -> None:
    for number in range(3):
        document = await read_again(api)
        document["stations"][0]["name"] = f"第{number}所"
        await api.ask("PUT", "/v1/directory", document, by="k-admin")

    first = (await api.ask("GET", "/v1/directory/versions?limit=3", by="k-auditor")).json()
    rest = await api.ask("GET", f"/v1/directory/versions?before={first['next']}", by="k-auditor")

    assert [entry["version"] for entry in first["versions"]] == [4, 3, 2]
    assert first["versions"][0] == {
        "version": 4,
        "applied_by": "k-admin",
        "applied_at": "2026-11-23T06:00:00Z",
    }
    assert [entry["version"] for entry in rest.json()["versions"]] == [1]
    assert rest.json()["next"] is None


async def read_again(api: Api) -> dict[str, Any]:
    directory: dict[str, Any] = (await api.ask("GET", "/v1/directory", by="k-admin")).json()[
        "directory"
    ]
    return directory


async def test_every_fault_of_a_document_is_listed_in_one_problem(api: Api) -> None:
    document = park_document()
    document["centers"][0]["place"] = "nowhere"
    document["kinds"] = [{"code": "earthquake"}]
    document["extra"] = 1

    answer = await api.ask("PUT", "/v1/directory", document, by="k-admin")

    problem = answer.json()
    assert (answer.status, problem["type"]) == (422, "/problems/invalid")
    assert {error["field"] for error in problem["errors"]} == {
        "centers[0].place", "kinds[0].code", "extra"
    }  # fmt: skip
    (place,) = (e for e in problem["errors"] if e["field"] == "centers[0].place")
    assert place["message"] == "'nowhere' is unknown; allowed: the code of a place"


async def test_of_very_many_faults_the_first_ones_are_listed(api: Api) -> None:
    document = park_document()
    document["stations"] = [{"code": f"s-{number}"} for number in range(200)]
    document["enterprises"] = [{"code": f"e-{number}"} for number in range(400)]

    problem = (await api.ask("PUT", "/v1/directory", document, by="k-admin")).json()

    assert len(problem["errors"]) == MOST_FAULTS
    assert problem["faults"] > MOST_FAULTS


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b'"text"'])
async def test_a_body_that_is_no_document_is_a_problem(api: Api, body: bytes) -> None:
    answer = await api.ask("PUT", "/v1/directory", json.loads(body), by="k-admin")

    assert answer.status == 422


async def test_who_saw_another_version_is_told_the_present_one(api: Api) -> None:
    answer = await api.ask("PUT", "/v1/directory", park_document(), by="k-admin", if_match='"9"')

    assert (answer.status, answer.json()["version"]) == (412, 1)


async def test_a_key_is_shown_once_and_works_at_once(api: Api) -> None:
    wanted = {
        "role": "operator",
        "organisation": "west-center",
        "expires_at": "2026-12-01T00:00:00+08:00",
    }

    answer = await api.ask("POST", "/v1/directory/keys", wanted, by="k-admin")

    made = answer.json()
    assert (answer.status, answer.headers["cache-control"]) == (201, "no-store")
    assert set(made) == {"id", "key", "expires_at", "version"}
    assert made["expires_at"] == "2026-11-30T16:00:00Z"
    api.keys["new"] = made["key"]
    assert (await api.ask("GET", "/v1/directory", by="new")).status == 200
    taken = await api.ask("DELETE", f"/v1/directory/keys/{made['id']}", by="k-admin")
    assert taken.json() == {"id": made["id"], "version": 3}
    assert (await api.ask("GET", "/v1/directory", by="new")).status == 401


@pytest.mark.parametrize(
    ("wanted", "status", "kind"),
    [
        ({"organisation": "nowhere"}, 422, "invalid"),
        ({"organisation": "two words"}, 422, "invalid"),
        ({"role": "king"}, 422, "invalid"),
        ({"id": "Not_An_Id"}, 422, "invalid"),
        ({"id": "k-chief"}, 409, "key-id-taken"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 422, "invalid"),
        ({"expires_at": "2027-01-01T00:00:00"}, 422, "invalid"),
        ({"sha256": "0" * 64}, 422, "invalid"),
    ],
)
async def test_a_key_that_cannot_be_is_refused_by_field(
    api: Api, wanted: dict[str, str], status: int, kind: str
) -> None:
    body = {"role": "chief", "organisation": "west-center"} | wanted

    answer = await api.ask("POST", "/v1/directory/keys", body, by="k-admin")

    problem = answer.json()
    assert (answer.status, problem["type"]) == (status, f"/problems/{kind}")
    assert [problem["field"]] == list(wanted)


async def test_a_third_live_key_is_refused_with_the_two_there_are(api: Api) -> None:
    body = {"role": "chief", "organisation": "east-center"}
    made = (await api.ask("POST", "/v1/directory/keys", body, by="k-admin")).json()

    answer = await api.ask("POST", "/v1/directory/keys", body, by="k-admin")

    assert (answer.status, answer.json()["type"]) == (409, "/problems/too-many-keys")
    assert set(answer.json()["keys"]) == {"k-chief", made["id"]}


async def test_a_key_nobody_has_cannot_be_taken_away(api: Api) -> None:
    answer = await api.ask("DELETE", "/v1/directory/keys/bootstrap", by="bootstrap")

    assert (answer.status, answer.json()["type"]) == (404, "/problems/unknown-key-id")


async def test_before_the_first_directory_nobody_gets_a_key() -> None:
    answer = await Api().ask(
        "POST", "/v1/directory/keys", {"role": "admin", "organisation": "park"}, by="bootstrap"
    )

    assert (answer.status, answer.json()["type"]) == (409, "/problems/no-directory")


@pytest.mark.parametrize("example", DIRECTORY_EXAMPLES.values())
async def test_every_example_of_a_directory_can_be_applied(example: dict[str, Any]) -> None:
    answer = await Api().ask("PUT", "/v1/directory", example["value"], by="bootstrap")

    assert (answer.status, answer.json()["version"]) == (200, 1)


@pytest.mark.parametrize("example", KEY_EXAMPLES.values())
def test_every_example_of_a_key_has_the_form_of_one(example: dict[str, Any]) -> None:
    assert KeyBody.model_validate(example["value"]).id is None
