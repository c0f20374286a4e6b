"""What an edited profile would have changed of what has happened.

What people did stands as they did it, when they did it; only the ladder is another one. So of each
incident two ladders are played over the same acts, the frozen one and the edited one, and what they
would have done is compared. A step that a machine took early on record, and that the edited ladder
would have taken later, is given with that later time, as if nobody had acted before it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from incident.alert import IncidentId
from incident.events import Event, IncidentOpened, StepTaken, TeamAssigned
from incident.ladder import Step, plan
from incident.lifecycle import Incident
from incident.profile import Profile
from incident.replay import apply
from incident.timing.deadlines import TICK

END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A step that both ladders take, at other times or in another way."""

    before: Step
    after: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What would have been otherwise for one incident.

    Attributes:
        added: Steps that only the edited ladder takes.
        removed: Steps that only the frozen one takes.
        moved: Steps that both take, at another time.
        altered: Steps that both take at the same time, doing something else.
    """

    incident: IncidentId
    added: tuple[Step, ...] = ()
    removed: tuple[Step, ...] = ()
    moved: tuple[Moved, ...] = ()
    altered: tuple[Moved, ...] = ()

    @property
    def is_none(self) -> bool:
        """Whether nothing would have been otherwise."""
        return not (self.added or self.removed or self.moved or self.altered)


def dry_run(
    histories: Iterable[Sequence[Event]], profile: Profile, *, now: datetime
) -> tuple[Difference, ...]:
    """Say what an edited profile would have changed, of each incident that was under it.

    Args:
        histories: The events of each incident, whole, in order.
        profile: The edited profile; incidents frozen with a profile of another code are left out.
        now: Until when it is played.

    Raises:
        BrokenHistoryError: The events of an incident are no history.
    """
    found = []
    for history in histories:
        opened = history[0].body if history else None
        if isinstance(opened, IncidentOpened) and opened.profile.code == profile.code:
            before = _played(history, opened.profile, now)
            found.append(_compare(history[0].incident, before, _played(history, profile, now)))
    return tuple(found)


def _compare(incident: IncidentId, before: dict[str, Step], after: dict[str, Step]) -> Difference:
    both = [Moved(before=before[key], after=after[key]) for key in before if key in after]
    return Difference(
        incident=incident,
        added=tuple(step for key, step in after.items() if key not in before),
        removed=tuple(step for key, step in before.items() if key not in after),
        moved=tuple(pair for pair in both if pair.before.due_at != pair.after.due_at),
        altered=tuple(
            pair
            for pair in both
            if pair.before.due_at == pair.after.due_at
            if _doing(pair.before) != _doing(pair.after)
        ),
    )


def _doing(step: Step) -> tuple[object, ...]:
    """What a step does and whom it tells, whenever that is."""
    rung = step.rung
    told = (rung.post, rung.of, rung.callback, rung.voice, rung.digest_unless, rung.level)
    return (rung.action, rung.mark, *told)


def _played(history: Sequence[Event], profile: Profile, now: datetime) -> dict[str, Step]:
    """The steps a ladder takes over a history, by their keys, in the order taken."""
    taken: dict[str, Step] = {}
    incident = apply(None, _under(profile, history[0]))
    for event in history[1:]:
        _take(incident, taken, until=event.recorded_at)
        for step in _on_record(incident, event):
            taken.setdefault(step.key, step)
        incident = apply(incident, event)
    _take(incident, taken, until=now)
    return taken


def _take(incident: Incident, taken: dict[str, Step], *, until: datetime) -> None:
    """Take what is due before a moment, if nothing happens before it."""
    present = replace(incident, steps=tuple(taken))
    for step in plan(present, now=until - TICK).due:
        taken[step.key] = step


def _on_record(incident: Incident, event: Event) -> Iterator[Step]:
    """The step that a machine took, as this ladder would come to it if nobody acted."""
    if isinstance(event.body, StepTaken | TeamAssigned) and event.body.step is not None:
        for step in plan(replace(incident, steps=()), now=END_OF_TIME).due:
            if step.key == event.body.step:
                yield step


def _under(profile: Profile, opening: Event) -> Event:
    """An opening with another profile frozen into it."""
    assert isinstance(opening.body, IncidentOpened)  # noqa: S101  # as `dry_run` made sure
    return replace(opening, body=replace(opening.body, profile=profile))
