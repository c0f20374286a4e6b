"""Makes messages in the transaction in which a step is said to be due, or its cause found gone.

It asks the store nothing of what says nothing to people.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from services.notifier.handlers.messages.notices import notices_of, steps_over
from services.notifier.handlers.messages.planning import (
    Desk,
    Times,
    addressed,
    plan_stand_downs,
    plan_steps,
    split_off,
)
from services.notifier.handlers.messages.rules import Rules
from services.notifier.ports import Atlas, Judged
from services.notifier.ports.message_store import MessageWork
from services.notifier.ports.messages import (
    About,
    Message,
    MessageState,
    Person,
)
from services.notifier.ports.people import People, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What making messages stands on.

    Attributes:
        endpoint: Names what answers for a way.
    """

    atlas: Atlas
    people: People
    rules: Rules
    endpoint: Callable[[Way], str]

    def desk(self, at: Times) -> Desk:
        """Begin to plan."""
        return Desk(people=self.people, rules=self.rules, at=at, endpoint=self.endpoint)


async def tell(
    judged: Sequence[Judged], *, work: MessageWork, office: Office, at: Times
) -> list[Message]:
    """Make what messages follow from what was judged.

    Returns:
        What was planned; what was made before is not made again.
    """
    notices = [notice for entry in judged for notice in notices_of(entry, office.atlas)]
    over = [(entry.known.id, step) for entry in judged for step in steps_over(entry)]
    if not notices and not over:
        return []
    desk = office.desk(at)
    told = await work.end_steps(over, now=at.now) if over else []
    found = addressed(notices, office.people)
    if found:
        desk.earlier = await work.earlier({entry[0].about.incident for entry in found})
    await _look_up(desk, work, [*(person for _, person, _ in found), *(one for _, one in told)])
    plan_steps(desk, found)
    plan_stand_downs(desk, told)
    return await keep(desk, work)


async def stand_down(
    told: Sequence[tuple[About, Person]], *, work: MessageWork, office: Office, at: Times
) -> list[Message]:
    """Make the stand-downs of those who were told although the cause had gone meanwhile."""
    if not told:
        return []
    desk = office.desk(at)
    await _look_up(desk, work, [person for _, person in told])
    plan_stand_downs(desk, told)
    return await keep(desk, work)


async def keep(desk: Desk, work: MessageWork) -> list[Message]:
    """Write what was planned; what cannot go with its bundle any more goes alone."""
    bundles = [one for one in desk.messages.values() if one.about is None]
    if bundles:
        await work.insert(bundles, real=desk.at.real)
        free = await work.lock_bundles({one.id for one in bundles})
    else:
        free = set()
    rest = [_placed(desk, one, free) for one in desk.messages.values() if one.about is not None]
    await work.insert(rest, real=desk.at.real)
    if desk.opened:
        await work.open_windows(desk.opened)
    return [*bundles, *rest]


async def _look_up(desk: Desk, work: MessageWork, people: Iterable[Person]) -> None:
    wanted: Collection[Person] = {person for person in people if person.code}
    if wanted:
        desk.windows = await work.windows(wanted)


def _placed(desk: Desk, message: Message, free: Collection[object]) -> Message:
    bundled = message.state is MessageState.BUNDLED
    return split_off(desk, message) if bundled and message.bundle not in free else message
