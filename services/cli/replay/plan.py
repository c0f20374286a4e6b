"""Calls become acts in their order: what is sent, when at the earliest, and after what.

Rule 1. An act is sent at its stamp (`occurred_at`) at the earliest, and never before what it needs:
nothing of a call before its alert, nothing of a turnout before its assignment, and the release
after the turnout's other acts. Where stamps are out of order, `at` is later than `occurred_at`.

Rule 2. Acts of one call, and of one unit, keep the order of `at`. In the same second a release goes
first, so that the unit is free for the next call (but for that of a turnout with other acts in this
second); then by call, then in the order of `Verb`, then by turnout.

Rule 3. A unit still engaged elsewhere is diverted. What it did on the earlier call afterwards is
sent too (a late arrival counts, as does a late release), but for an acceptance or departure: the
rules refuse those once the assignment has ended, and they are left out here.

Rule 4. A turnout without a dispatch stamp has no moment of assignment of its own. If the call sent
another unit, it is assigned when it was first heard of, but not before the call's first dispatch:
so its arrival counts, and no assignment is brought forward. Else it is left out.

Rule 5. After a call's last stamp it is resolved and closed. Of a call without entry the last
release waits until it is resolved: an incident that nobody took and nobody is on cannot be. What
has neither entry nor arrival nor anybody assigned at its end is withdrawn by its station.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.cli.replay.calls import Call, Turnout


class Verb(StrEnum):
    """What is sent, in the order of a life."""

    ALERT = "alert"
    RECEIPT = "receipt"
    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    ACCEPT = "accept"
    DEPART = "depart"
    ARRIVE = "arrive"
    RELEASE = "release"
    RESOLVE = "resolve"
    LAST_RELEASE = "last-release"
    CLOSE = "close"
    CANCEL = "cancel"


_ORDER = {verb: place for place, verb in enumerate(Verb)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One request to be sent.

    Attributes:
        number: Its place in the plan.
        call: The place of its call among the calls.
        turnout: The place of its turnout in the call; None for the call's own acts.
        occurred_at: The stamp.
        at: The domain moment before which it is not sent.
        first: It goes before the other acts of its second.
        divert: The unit is taken from another call.
        needs: Earlier acts that must have been answered.
    """

    number: int
    call: int
    verb: Verb
    turnout: int | None
    unit: str | None
    occurred_at: datetime
    at: datetime
    first: bool = False
    divert: bool = False
    needs: tuple[int, ...] = ()


