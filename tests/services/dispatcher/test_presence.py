"""An operator leaves the desk and comes back; what comes meanwhile says so."""

import pytest

from tests.asgi import Answer
from tests.builders import at
from tests.services.dispatcher.park import (
    EAST,
    SOUTH,
    WEST,
    Dispatcher,
    field_at_fault,
    told,
)


async def say(
    dispatcher: Dispatcher, what: str, holder: str = "operator", **body: object
) -> Answer:
    """Say away or back at West's desk."""
    return await dispatcher.client(holder).post(f"/v1/centers/{WEST}/{what}", body)


async def test_what_comes_while_everybody_is_away_says_so(dispatcher: Dispatcher) -> None:
    assert (await say(dispatcher, "away")).json()["away"] is True
    await dispatcher.open(1)
    await dispatcher.open(2, center=SOUTH)
    assert (dispatcher[1].away, dispatcher[2].away) == (True, False)


async def test_who_is_back_takes_what_comes(dispatcher: Dispatcher) -> None:
    await say(dispatcher, "away")
    assert (await say(dispatcher, "back")).json()["away"] is False
    await dispatcher.open()
    assert not dispatcher[1].away


async def test_one_who_stays_is_enough(dispatcher: Dispatcher) -> None:
    await say(dispatcher, "back", "chief")
    desk = (await say(dispatcher, "away")).json()
    assert desk["away"] is False
    assert [(entry["operator"], entry["away"]) for entry in desk["said"]] == [
        ("chief", False),
        ("operator", True),
    ]


async def test_it_ends_by_itself(dispatcher: Dispatcher) -> None:
    await say(dispatcher, "away")
    dispatcher.clock.advance(30 * 60)
    await dispatcher.open()
    assert not dispatcher[1].away


async def test_a_transfer_to_such_a_desk_says_so(dispatcher: Dispatcher) -> None:
    await say(dispatcher, "away")
    await dispatcher.open(center=EAST)
    body: dict[str, object] = {"center": WEST, "reason": "theirs"}
    await dispatcher.done("east-operator", "transfer", body)
    assert dispatcher[1].away


async def test_board_and_stream_show_it(dispatcher: Dispatcher) -> None:
    await say(dispatcher, "away", person="zhang-jia")
    board = (await dispatcher.client("operator").get(f"/v1/centers/{WEST}/board")).json()
    assert board["desk"]["away"] is True
    (entry,) = board["desk"]["said"]
    assert (entry["operator"], entry["until"]) == ("zhang-jia", "2026-03-02T04:30:00Z")
    (frame,) = told(dispatcher, f"center:{WEST}")
    assert frame == board["desk"]
    assert board["sequence"] == 1


@pytest.mark.parametrize("until", ["2026-03-02T12:00:00+08:00", "2026-03-03T00:00:01+08:00"])
async def test_it_ends_within_half_a_day(dispatcher: Dispatcher, until: str) -> None:
    assert at(0).isoformat() == "2026-03-02T04:00:00+00:00"
    assert field_at_fault(await say(dispatcher, "away", until=until)) == "until"


@pytest.mark.parametrize(
    ("holder", "status"),
    [("chief", 200), ("east-operator", 404), ("west-a", 403), ("station", 403), ("admin", 403)],
)
async def test_only_those_of_the_desk_say_it(
    dispatcher: Dispatcher, holder: str, status: int
) -> None:
    for what in ("away", "back"):
        assert (await say(dispatcher, what, holder)).status == status
