"""An act says who did it and how it is known; what was said in free text is sealed."""

from datetime import timedelta
from typing import ClassVar

import pytest

from incident.directory import Lookup
from tests.services.dispatcher.park import (
    WEST,
    Dispatcher,
    document,
    incident_id,
    lookup_of,
    read_mail,
)

ASSIGN_A = {"teams": ["west-a"]}


PHONE = "13800000000"


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
        await dispatcher.done("operator", "receipt")
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


def _with_person(holder: str, person: str) -> Lookup:
    """The directory with a holder's key as a person's own."""
    whole = document()
    for entry in whole["keys"]:
        if entry["id"] == holder:
            entry["person"] = person
    return lookup_of(whole)
