"""Hand-over at shift change over HTTP, and shelving."""

from uuid import UUID

import pytest

from incident.chain import sha256_hex
from tests.asgi import Answer
from tests.services.dispatcher.park import (
    EAST,
    WEST,
    Dispatcher,
    field_at_fault,
    incident_id,
)

PATH = f"/v1/centers/{WEST}/handovers"
TO_CHIEF: dict[str, object] = {"to": "chief", "notes": "East gate is closed"}


@pytest.fixture(autouse=True)
async def two(dispatcher: Dispatcher) -> None:
    """Two incidents of West's; the operator took the first one."""
    await dispatcher.open(1)
    await dispatcher.open(2)
    await dispatcher.done("operator", "acknowledge")


async def post(dispatcher: Dispatcher, path: str, body: object, holder: str = "operator") -> Answer:
    """Ask something of West's hand-overs."""
    return await dispatcher.client(holder).post(PATH + path, body)


async def begun(dispatcher: Dispatcher) -> str:
    """The operator hands over to the chief."""
    answer = await post(dispatcher, "", TO_CHIEF)
    assert answer.status == 201
    return f"/{answer.json()['id']}"


async def accepted(dispatcher: Dispatcher, id_: str, number: int, who: str = "chief") -> Answer:
    """Somebody accepts a numbered incident."""
    return await post(dispatcher, f"{id_}/accept", {"incident": str(incident_id(number))}, who)


async def test_the_whole_of_it(dispatcher: Dispatcher) -> None:
    id_ = await begun(dispatcher)
    shown = (await dispatcher.client("chief").get(f"{PATH}/current")).json()["handover"]
    assert (shown["from"], shown["to"], shown["left"]) == ("operator", "chief", 2)
    assert (shown["notes"], shown["hash"]) == ("East gate is closed", None)
    assert [item["operator"] for item in shown["items"]] == ["operator", None]

    one = (await accepted(dispatcher, id_, 1)).json()
    assert (one["left"], one["items"][0]["operator"]) == (1, "chief")
    refused = await post(dispatcher, f"{id_}/finish", {}, "chief")
    assert (refused.status, refused.json()["type"]) == (409, "/problems/handover-unaccepted")
    assert refused.json()["incidents"] == [str(incident_id(2))]

    await accepted(dispatcher, id_, 2)
    done = (await post(dispatcher, f"{id_}/finish", {}, "chief")).json()
    assert (done["state"], done["left"], done["ended_by"]) == ("finished", 0, "chief")
    assert [dispatcher[number].operator for number in (1, 2)] == ["chief", "chief"]
    assert dispatcher.types()[-1] == "taken_over"
    assert (await dispatcher.client("chief").get(f"{PATH}/current")).json() == {"handover": None}
    listed = (await dispatcher.client("supervisor").get(PATH)).json()
    assert [entry["id"] for entry in listed["handovers"]] == [done["id"]]
    assert listed["next"] is None


async def test_what_is_printed_stays_as_it_was_at_the_end(dispatcher: Dispatcher) -> None:
    id_ = await begun(dispatcher)
    for number in (1, 2):
        await accepted(dispatcher, id_, number)
    done = (await post(dispatcher, f"{id_}/finish", {}, "chief")).json()
    await dispatcher.done("operator", "update", {"severity": "red"})
    again = (await dispatcher.client("operator").get(PATH + id_)).json()
    assert again == done
    kept = dispatcher.handovers.kept[UUID(done["id"])]
    assert kept.shown is not None
    assert done["hash"] == sha256_hex(kept.shown)


async def test_notes_are_kept_sealed(dispatcher: Dispatcher) -> None:
    await begun(dispatcher)
    (kept,) = dispatcher.handovers.kept.values()
    assert kept.sealed is not None
    assert "gate" not in kept.sealed


async def test_only_the_incoming_operator_accepts_and_finishes(dispatcher: Dispatcher) -> None:
    id_ = await begun(dispatcher)
    refused = await accepted(dispatcher, id_, 1, "operator")
    assert (refused.status, refused.json()["type"]) == (403, "/problems/not-the-incoming")
    assert (await post(dispatcher, f"{id_}/finish", {})).status == 403
    assert dispatcher[1].operator == "operator"


