"""What an outcome means, when the next attempt is, and what a delivery tells."""

from dataclasses import replace

import pytest

from services.dispatcher.handlers.outcomes import DeliveryState, Verdict, judge
from services.dispatcher.handlers.outgoing import Ended, Ending, mark_of
from services.dispatcher.payloads.delivery import write_alert
from services.runtime import codec
from services.runtime.outgoing.outcomes import LONGEST_RETRY_AFTER, WAITS, Fault, Tried
from tests.fakes.clock import NOON
from tests.services.dispatcher.sending import EAST, WEST, a_parcel, connected, opened

LOOKUP = connected(east="https://east.example/alerts", west="https://west.example/")


def waits(tried: Tried) -> list[float]:
    """The seconds to the next attempt after each that came to this, until it is given up."""
    incident = opened(LOOKUP).incident
    found = []
    for attempt in range(1, len(WAITS) + 1):
        verdict = judge(a_parcel(incident, attempt=attempt), tried, now=NOON)
        if verdict.next_at is None:
            assert verdict.state is DeliveryState.FAILED
            break
        found.append((verdict.next_at - NOON).total_seconds())
    return found


@pytest.mark.parametrize(
    "tried",
    [
        Tried(fault=Fault.TIMEOUT),
        Tried(fault=Fault.ADDRESS_REFUSED),
        Tried(status=500),
        Tried(status=302),
        Tried(status=404),
        Tried(status=500, retry_after=900.0),
    ],
)
def test_what_did_not_arrive_is_tried_ten_times_ever_more_slowly(tried: Tried) -> None:
    found = waits(tried)

    assert found[:4] == [1, 3, 8, 20]
    assert len(found) == 9
    for wait, usual in zip(found[4:], [60, 300, 1800, 7200, 21600], strict=True):
        assert 0.9 * usual <= wait <= 1.1 * usual


def test_the_long_waits_of_two_deliveries_are_not_the_same() -> None:
    one, other = (opened(LOOKUP, number=number).incident for number in (1, 2))

    found = [
        judge(a_parcel(incident, attempt=6), Tried(status=500), now=NOON).next_at
        for incident in (one, other)
    ]

    assert found[0] != found[1]


@pytest.mark.parametrize("status", [429, 503])
def test_a_system_that_asks_for_time_gets_it_within_reason(status: int) -> None:
    assert waits(Tried(status=status, retry_after=40))[:5] == [
        40,
        40,
        40,
        40,
        waits(Tried(status=500))[4],
    ]
    assert max(waits(Tried(status=status, retry_after=10**9))[:7]) == LONGEST_RETRY_AFTER
    assert waits(Tried(status=status)) == waits(Tried(status=500))


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_any_2xx_is_a_receipt(status: int) -> None:
    verdict = judge(a_parcel(opened(LOOKUP).incident), Tried(status=status), now=NOON)

    assert verdict == Verdict(state=DeliveryState.DELIVERED, outcome=str(status))


def test_a_410_ends_the_delivery_and_disables_the_address() -> None:
    verdict = judge(a_parcel(opened(LOOKUP).incident), Tried(status=410), now=NOON)

    assert verdict == Verdict(state=DeliveryState.ENDED, outcome="410", disable=True)


def test_a_delivery_tells_what_is_needed_to_find_the_incident_and_nothing_personal() -> None:
    incident = opened(LOOKUP).incident

    body = codec.decode(write_alert(incident, origin="https://115.example"), dict)

    assert body == {
        "type": "alert.push.v1",
        "timestamp": "2026-03-02T04:00:00Z",
        "data": {
            "id": str(incident.id),
            "reference": {"number": "1", "order": "1"},
            "kind": "police-alert",
            "severity": "yellow",
            "status": "actual",
            "center": "east-center",
            "place": None,
            "received_at": "2026-03-02T04:00:00Z",
            "follow": f"https://115.example/v1/incidents/{incident.id}",
        },
    }


def test_the_mark_of_an_address_tells_it_from_every_other() -> None:
    east, west = LOOKUP.centers[EAST].webhook, LOOKUP.centers[WEST].webhook
    assert east is not None
    assert west is not None

    marks = {mark_of(east), mark_of(west), mark_of(replace(east, secret="other"))}

    assert len(marks) == 3
    assert mark_of(east) == mark_of(replace(east))


def test_an_end_without_an_attempt_is_no_failure_unless_the_attempts_are_used_up() -> None:
    id_ = opened(LOOKUP).incident.id

    states = {ending: Ended(id=id_, ending=ending).state for ending in Ending}

    assert states.pop(Ending.EXHAUSTED) is DeliveryState.FAILED
    assert set(states.values()) == {DeliveryState.ENDED}
