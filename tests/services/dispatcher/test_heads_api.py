"""Heads and digests over HTTP: for the park's people, page by page, in their order."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest
from typing_extensions import override

from incident.alert import IncidentId
from incident.chain import GENESIS, Head
from services.dispatcher.api import app
from services.dispatcher.api.heads import router
from services.dispatcher.handlers.heads import Ledger
from services.dispatcher.handlers.housekeeping import Digest
from services.runtime.auth import Principal, Role
from tests.asgi import AsgiClient

TAKEN = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEADS = [Head(incident=UUID(int=number), version=number, hash="a" * 64) for number in range(1, 6)]
DIGESTS = [
    Digest(sequence=number, taken_at=TAKEN, count=5, digest="b" * 64, previous=GENESIS)
    for number in range(1, 4)
]


class FakeLedger(Ledger):
    """Five heads and three digests."""

    @override
    async def list_heads(self, *, after: IncidentId | None, limit: int) -> Sequence[Head]:
        return [head for head in HEADS if after is None or head.incident > after][:limit]

    @override
    async def list_digests(self, *, after: int, limit: int) -> Sequence[Digest]:
        return [digest for digest in DIGESTS if digest.sequence > after][:limit]


def client(role: Role = Role.AUDITOR) -> AsgiClient:
    async def caller() -> Principal:
        return Principal(key_id="key-1", role=role, organisation="park")

    return AsgiClient(app.build([router(FakeLedger(), caller=caller)]))


async def test_heads_are_given_page_by_page_until_there_are_no_more() -> None:
    found, after = [], ""
    while True:
        told = (await client().get(f"/v1/incidents/heads?limit=2{after}")).json()
        found += [(UUID(each["incident"]), each["version"], each["hash"]) for each in told["heads"]]
        if told["next"] is None:
            break
        after = f"&after={told['next']}"
    assert found == [(head.incident, head.version, head.hash) for head in HEADS]


async def test_digests_are_given_behind_a_sequence_number() -> None:
    told = (await client().get("/v1/incidents/digests?after=1&limit=1")).json()
    assert told["next"] == 2
    assert told["digests"] == [
        {
            "sequence": 2, "taken_at": "2026-03-02T12:00:00Z", "count": 5, "digest": "b" * 64,
            "previous": GENESIS,
        }
    ]  # fmt: skip


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN])
async def test_the_park_s_people_may_look(role: Role) -> None:
    for path in ("/v1/incidents/heads", "/v1/incidents/digests"):
        assert (await client(role).get(path)).status == 200


@pytest.mark.parametrize("role", [Role.STATION, Role.OPERATOR, Role.CHIEF, Role.TEAM])
async def test_nobody_else_may(role: Role) -> None:
    for path in ("/v1/incidents/heads", "/v1/incidents/digests"):
        answer = await client(role).get(path)
        assert (answer.status, answer.json()["type"]) == (403, "/problems/forbidden")


@pytest.mark.parametrize(
    "query",
    [
        "heads?after=first",
        "heads?limit=0",
        "digests?after=-1",
        "digests?after=99999999999999999999",
    ],
)
async def test_a_query_that_makes_no_sense_is_refused(query: str) -> None:
    assert (await client().get(f"/v1/incidents/{query}")).status == 422


async def test_a_trailing_slash_is_not_found_and_leads_nowhere() -> None:
    """A redirect would go to whatever host the request names."""
    answer = await client().get("/v1/incidents/heads/", headers={"host": "elsewhere.example"})

    assert answer.status == 404
    assert "location" not in answer.headers
