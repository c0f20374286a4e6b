"""What comes after the end, or before its alert, is neither lost nor told twice."""

from dataclasses import replace

import pytest

from incident.alert import Severity
from incident.decisions.opening import following
from incident.lifecycle import State
from tests.builders import at
from tests.services.dispatcher.park import (
    VAULT,
    WEST,
    Dispatcher,
    Message,
    incident_id,
)
from tests.services.dispatcher.test_alerts import cancelled, received, updated


class TestAfterTheEnd:
    """An ended incident is told no more: what comes opens another one, linked."""

    @pytest.fixture(autouse=True)
    async def ended(self, dispatcher: Dispatcher) -> None:
        """The first incident, closed."""
        await dispatcher.hear(received())
        await dispatcher.done("operator", "close", {"disposition": "by_telephone"})
        dispatcher.clock.advance(600)

    @pytest.mark.parametrize(
        ("message", "link"),
        [
            (received(1, at_=600, fingerprint="other"), "conflict"),
            (received(2, at_=600, fingerprint="other"), "follow_up"),
            (updated(2, at_=600, fingerprint="other"), "follow_up"),
            (updated(1, at_=600, fingerprint="other"), "conflict"),
        ],
        ids=["conflict", "revision", "update", "old update"],
    )
    async def test_new_content_opens_a_linked_incident(
        self, dispatcher: Dispatcher, message: Message, link: str
    ) -> None:
        await dispatcher.hear(message)
        origin = dispatcher[1]
        other = following(origin, fingerprint="other")
        opened = dispatcher.store.tables.incidents[other]
        assert (origin.state, opened.state, opened.center) == (State.CLOSED, State.OPEN, WEST)
        assert [(entry.other, entry.link) for entry in origin.links] == [(other, link)]
        assert [(entry.other, entry.link) for entry in opened.links] == [(origin.id, link)]
        assert opened.alert.received_at == at(600)
        assert origin.conflicts == (1 if link == "conflict" else 0)

    async def test_it_opens_once(self, dispatcher: Dispatcher) -> None:
        message = received(2, at_=600)
        await dispatcher.hear(message, message)
        await dispatcher.hear(message)
        assert len(dispatcher.store.tables.incidents) == 2
        assert dispatcher.types()[-1] == "linked"
        assert dispatcher.types().count("linked") == 1

    async def test_what_comes_further_is_told_to_the_one_that_lives(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.hear(received(2, at_=600))
        await dispatcher.hear(received(3, at_=610), updated(4, at_=620))
        other = following(dispatcher[1], fingerprint="1-2")
        assert len(dispatcher.store.tables.incidents) == 2
        assert dispatcher.store.tables.incidents[other].revision == 4

    async def test_a_later_withdrawal_ends_the_one_that_lives(self, dispatcher: Dispatcher) -> None:
        await dispatcher.hear(received(2, at_=600), cancelled(at_=630))
        other = following(dispatcher[1], fingerprint="1-2")
        assert dispatcher.store.tables.incidents[other].state is State.CANCELLED

    async def test_it_opens_once_though_the_origin_was_reopened_and_closed_again(
        self, dispatcher: Dispatcher
    ) -> None:
        message = received(2, at_=600)
        await dispatcher.hear(message)
        await dispatcher.done("operator", "reopen", {"reason": "recurred"})
        await dispatcher.hear(message)
        await dispatcher.done("operator", "close", {"disposition": "by_telephone"})
        await dispatcher.hear(message)
        assert len(dispatcher.store.tables.incidents) == 2

    async def test_an_update_opens_it_with_no_report_that_nobody_made(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.hear(updated(2, at_=600))
        other = following(dispatcher[1], fingerprint="update-2")
        assert dispatcher.store.tables.incidents[other].alert.reported_at is None

    async def test_its_text_is_shown_with_it_to_those_on_the_case(
        self, dispatcher: Dispatcher
    ) -> None:
        text = b'{"caller":null,"text":"again","visible_to":[]}'
        sealed = VAULT.seal(text, f"alert:{incident_id(1)}")
        await dispatcher.hear(replace(received(2, at_=600, fingerprint="other"), sealed=sealed))
        other = following(dispatcher[1], fingerprint="other")
        answer = await dispatcher.client("operator").get(f"/v1/incidents/{other}/personal")
        assert [entry["text"] for entry in answer.json()["personal"]] == ["again"]

    async def test_a_withdrawal_is_recorded_once_and_changes_no_end(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.hear(cancelled(at_=600), cancelled(at_=601))
        await dispatcher.hear(cancelled(at_=602))
        assert (dispatcher[1].state, dispatcher[1].cancellation_refused) == (State.CLOSED, True)
        assert dispatcher.types().count("cancellation_refused") == 1


class TestWithdrawal:
    """A withdrawal ends what can still be ended."""

    async def test_it_ends_the_incident_and_releases_its_teams(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.hear(received())
        await dispatcher.done("operator", "assign", {"teams": ["west-a"]})
        await dispatcher.hear(cancelled(at_=10))
        assert dispatcher[1].state is State.CANCELLED
        assert not dispatcher.store.tables.engaged

    async def test_a_second_one_says_nothing_new(self, dispatcher: Dispatcher) -> None:
        await dispatcher.hear(received(), cancelled(at_=10), cancelled(at_=11))
        assert dispatcher.types() == ["opened", "cancelled"]

    async def test_a_repeat_never_ends_an_incident_that_was_reopened_since(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.hear(received(), cancelled(at_=10))
        dispatcher.clock.advance(60)
        await dispatcher.done("operator", "reopen", {"reason": "it-goes-on"})
        await dispatcher.hear(cancelled(at_=10))
        assert dispatcher[1].ended_at is None
        await dispatcher.hear(cancelled(at_=70))
        assert dispatcher[1].state is State.CANCELLED

    async def test_it_comes_too_late_once_the_outcome_was_reported(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.hear(received())
        await dispatcher.done("operator", "resolve")
        await dispatcher.hear(cancelled(at_=10, sealed="why"))
        assert dispatcher.types()[-1] == "cancellation_refused"
        kept = dispatcher.store.tables.sealed[incident_id(1)]
        assert [entry.sealed for entry in kept] == ["sealed 1-1", "why"]


class TestOvertaking:
    """What overtook its alert is kept and applied as it was said, when the alert comes."""

    async def test_an_early_update_is_applied_at_the_opening(self, dispatcher: Dispatcher) -> None:
        await dispatcher.hear(updated(2, severity=Severity.RED))
        assert not dispatcher.store.tables.incidents
        await dispatcher.hear(received())
        assert (dispatcher[1].severity, dispatcher[1].revision) == ("red", 2)
        assert not dispatcher.store.tables.early

    async def test_an_early_withdrawal_is_applied_at_the_opening(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.hear(cancelled(at_=5))
        dispatcher.clock.advance(5)
        await dispatcher.hear(received())
        assert dispatcher.types() == ["opened", "cancelled"]

    async def test_early_messages_are_applied_in_the_order_they_were_said(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.hear(cancelled(at_=9), updated(3, at_=8), updated(2, at_=7))
        await dispatcher.hear(updated(4, at_=8.5))
        await dispatcher.hear(received())
        assert dispatcher.types() == ["opened", "updated", "updated", "updated", "cancelled"]
        assert [entry.revision for entry in dispatcher[1].updates] == [2, 3, 4]
        assert len(dispatcher.store.tables.incidents) == 1

    async def test_a_repeat_of_an_early_message_is_kept_once(self, dispatcher: Dispatcher) -> None:
        await dispatcher.hear(updated(2), updated(2))
        await dispatcher.hear(updated(2))
        assert len(dispatcher.store.tables.early) == 1

    async def test_it_may_come_in_the_same_batch(self, dispatcher: Dispatcher) -> None:
        await dispatcher.hear(updated(2, severity=Severity.RED), received(), cancelled(at_=3))
        assert dispatcher.types() == ["opened", "updated", "cancelled"]

    async def test_a_later_copy_with_another_revision_finds_its_incident(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.hear(received(2, severity=Severity.RED), received(1))
        assert (dispatcher[1].revision, dispatcher[1].severity) == (2, "red")
        assert dispatcher[1].conflicts == 1