class LeftOut(StrEnum):
    """Why a stamp is not sent."""

    DIVERTED = "accepted or departed after the unit was sent elsewhere"
    NO_DISPATCH = "no dispatch stamp to go by"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All acts in their order.

    Attributes:
        left_out: Stamps that are not sent, by why.
        withdrawn: The calls that end by withdrawal.
    """

    acts: tuple[Act, ...]
    left_out: Counter[LeftOut]
    withdrawn: frozenset[int]


def build(calls: Sequence[Call]) -> Plan:
    """Plan the acts of calls, which are in the order they were received."""
    drafts = [act for place, call in enumerate(calls) for act in _of_call(place, call)]
    walk = _Walk(calls)
    for draft in sorted(drafts, key=_place):
        walk.take(draft)
    return Plan(
        acts=tuple(walk.acts),
        left_out=walk.left_out + Counter({LeftOut.NO_DISPATCH: _unsent(calls)}),
        withdrawn=frozenset(walk.withdrawn),
    )


def _place(act: Act) -> tuple[datetime, bool, int, int, int]:
    return act.at, not act.first, act.call, _ORDER[act.verb], act.turnout or 0


def _unsent(calls: Iterable[Call]) -> int:
    """How many stamps belong to turnouts that are left out."""
    return sum(
        len(turnout.stamps)
        for call in calls
        for turnout in call.turnouts
        if _assigned(call, turnout) is None
    )


def _of_call(place: int, call: Call) -> Iterator[Act]:
    def own(verb: Verb, stamp: datetime, *, at: datetime) -> Act:
        return Act(
            number=0, call=place, verb=verb, turnout=None, unit=None, occurred_at=stamp, at=at
        )

    acts = [own(Verb.ALERT, call.received, at=call.received)]
    if call.entry is not None:
        entered = max(call.entry, call.received)
        acts += [own(verb, call.entry, at=entered) for verb in (Verb.RECEIPT, Verb.ACKNOWLEDGE)]
    for number, turnout in enumerate(call.turnouts):
        acts += _of_turnout(place, call, number, turnout)
    end = max(call.last, *(act.at for act in acts))
    if call.entry is None:
        acts = _release_last(acts, at=end)
    yield from acts
    yield own(Verb.RESOLVE, call.last, at=end)
    yield own(Verb.CLOSE, call.last, at=end)


def _of_turnout(place: int, call: Call, number: int, turnout: Turnout) -> list[Act]:
    assigned = _assigned(call, turnout)
    if assigned is None:
        return []
    begun = max(assigned, call.received)
    stamped = (
        (Verb.ASSIGN, assigned),
        (Verb.ACCEPT, turnout.responded),
        (Verb.DEPART, turnout.responded),
        (Verb.ARRIVE, turnout.arrived),
        (Verb.RELEASE, turnout.available),
    )
    acts: list[Act] = []
    for verb, stamp in stamped:
        if stamp is None:
            continue
        latest = max(act.at for act in acts) if acts and verb is Verb.RELEASE else begun
        acts.append(
            Act(
                number=0,
                call=place,
                verb=verb,
                turnout=number,
                unit=turnout.unit,
                occurred_at=stamp,
                at=max(stamp, latest),
                first=verb is Verb.RELEASE and stamp > latest,
            )
        )
    return acts


def _assigned(call: Call, turnout: Turnout) -> datetime | None:
    """When a unit is assigned (rule 4); None if it is left out."""
    if turnout.dispatched is not None:
        return turnout.dispatched
    first = min((one.dispatched for one in call.turnouts if one.dispatched), default=None)
    heard = min(filter(None, (turnout.responded, turnout.arrived)), default=None)
    return None if first is None or heard is None else max(first, heard)


def _release_last(acts: Sequence[Act], *, at: datetime) -> list[Act]:
    """Put the last release behind the resolution."""
    releases = [act for act in acts if act.verb is Verb.RELEASE]
    last = max(releases, key=_place, default=None)
    return [
        replace(act, verb=Verb.LAST_RELEASE, at=at, first=False) if act is last else act
        for act in acts
    ]


class _Walk:
    """Goes through the acts in their order, knowing who is engaged where."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self.acts: list[Act] = []
        self.left_out: Counter[LeftOut] = Counter()
        self.withdrawn: set[int] = set()
        self._reached: set[int] = set()
        self._taken = {place for place, call in enumerate(calls) if call.entry is not None}
        self._engaged: dict[str, Act] = {}
        self._on_call: dict[int, set[str]] = defaultdict(set)
        self._diverted_at: dict[tuple[int, int | None], datetime] = {}
        self._last: dict[int | str, int] = {}

    def take(self, draft: Act) -> None:
        """Put an act at the end of the plan, as it is to be sent, or leave it out."""
        match draft.verb:
            case Verb.ASSIGN:
                self._assign(draft)
            case Verb.ACCEPT | Verb.DEPART:
                self._set_out(draft)
            case Verb.RELEASE | Verb.LAST_RELEASE:
                self._put(draft)
                self._free(draft)
            case Verb.RESOLVE:
                self._resolve(draft)
            case Verb.CLOSE:
                self._close(draft)
            case _:
                if draft.verb is Verb.ARRIVE:
                    self._reached.add(draft.call)
                self._put(draft)

    def _assign(self, draft: Act) -> None:
        unit = draft.unit or ""
        before = self._engaged.get(unit)
        if before is None or before.call == draft.call:
            self._put(draft)
        else:
            self._put(replace(draft, divert=True), before.call)
            self._diverted_at[before.call, before.turnout] = draft.occurred_at
            self._on_call[before.call].discard(unit)
        self._engaged[unit] = draft
        self._on_call[draft.call].add(unit)

    def _set_out(self, draft: Act) -> None:
        gone_at = self._diverted_at.get((draft.call, draft.turnout))
        if gone_at is None or draft.occurred_at < gone_at:
            self._put(draft)
        else:
            self.left_out[LeftOut.DIVERTED] += 1

    def _free(self, draft: Act) -> None:
        unit = draft.unit or ""
        present = self._engaged.get(unit)
        if present and (present.call, present.turnout) == (draft.call, draft.turnout):
            del self._engaged[unit]
            self._on_call[draft.call].discard(unit)

    def _resolve(self, draft: Act) -> None:
        call = draft.call
        if call in self._taken or call in self._reached or self._on_call[call]:
            self._put(draft)
        else:
            self.withdrawn.add(call)
            self._put(replace(draft, verb=Verb.CANCEL))

    def _close(self, draft: Act) -> None:
        if draft.call in self.withdrawn:
            return
        left = self._on_call.pop(draft.call, set())
        self._put(draft, *sorted(left))
        for unit in left:
            del self._engaged[unit]

    def _put(self, draft: Act, *others: int | str) -> None:
        """Put an act behind the last ones of all it touches: its call, its unit, and others."""
        touched = [draft.call, *others] if draft.unit is None else [draft.call, draft.unit, *others]
        needs = sorted({self._last[each] for each in touched if each in self._last})
        act = replace(draft, number=len(self.acts), needs=tuple(needs))
        self.acts.append(act)
        for each in touched:
            self._last[each] = act.number
