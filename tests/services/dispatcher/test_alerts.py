"""What stations send opens incidents and changes them; nothing of it is lost or told twice."""

from typing import Any

import pytest

from incident.alert import Circumstances, OrganisationId, Place, Reference, Severity
from incident.lifecycle import State
from incident.messages import AlertCancelled, AlertReceived, AlertUpdated
from services.dispatcher.consumer import NotReadyError
from tests.builders import PROFILE_115, an_alert, at
from tests.services.dispatcher.park import (
    EAST,
    STATION,
    WEST,
    Dispatcher,
    alert,
    document,
    incident_id,
    lookup_of,
    told,
)

WORSE = Circumstances(people=9, weapons=True)


def received(
    revision: int = 1,
    *,
    number: int = 1,
    at_: float = 0,
    **changes: Any,  # noqa: ANN401  # fields of any type
) -> AlertReceived:
    """The whole content of a numbered alert at a revision."""
    print_ = f"{number}-{revision}"
    usual = {"revision": revision, "fingerprint": print_, "received_at": at(at_)}
    return AlertReceived(alert=alert(number, **{**usual, **changes}), sealed=f"sealed {print_}")


def updated(revision: int, *, at_: float = 0, **changes: Any) -> AlertUpdated:  # noqa: ANN401  # fields of any type
    """An update of the first alert."""
    usual: dict[str, Any] = {
        "id": incident_id(1),
        "station": STATION,
        "reference": Reference(number="1", order="1"),
        "revision": revision,
        "fingerprint": f"update-{revision}",
        "received_at": at(at_),
        "source": an_alert().source,
        "sealed": f"sealed update-{revision}",
    }
    return AlertUpdated(**{**usual, **changes})


def cancelled(*, at_: float = 0, sealed: str | None = None) -> AlertCancelled:
    """The withdrawal of the first alert."""
    return AlertCancelled(
        id=incident_id(1),
        station=STATION,
        reference=Reference(number="1", order="1"),
        reason="caller-withdrew",
        received_at=at(at_),
        source=an_alert().source,
        sealed=sealed,
    )


