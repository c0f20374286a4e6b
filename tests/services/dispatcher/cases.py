"""An incident that every role is something to."""

from tests.services.dispatcher.park import OTHER_STATION, WEST, Dispatcher


async def open_case(dispatcher: Dispatcher) -> None:
    """Open an incident that everybody is something to, and one to merge it with.

    The park's center had it; West has it, with a team of its own and one of East's on it, and one
    that was; it is offered to another station.
    """
    await dispatcher.open(1, center="park-center")
    body: dict[str, object] = {"center": WEST, "reason": "theirs"}
    await dispatcher.done("park-operator", "transfer", body)
    await dispatcher.open(2)
    await dispatcher.done("operator", "assign", {"teams": ["west-a", "west-b", "east-a"]})
    await dispatcher.done("west-b", "release")
    await dispatcher.done("operator", "hand-over", {"to": OTHER_STATION, "reason": "crime"})
    await dispatcher.done("operator", "update", {"people": 3})
