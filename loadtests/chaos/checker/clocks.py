"""Each leg is judged once and as its moments say; every deadline fired once or has ended."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import timedelta
from uuid import UUID

from incident.lifecycle import ENDED, Incident
from incident.timing import Outcome, Verdict, judge
from loadtests.chaos.checker.findings import Finding, Wrong
from loadtests.chaos.checker.state import Leg, State

GRACE = timedelta(seconds=5)
"""So long after its moment a deadline may be open without being missed."""

_STATED = ("met", "breached", "amended")


def check_clocks(state: State) -> Iterator[Finding]:
    """Find legs judged wrongly, verdicts told wrongly, steps taken twice and deadlines missed."""
    kept: dict[UUID, list[Leg]] = defaultdict(list)
    for leg in state.legs:
        kept[leg.incident].append(leg)
    for id_, incident in state.incidents.items():
        verdicts = judge(incident, now=max(state.read_at, incident.updated_at))
        yield from _check_legs(incident, verdicts, kept.get(id_, []), state)
        if incident.state in ENDED:
            yield from _check_facts(incident, verdicts, Counter(state.facts.get(id_, ())))
        yield from _check_steps(id_, state)
    yield from _check_deadlines(state)


def count_taken_back(state: State) -> int:
    """Count the breaches told of legs that had been met in time: the news came late."""
    met = {(leg.incident, f"{leg.round}/{leg.leg}") for leg in state.legs if leg.outcome == "met"}
    told = {
        (id_, fact.removeprefix("breached/"))
        for id_, facts in state.facts.items()
        for fact in facts
        if fact.startswith("breached/")
    }
    return len(met & told)


def _check_legs(
    incident: Incident, verdicts: Collection[Verdict], kept: Collection[Leg], state: State
) -> Iterator[Finding]:
    rows = Counter(leg.key for leg in kept)
    for key, times in rows.items():
        if times > 1:
            yield _found(Wrong.LEG_WRONG, incident.id, f"{key[1]}/{key[2]} is judged {times} times")
    by_name = {(leg.round, leg.leg): leg for leg in kept}
    told = {(verdict.round, verdict.leg): verdict for verdict in verdicts}
    for name in sorted(by_name.keys() | told.keys()):
        leg, verdict = by_name.get(name), told.get(name)
        if verdict is not None and _is_fresh(verdict, state):
            continue
        is_, should = _said(leg), _said(verdict)
        if is_ != should:
            detail = f"{name[0]}/{name[1]} is kept as {is_}, its moments say {should}"
            yield _found(Wrong.LEG_WRONG, incident.id, detail)


def _is_fresh(verdict: Verdict, state: State) -> bool:
    """Whether it was due so lately that nobody need have noticed."""
    return verdict.due is not None and abs(state.read_at - verdict.due) < GRACE


def _said(of: Leg | Verdict | None) -> tuple[object, ...] | None:
    if of is None:
        return None
    return (
        str(of.outcome), of.amended, str(of.organisation), of.start, of.due, of.end, of.seconds,
    )  # fmt: skip


def _check_facts(
    incident: Incident, verdicts: Collection[Verdict], facts: Counter[str]
) -> Iterator[Finding]:
    for fact, times in facts.items():
        if times > 1:
            yield _found(Wrong.FACT_WRONG, incident.id, f"{fact} was told {times} times")
    expected = {}
    for verdict in verdicts:
        expected[f"{verdict.round}/{verdict.leg}"] = _expected(verdict, facts)
    for name, should in expected.items():
        told = {each for each in _STATED if facts[f"{each}/{name}"]}
        if told not in should:
            detail = f"{name}: told {sorted(told) or 'nothing'}, one of {should} is right"
            yield _found(Wrong.FACT_WRONG, incident.id, detail)
    for fact in facts:
        kind, _, name = fact.partition("/")
        if kind in _STATED and name not in expected:
            yield _found(Wrong.FACT_WRONG, incident.id, f"{fact} was told of no leg")


def _expected(verdict: Verdict, facts: Counter[str]) -> list[set[str]]:
    """The sets of facts that may have been told of a leg that is decided."""
    name = f"{verdict.round}/{verdict.leg}"
    if verdict.outcome is Outcome.BREACHED:
        return [{"breached"}]
    if verdict.outcome is Outcome.MET and verdict.due is not None:
        # What was recorded in time may have come to the notifier late, through no fault of its own:
        # then it told of a breach, and takes it back.
        taken_back = {"breached", "amended"}
        return [taken_back, {"amended"}] if verdict.amended else [{"met"}, taken_back]
    if verdict.outcome is Outcome.VOID and facts[f"breached/{name}"]:
        return [{"breached", "amended"}]
    return [set()]


def _check_steps(id_: UUID, state: State) -> Iterator[Finding]:
    steps = Counter(
        event["body"]["step"] for event in state.stories.get(id_, ()) if event["body"].get("step")
    )
    for step, times in steps.items():
        if times > 1:
            yield _found(Wrong.STEP_TWICE, id_, f"step {step} was taken {times} times")


def _check_deadlines(state: State) -> Iterator[Finding]:
    for deadline in state.deadlines:
        if deadline.state != "open":
            detail = f"{deadline.key} was set aside"
            yield _found(Wrong.DEADLINE_MISSED, deadline.incident, detail)
        elif deadline.due_at < state.read_at - GRACE:
            detail = f"{deadline.key} was due at {deadline.due_at} and has not fired"
            yield _found(Wrong.DEADLINE_MISSED, deadline.incident, detail)


def _found(wrong: Wrong, id_: UUID, detail: str) -> Finding:
    return Finding(wrong=wrong, about=str(id_), detail=detail)