class TestOpening:
    """Every alert opens an incident, whatever it lacks."""

    async def test_an_alert_opens_an_incident_of_its_id_at_its_center(
        self, dispatcher: Dispatcher
    ) -> None:
        dispatcher.clock.advance(2)
        await dispatcher.hear(received())
        found = dispatcher[1]
        assert (found.state, found.version, found.center) == (State.OPEN, 1, WEST)
        assert (found.fallback, found.console) == (False, True)
        assert found.profile == PROFILE_115
        assert (found.opened_at, found.alert.received_at) == (at(2), at(0))
        assert [entry.sealed for entry in dispatcher.store.tables.sealed[found.id]] == [
            "sealed 1-1"
        ]

    async def test_the_center_of_a_place_gets_it(self, dispatcher: Dispatcher) -> None:
        await dispatcher.open(place=Place(place="west-2"))
        assert (dispatcher[1].center, dispatcher[1].place) == (WEST, "west-2")

    @pytest.mark.parametrize(
        "place",
        [Place(), Place(center=OrganisationId("nowhere")), Place(place="gone")],
        ids=["none", "unknown center", "unknown place"],
    )
    async def test_what_cannot_be_routed_opens_at_the_fallback_center(
        self, dispatcher: Dispatcher, place: Place
    ) -> None:
        await dispatcher.open(place=place)
        assert (dispatcher[1].center, dispatcher[1].fallback) == ("park-center", True)

    async def test_an_unknown_kind_opens_as_the_usual_one(self, dispatcher: Dispatcher) -> None:
        await dispatcher.open(kind="flood")
        assert (dispatcher[1].alert.kind, dispatcher[1].profile) == ("flood", PROFILE_115)
        assert "handled_on_site" in dispatcher[1].dispositions

    async def test_a_profile_that_is_gone_gives_way_to_the_kinds_own(
        self, dispatcher: Dispatcher
    ) -> None:
        kinds = [{"code": "police-alert", "profile": "retired"}]
        dispatcher.atlas.now = lookup_of(document(kinds=kinds))
        await dispatcher.open()
        assert dispatcher[1].profile == PROFILE_115

    async def test_alerts_wait_while_there_is_no_directory(self, dispatcher: Dispatcher) -> None:
        dispatcher.atlas.now = None
        with pytest.raises(NotReadyError):
            await dispatcher.open()
        assert not dispatcher.store.tables.incidents

    async def test_a_center_that_raised_an_alert_for_another_may_follow_it(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.open(station=EAST)
        client = dispatcher.client("east-operator")
        assert (await client.get(f"/v1/incidents/{incident_id(1)}")).status == 200
        assert len((await client.get("/v1/incidents")).json()["incidents"]) == 1
        assert (await dispatcher.act("east-operator", "acknowledge")).status == 403


class TestFurtherContent:
    """A retry says nothing new, a revision updates, any other content is a conflict."""

    async def test_a_retry_changes_nothing(self, dispatcher: Dispatcher) -> None:
        await dispatcher.hear(received())
        before = dispatcher.store.tables.events
        await dispatcher.hear(received(), received())
        assert dispatcher.store.tables.events == before

    async def test_a_newer_revision_updates(self, dispatcher: Dispatcher) -> None:
        await dispatcher.hear(received())
        dispatcher.clock.advance(30)
        place = Place(place="west-2")
        newer = received(2, at_=29, severity=Severity.RED, circumstances=WORSE, place=place)
        await dispatcher.hear(newer)
        found = dispatcher[1]
        assert (found.severity, found.circumstances, found.place) == ("red", WORSE, "west-2")
        assert (found.revision, found.conflicts, len(found.updates)) == (2, 0, 1)
        event = dispatcher.events()[-1]
        assert (event["occurred_at"], event["via"]) == ("2026-03-02T04:00:29Z", "api")
        assert (event["actor"]["id"], event["actor"]["role"]) == (STATION, "station")

    async def test_an_update_changes_what_it_tells_and_nothing_else(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.hear(received(circumstances=WORSE, place=Place(place="west-1")))
        await dispatcher.hear(updated(2, severity=Severity.ORANGE))
        found = dispatcher[1]
        assert (found.severity, found.circumstances, found.place) == ("orange", WORSE, "west-1")

    @pytest.mark.parametrize("number", [1, 2], ids=["same revision", "two copies"])
    async def test_other_content_of_a_revision_is_a_conflict_and_the_first_stands(
        self, dispatcher: Dispatcher, number: int
    ) -> None:
        other = received(severity=Severity.RED, fingerprint="other")
        await dispatcher.hear(received(), *[other] * number)
        found = dispatcher[1]
        assert (found.conflicts, found.severity, found.revision) == (1, "yellow", 1)
        (conflict,) = dispatcher.events()[1:]
        assert conflict["body"]["fingerprint"] == "other"
        assert told(dispatcher, f"center:{WEST}")[-1]["incident"]["conflicts"] == 1

    async def test_the_text_of_a_conflict_is_kept(self, dispatcher: Dispatcher) -> None:
        await dispatcher.hear(received(), received(fingerprint="other"))
        kept = dispatcher.store.tables.sealed[incident_id(1)]
        assert [entry.version for entry in kept] == [1, 2]

    async def test_a_revision_that_was_overtaken_is_kept_and_undoes_nothing(
        self, dispatcher: Dispatcher
    ) -> None:
        newest = received(3, circumstances=WORSE)
        await dispatcher.hear(received(), newest, received(2))
        found = dispatcher[1]
        assert (found.revision, found.circumstances, found.conflicts) == (3, WORSE, 1)

    async def test_a_revision_that_was_overtaken_still_raises_the_severity(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.hear(received(), received(3), received(2, severity=Severity.RED))
        assert (dispatcher[1].severity, dispatcher[1].revision) == ("red", 3)

    async def test_an_unknown_place_moves_nothing(self, dispatcher: Dispatcher) -> None:
        await dispatcher.hear(received(place=Place(place="west-1")))
        await dispatcher.hear(updated(2, place="gone"))
        assert (dispatcher[1].place, dispatcher[1].revision) == ("west-1", 2)


class TestBatches:
    """A batch is one transaction."""

    async def test_messages_of_one_alert_are_applied_in_their_order(
        self, dispatcher: Dispatcher
    ) -> None:
        await dispatcher.hear(
            received(), received(number=2), updated(2), received(2, number=2), updated(3)
        )
        assert dispatcher.types(1) == ["opened", "updated", "updated"]
        assert dispatcher.types(2) == ["opened", "updated"]
        assert [entry.version for entry in dispatcher.store.tables.said] == [1, 2, 3, 1, 2]