async def test_one_runs_at_a_time(dispatcher: Dispatcher) -> None:
    id_ = await begun(dispatcher)
    refused = await post(dispatcher, "", TO_CHIEF)
    assert (refused.status, refused.json()["type"]) == (409, "/problems/handover-running")
    assert f"/{refused.json()['handover']}" == id_
    assert (await post(dispatcher, f"{id_}/withdraw", {})).json()["state"] == "withdrawn"
    assert (await accepted(dispatcher, id_, 1)).json()["type"] == "/problems/handover-ended"
    await begun(dispatcher)


async def test_what_comes_meanwhile_is_left_to_accept(dispatcher: Dispatcher) -> None:
    id_ = await begun(dispatcher)
    await accepted(dispatcher, id_, 1)
    await accepted(dispatcher, id_, 2)
    await dispatcher.open(3)
    shown = (await dispatcher.client("chief").get(PATH + id_)).json()
    assert [item["late"] for item in shown["items"]] == [False, False, True]
    assert (await post(dispatcher, f"{id_}/finish", {}, "chief")).status == 409


async def test_a_shelved_incident_is_on_the_list_as_such(dispatcher: Dispatcher) -> None:
    body: dict[str, object] = {"reason": "test-source", "minutes": 20}
    await dispatcher.done("operator", "shelve", body)
    id_ = await begun(dispatcher)
    shown = (await dispatcher.client("chief").get(PATH + id_)).json()
    item = shown["items"][0]
    assert (item["shelved_reason"], item["shelved_until"]) == (
        "test-source",
        "2026-03-02T04:20:00Z",
    )


@pytest.mark.parametrize("path", ["", "/current", f"/{UUID(int=1)}"])
@pytest.mark.parametrize(
    ("holder", "status"), [("east-operator", 404), ("station", 404), ("west-a", 404)]
)
async def test_others_learn_nothing(
    dispatcher: Dispatcher, path: str, holder: str, status: int
) -> None:
    assert (await dispatcher.client(holder).get(PATH + path)).status == status


async def test_another_center_and_an_unknown_id_are_not_there(dispatcher: Dispatcher) -> None:
    id_ = await begun(dispatcher)
    other = f"/v1/centers/{EAST}/handovers{id_}"
    assert (await dispatcher.client("east-operator").get(other)).status == 404
    for what in ("accept", "finish", "withdraw"):
        body = {"incident": str(incident_id(1))} if what == "accept" else {}
        assert (await post(dispatcher, f"/{UUID(int=1)}/{what}", body)).status == 404
        answer = await dispatcher.client("east-operator").post(f"{other}/{what}", body)
        assert answer.status == 404
        assert (await post(dispatcher, f"{id_}/{what}", body, "station")).status == 403


async def test_it_goes_to_somebody_else(dispatcher: Dispatcher) -> None:
    assert (await post(dispatcher, "", {"to": "operator"})).status == 403
    assert field_at_fault(await post(dispatcher, "", {"to": "a b"})) == "to"


class TestShelving:
    async def test_it_is_back_by_itself(self, dispatcher: Dispatcher) -> None:
        body = {"reason": "duplicate", "minutes": 30}
        answer = await dispatcher.done("operator", "shelve", body)
        shown = (await dispatcher.client("operator").get(f"/v1/incidents/{answer['id']}")).json()
        assert shown["shelved_until"] == "2026-03-02T04:30:00Z"
        assert dispatcher.types()[-1] == "shelved"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"reason": "tired", "minutes": 5}, "reason"),
            ({"reason": "duplicate", "minutes": 31}, "minutes"),
            ({"reason": "duplicate", "minutes": 0}, "minutes"),
            ({"reason": "duplicate"}, "minutes"),
        ],
    )
    async def test_never_for_longer_nor_for_other_reasons(
        self, dispatcher: Dispatcher, body: dict[str, object], field: str
    ) -> None:
        assert field_at_fault(await dispatcher.act("operator", "shelve", body)) == field

    async def test_never_a_red_one(self, dispatcher: Dispatcher) -> None:
        await dispatcher.done("operator", "update", {"severity": "red"})
        body = {"reason": "duplicate", "minutes": 5}
        refused = await dispatcher.act("operator", "shelve", body)
        assert (refused.status, refused.json()["type"]) == (409, "/problems/not-allowed")
