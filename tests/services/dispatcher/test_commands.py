"""A command is carried out once, is answered the same each time, and says who did what and how."""

from datetime import timedelta
from typing import Any, ClassVar

import pytest

from incident.alert import TeamId
from incident.directory import Lookup
from incident.lifecycle import State
from tests.fakes.dispatcher import Tables
from tests.services.dispatcher.park import (
    EAST,
    WEST,
    Dispatcher,
    document,
    drill,
    incident_id,
    lookup_of,
    read_mail,
)

ASSIGN_A = {"teams": ["west-a"]}
PHONE = "13800000000"


async def test_a_command_answers_where_the_incident_stands_now(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    answer = await dispatcher.act("operator", "acknowledge")
    assert answer.status == 200
    assert answer.headers["etag"] == '"3"'
    found = answer.json()
    assert (found["id"], found["version"]) == (str(incident_id(1)), 3)
    assert (found["state"], found["changed"]) == ("acknowledged", True)
    assert {"assign", "close"} <= set(found["allowed"])
    assert dispatcher.types() == ["opened", "pushed", "acknowledged"]


async def test_a_retry_gets_the_first_answer_and_changes_nothing(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    first = await dispatcher.act("operator", "assign", ASSIGN_A, key="k")
    before = dispatcher.store.tables
    again = await dispatcher.act("operator", "assign", ASSIGN_A, key="k")
    assert (again.status, again.body, again.headers) == (200, first.body, first.headers)
    assert dispatcher.store.tables.events == before.events
    assert dispatcher.store.tables.told == before.told


async def test_a_retry_gets_the_first_answer_after_the_incident_moved_on(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open()
    first = await dispatcher.act("operator", "acknowledge", key="k")
    await dispatcher.done("operator", "assign", ASSIGN_A)
    await dispatcher.done("operator", "close", {"disposition": "by_telephone"})
    again = await dispatcher.act("operator", "acknowledge", key="k")
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["etag"] == '"3"'


async def test_a_retry_is_answered_to_a_team_that_was_released_meanwhile(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open()
    await dispatcher.done("operator", "assign", ASSIGN_A)
    first = await dispatcher.act("west-a", "decline", {"reason": "ill"}, key="k")
    dispatcher.clock.advance(48 * 3600)
    again = await dispatcher.act("west-a", "decline", {"reason": "ill"}, key="k")
    assert (again.status, again.body) == (200, first.body)


@pytest.mark.parametrize(
    "other",
    [
        {"body": {"teams": ["west-b"]}},
        {"body": {"teams": ["west-a"], "divert": True}},
        {"body": {"teams": ["west-a"], "person": "op-1"}},
        {"body": ASSIGN_A, "number": 2},
    ],
    ids=["other teams", "a flag more", "another person", "another incident"],
)
async def test_a_key_used_for_another_request_is_refused(
    dispatcher: Dispatcher, other: dict[str, Any]
) -> None:
    await dispatcher.open(1, 2)
    await dispatcher.done("operator", "assign", ASSIGN_A, key="k")
    refused = await dispatcher.act("operator", "assign", key="k", **other)
    assert (refused.status, refused.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert refused.json()["field"] == "Idempotency-Key"


async def test_a_key_is_the_callers_own_and_the_commands(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    await dispatcher.done("operator", "receipt", key="k")
    assert (await dispatcher.done("operator", "acknowledge", key="k"))["changed"]
    assert not (await dispatcher.done("chief", "receipt", key="k"))["changed"]


async def test_a_key_used_meanwhile_on_another_incident_is_refused(dispatcher: Dispatcher) -> None:
    """Both look before either has answered; each holds the lock of its own incident only."""
    await dispatcher.open(1, 2)
    answered = dict(dispatcher.store.tables.answers)
    await dispatcher.done("operator", "receipt", number=1, key="k")
    taken = dispatcher.store.tables.answers
    dispatcher.store.tables.answers = answered
    dispatcher.store.on_answers = lambda: taken
    refused = await dispatcher.act("operator", "receipt", number=2, key="k")
    assert (refused.status, refused.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert dispatcher.types(2) == ["opened"]


async def test_a_refusal_is_not_kept(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    body = {"reason": "photos-missing"}
    refused = await dispatcher.act("operator", "return", body, key="k")
    assert (refused.status, refused.json()["type"]) == (409, "/problems/not-allowed")
    assert "acknowledge" in refused.json()["allowed"]
    assert not dispatcher.store.tables.answers
    await dispatcher.done("operator", "resolve")
    assert (await dispatcher.done("operator", "return", body, key="k"))["changed"]


async def test_who_was_first_is_told_to_who_was_second(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    await dispatcher.done("operator", "acknowledge", {"person": "op-7"})
    refused = await dispatcher.act("chief", "acknowledge")
    found = refused.json()
    assert (refused.status, found["type"]) == (409, "/problems/already-done")
    assert (found["by"], found["at"]) == ("op-7", "2026-03-02T04:00:00Z")


@pytest.mark.parametrize("given", ['"2"', "2"])
async def test_a_command_for_another_version_is_refused(dispatcher: Dispatcher, given: str) -> None:
    await dispatcher.open()
    await dispatcher.done("operator", "receipt")
    await dispatcher.done("operator", "note", {"text": "x"}, headers={"if-match": given})
    refused = await dispatcher.act("operator", "note", {"text": "x"}, headers={"if-match": given})
    assert (refused.status, refused.json()["type"]) == (412, "/problems/version-mismatch")
    assert refused.json()["version"] == 3


async def test_a_retry_is_answered_whatever_version_it_names(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    first = await dispatcher.act("operator", "receipt", key="k", headers={"if-match": '"1"'})
    again = await dispatcher.act("operator", "receipt", key="k", headers={"if-match": '"1"'})
    assert (first.status, again.body) == (200, first.body)


async def test_nobody_learns_whether_an_unopened_or_a_foreign_incident_is_there(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open()
    foreign = await dispatcher.act("south-operator", "acknowledge", key="k")
    missing = await dispatcher.act("south-operator", "acknowledge", number=2, key="k")
    assert foreign.status == missing.status == 404
    assert foreign.headers["retry-after"] == missing.headers["retry-after"] == "1"
    one, two = ({**a.json(), "instance": "", "trace_id": ""} for a in (foreign, missing))
    assert one == two
    assert one["type"] == "/problems/not-yet-open"


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


class TestText:
    """Free text is sealed and is nowhere else."""

    async def test_text_is_sealed_for_the_incident_and_stands_nowhere_else(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open()
        said = f"报警人 {PHONE} 在东门"
        answer = await dispatcher.act("operator", "note", {"text": said}, key="k")
        tables = dispatcher.store.tables
        (sealed,) = tables.sealed[incident_id(1)]
        assert (sealed.version, read_mail(sealed.sealed)["text"]) == (2, said)
        digest = dispatcher.events()[1]["body"]["text"]
        assert len(digest) == 64
        places = [
            answer.body.decode(),
            *(entry.text for entry in tables.events[incident_id(1)]),
            *(frame.data for frames in tables.told.values() for frame in frames),
            *(entry.body + entry.digest for entry in tables.answers.values()),
            repr(tables.said),
            sealed.sealed,
        ]
        assert not [place for place in places if PHONE in place or "东门" in place]

    async def test_the_same_text_has_the_same_digest_and_never_the_same_seal(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open()
        for _ in range(2):
            await dispatcher.done("operator", "note", {"text": "一样"})
        one, two = dispatcher.events()[1:]
        first, second = dispatcher.store.tables.sealed[incident_id(1)]
        assert one["body"]["text"] == two["body"]["text"]
        assert first.sealed != second.sealed

    async def test_the_text_of_a_closing_belongs_to_the_closing(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open()
        await dispatcher.done("operator", "assign", ASSIGN_A)
        body = {"disposition": "by_telephone", "text": "已告知"}
        await dispatcher.done("operator", "close", body)
        (sealed,) = dispatcher.store.tables.sealed[incident_id(1)]
        assert dispatcher.types()[sealed.version - 1] == "closed"

    async def test_a_retry_with_the_same_text_is_a_retry(self, dispatcher: Dispatcher) -> None:
        await dispatcher.open()
        first = await dispatcher.act("operator", "note", {"text": "一样"}, key="k")
        again = await dispatcher.act("operator", "note", {"text": "一样"}, key="k")
        assert (again.status, again.body) == (200, first.body)
        assert dispatcher.types() == ["opened", "note_added"]


class TestSayingHow:
    """An event names who acted, for whom, how it was learned and what it rests on."""

    async def test_everything_said_about_an_act_is_in_its_event(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open()
        await dispatcher.done("operator", "assign", ASSIGN_A)
        dispatcher.clock.advance(60)
        body = {
            "occurred_at": "2026-03-02T12:00:40+08:00",
            "via": "phone",
            "proof": "gate_qr",
            "person": "p1",
        }
        await dispatcher.done("west-a", "arrive", body)
        event = dispatcher.events()[-1]
        assert (event["occurred_at"], event["recorded_at"]) == (
            "2026-03-02T04:00:40Z",
            "2026-03-02T04:01:00Z",
        )
        assert (event["via"], event["proof"], event["disbelieved"]) == ("phone", "gate_qr", False)
        assert event["actor"] == {
            "kind": "person",
            "id": "west-a",
            "role": "team",
            "organisation": WEST,
            "person": "p1",
        }
        (moment,) = [entry for entry in dispatcher[1].moments if entry.name == "on_scene"]
        assert moment.judged_at == dispatcher.clock.now() - timedelta(seconds=20)

    USUAL: ClassVar = {
        "station": ("note", "api"),
        "operator": ("note", "console"),
        "chief": ("note", "console"),
        "supervisor": ("note", "console"),
        "west-a": ("note", "phone"),
    }

    @pytest.mark.parametrize("holder", USUAL)
    async def test_what_is_not_said_is_what_is_usual(
        self, dispatcher: Dispatcher, holder: str
    ) -> None:
        await dispatcher.open()
        await dispatcher.done("operator", "assign", ASSIGN_A)
        verb, via = self.USUAL[holder]
        await dispatcher.done(holder, verb, {"text": "x"})
        assert dispatcher.events()[-1]["via"] == via

    ALLOWED: ClassVar = {
        "station": {"api", "telephone"},
        "operator": {"console", "telephone", "radio", "webhook"},
        "chief": {"console", "telephone", "radio"},
        "supervisor": {"console"},
        "west-a": {"phone", "radio"},
    }

    @pytest.mark.parametrize("holder", ALLOWED)
    @pytest.mark.parametrize(
        "via", ["api", "console", "webhook", "phone", "telephone", "radio", "automatic"]
    )
    async def test_each_role_can_have_learned_it_in_its_own_ways_only(
        self, dispatcher: Dispatcher, holder: str, via: str
    ) -> None:
        await dispatcher.open()
        await dispatcher.done("operator", "assign", ASSIGN_A)
        answer = await dispatcher.act(holder, "note", {"text": "x", "via": via})
        if via in self.ALLOWED[holder]:
            assert answer.status == 200
            machine = via == "webhook"
            event = dispatcher.events()[-1]
            assert (event["via"], event["actor"]["kind"]) == (
                via,
                "machine" if machine else "person",
            )
        else:
            assert (answer.status, answer.json()["field"]) == (422, "via")

    async def test_a_report_on_behalf_came_by_radio_and_names_the_team(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open()
        await dispatcher.done("operator", "assign", ASSIGN_A)
        await dispatcher.done("operator", "report", {"act": "arrive", "team": "west-a"})
        event = dispatcher.events()[-1]
        assert (event["type"], event["via"]) == ("incident.team_arrived.v1", "radio")
        assert (event["actor"]["id"], event["body"]["team"]) == ("operator", "west-a")

    @pytest.mark.parametrize("act", ["arrive", "resolve", "release"])
    async def test_a_report_on_behalf_of_nobody_is_refused(
        self, dispatcher: Dispatcher, act: str
    ) -> None:
        await dispatcher.open()
        await dispatcher.done("operator", "assign", ASSIGN_A)
        refused = await dispatcher.act("operator", "report", {"act": act})
        assert (refused.status, refused.json()["field"]) == (422, "team")

    async def test_a_teams_key_speaks_for_its_team(self, dispatcher: Dispatcher) -> None:
        await dispatcher.open()
        await dispatcher.done("operator", "assign", ASSIGN_A)
        await dispatcher.done("west-a", "request-help")
        assert dispatcher.events()[-1]["body"]["team"] == "west-a"

    async def test_a_persons_key_names_another_only_for_what_was_told_by_voice(
        self, dispatcher: Dispatcher
    ) -> None:
        whole = _with_person("operator", "op-1")
        dispatcher.atlas.now = whole
        await dispatcher.open()
        refused = await dispatcher.act("operator", "receipt", {"person": "op-2"})
        assert (refused.status, refused.json()["field"]) == (422, "person")
        await dispatcher.done("operator", "receipt", {"person": "op-1"})
        await dispatcher.done("operator", "acknowledge", {"person": "op-2", "via": "telephone"})
        own, other = (event["actor"] for event in dispatcher.events()[1:])
        assert (own["person"], other["person"], other["id"]) == ("op-1", "op-2", "operator")

    async def test_a_time_before_the_assignment_is_kept_and_not_believed(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open()
        dispatcher.clock.advance(30)
        await dispatcher.done("operator", "assign", ASSIGN_A)
        await dispatcher.done("west-a", "arrive", {"occurred_at": "2026-03-02T04:00:10Z"})
        event = dispatcher.events()[-1]
        assert (event["occurred_at"], event["disbelieved"]) == ("2026-03-02T04:00:10Z", True)


async def test_an_incident_of_an_unknown_kind_takes_commands(dispatcher: Dispatcher) -> None:
    await dispatcher.open(kind="flood")
    await dispatcher.done("operator", "assign", ASSIGN_A)
    closed = await dispatcher.done("operator", "close", {"disposition": "by_telephone"})
    assert closed["state"] == State.CLOSED


async def test_what_a_command_did_is_told_in_the_order_of_its_versions(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open()
    await dispatcher.done("operator", "assign", {"teams": ["west-a", "shared-1"]})
    await dispatcher.done("operator", "close", {"disposition": "by_telephone"})
    said = dispatcher.store.tables.said
    assert [entry.version for entry in said] == [1, 2, 3, 4, 5, 6]
    assert [entry.state for entry in said[-3:]] == [State.CLOSED] * 3
    assert [len(entry.live_assignments) for entry in said] == [0, 1, 2, 2, 1, 0]


def _with_person(holder: str, person: str) -> Lookup:
    """The directory with a holder's key as a person's own."""
    whole = document()
    for entry in whole["keys"]:
        if entry["id"] == holder:
            entry["person"] = person
    return lookup_of(whole)


def _move_once(dispatcher: Dispatcher, tables: Tables) -> None:
    """What another process commits between the first look and its lock."""
    left = [tables]
    dispatcher.store.on_lock = lambda present: left.pop() if left else present
