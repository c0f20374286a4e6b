"""A checker that cannot fail checks nothing: every kind of wrong is planted once, and found."""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from incident.chain import Entry
from incident.lifecycle import State as IncidentState
from incident.timing import Outcome, judge
from loadtests.chaos.checker.check import check
from loadtests.chaos.checker.clocks import count_taken_back
from loadtests.chaos.checker.findings import MOST_OF_A_KIND, Finding, Wrong, listed
from loadtests.chaos.checker.plain import ManyRoundsError, count_legs
from loadtests.chaos.checker.state import Deadline, State
from loadtests.chaos.history import Kind, Line
from services.cli.verify.archive import Figures
from services.cli.verify.figures import count, judge_all
from tests.builders import an_alert, an_incident, at
from tests.loadtests.story import CENTER, READ_AT, TEAM, Told, retold, two_lives

ONE, TWO, NOBODY = UUID(int=1), UUID(int=2), UUID(int=99)
CONSOLE = f"center:{CENTER}"
Plant = Callable[[Told], Told]


def test_two_whole_lives_have_nothing_wrong() -> None:
    told = two_lives()

    assert check(told.lines, told.state) == []


def of_state(**changes: object) -> Plant:
    """Change what was kept."""
    return lambda told: replace(told, state=replace(told.state, **changes))  # type: ignore[arg-type]  # names are checked at run time


def of_lines(change: Callable[[list[Line]], list[Line]]) -> Plant:
    """Change what clients saw."""
    return lambda told: replace(told, lines=change(told.lines))


def end_of(lines: list[Line], what: str, number: int = 0) -> int:
    """Where the end of an operation stands."""
    places = [place for place, line in enumerate(lines) if line.kind is Kind.OK]
    return [place for place in places if lines[place].what == what][number]


def ended_as(what: str, kind: Kind, *, number: int = 0, **said: object) -> Plant:
    """Have an operation end otherwise for its caller."""

    def change(lines: list[Line]) -> list[Line]:
        place = end_of(lines, what, number)
        ended = lines[place]
        return [*lines[:place], replace(ended, kind=kind, said={**ended.said, **said}),
                *lines[place + 1 :]]  # fmt: skip

    return of_lines(change)


def without(id_: UUID) -> Plant:
    """Lose an incident with all that is known of it."""

    def plant(told: Told) -> Told:
        state = told.state
        kept = {
            name: {key: value for key, value in getattr(state, name).items() if key != id_}
            for name in ("incidents", "heads", "chains", "facts", "timing", "timing_heads")
        }
        legs = [leg for leg in state.legs if leg.incident != id_]
        return replace(told, state=replace(state, **kept, legs=legs))  # type: ignore[arg-type]  # as above

    return plant


def events_of(told: Told, id_: UUID = ONE) -> list[dict[str, Any]]:
    """The events of an incident, to be changed."""
    return copy.deepcopy([dict(event) for event in told.state.stories[id_]])


def told_otherwise(change: Callable[[list[dict[str, Any]]], object]) -> Plant:
    """Have the first incident's events say something else, in a chain that is whole."""

    def plant(told: Told) -> Told:
        events = events_of(told)
        change(events)
        return replace(told, state=retold(told.state, ONE, events))

    return plant


def once_more(events: list[dict[str, Any]]) -> None:
    """A note of the same person stands behind an act: the act was done twice."""
    again = copy.deepcopy(events[1])
    note = {"type": "incident.note_added.v1", "body": {"text": "0"}, "version": len(events) + 1}
    events.append({**again, **note, "recorded_at": events[-1]["recorded_at"]})


def alert_of_somebody_else(events: list[dict[str, Any]]) -> None:
    events[0]["body"]["alert"]["severity"] = "red"


def act_of_nobody(events: list[dict[str, Any]]) -> None:
    events[1]["actor"]["person"] = "p-777"


def frames(change: Callable[[list[Line]], list[Line]]) -> Plant:
    """Change the frames a console saw."""

    def changed(lines: list[Line]) -> list[Line]:
        others = [line for line in lines if line.kind is not Kind.FRAME]
        return [*others, *change([line for line in lines if line.kind is Kind.FRAME])]

    return of_lines(changed)


def entry_changed(told: Told) -> Told:
    chain = list(told.state.chains[ONE])
    text = chain[3].text.replace("heling", "yunzhu")
    chain[3] = Entry(version=4, text=text, previous=chain[3].previous, hash=chain[3].hash)
    return replace(told, state=replace(told.state, chains={**told.state.chains, ONE: chain}))


def tail_cut(told: Told) -> Told:
    chains = {**told.state.chains, ONE: list(told.state.chains[ONE])[:-1]}
    return replace(told, state=replace(told.state, chains=chains))


def timing_cut(told: Told) -> Told:
    timing = {**told.state.timing, ONE: list(told.state.timing[ONE])[:-1]}
    return replace(told, state=replace(told.state, timing=timing))


def other_state_kept(told: Told) -> Told:
    kept = replace(told.state.incidents[ONE], state=IncidentState.RESOLVED)
    return replace(told, state=replace(told.state, incidents={**told.state.incidents, ONE: kept}))


def also_beside(told: Told) -> Told:
    """The same alert opened another incident."""
    other = replace(told.state.incidents[ONE], id=NOBODY)  # type: ignore[arg-type]  # an id is an id
    return replace(
        told, state=replace(told.state, incidents={**told.state.incidents, NOBODY: other})
    )


def leg_judged(**changes: object) -> Plant:
    def plant(told: Told) -> Told:
        first, *rest = told.state.legs
        changed = replace(first, **changes)  # type: ignore[arg-type]  # as above
        return replace(told, state=replace(told.state, legs=[changed, *rest]))

    return plant


def legs_of(change: Callable[[list[Any]], list[Any]]) -> Plant:
    return lambda told: replace(told, state=replace(told.state, legs=change(list(told.state.legs))))


def facts_of(change: Callable[[list[str]], list[str]]) -> Plant:
    def plant(told: Told) -> Told:
        facts = {**told.state.facts, ONE: change(list(told.state.facts[ONE]))}
        return replace(told, state=replace(told.state, facts=facts))

    return plant


def team_on_two(told: Told) -> Told:
    """Both incidents go back to before they closed, their team on both."""
    state = told.state
    for id_ in (ONE, TWO):
        state = retold(state, id_, events_of(told, id_)[:-3])
    return replace(told, state=state)


def team_was_on_two(told: Told) -> Told:
    """Its phone was told of one incident, of another, and of the first again."""
    heard = [
        Line(
            at=1.0,
            kind=Kind.FRAME,
            who=f"team:{TEAM}",
            what=what,
            said={"sequence": number, "incident": str(id_), "version": number},
        )
        for number, (what, id_) in enumerate(
            [
                ("incident.team_assigned.v1", ONE),
                ("incident.team_assigned.v1", TWO),
                ("incident.closed.v1", ONE),
            ],
            start=1,
        )
    ]
    channels = {**told.state.channels, f"team:{TEAM}": len(heard)}
    return Told(lines=[*told.lines, *heard], state=replace(told.state, channels=channels))


def conflict_recorded(events: list[dict[str, Any]]) -> None:
    """The same alert came again, and was taken for another one."""
    body = {"fingerprint": "1" * 64, "revision": 1, "received_at": events[0]["recorded_at"]}
    actor = {**events[-1]["actor"], "person": None}
    conflict = {**events[-1], "version": len(events) + 1, "body": body, "actor": actor}
    events.append({**conflict, "type": "incident.conflict_recorded.v1"})


def step_twice(events: list[dict[str, Any]]) -> None:
    taken: dict[str, object] = {
        "step": "1/add-team/1",
        "outcome": "no_team",
        "mark": None,
        "reasons": [],
    }
    for _ in range(2):
        at_end = {**events[-1], "version": len(events) + 1, "body": taken}
        actor = {**events[-1]["actor"], "person": None}
        events.append({**at_end, "type": "incident.step_taken.v1", "actor": actor})


def figure(name: str, value: object) -> Plant:
    def plant(told: Told) -> Told:
        figures = copy.deepcopy(list(told.state.figures))
        figures[0][1]["groups"][0]["legs"][0][name] = value
        return replace(told, state=replace(told.state, figures=figures))

    return plant


def changed_in_vain(told: Told) -> Told:
    """A station was promised an update that is in no chain."""
    body = {"revision": 2}
    asked = {"id": str(ONE), "body": body}
    lines = [
        Line(at=9, kind=Kind.INVOKE, who="station:s", what="updates", operation=90, said=asked),
        Line(at=9, kind=Kind.OK, who="station:s", what="updates", operation=90, said={}),
    ]
    return replace(told, lines=[*told.lines, *lines])


def changed_twice(told: Told) -> Told:
    """The update a station was promised stands in the chain twice."""
    events = events_of(told)
    body = {"number": 1, "revision": 2, "severity": "red", "circumstances": None, "place": None,
            "fingerprint": None, "text": None}  # fmt: skip
    body["circumstances"] = events[0]["body"]["alert"]["circumstances"]
    actor = {**events[1]["actor"], "person": None}
    for number in (1, 2):
        update = {**events[1], "type": "incident.updated.v1", "actor": actor}
        events.insert(1 + number, {**update, "body": {**body, "number": number}})
    for version, event in enumerate(events, start=1):
        event["version"] = version
    return replace(changed_in_vain(told), state=retold(told.state, ONE, events))


def invoked_late(lines: list[Line]) -> list[Line]:
    """The second act was only asked for when the third had been answered."""
    acts = [line.operation for line in lines if line.kind is Kind.INVOKE and line.what == "act"]
    return [
        replace(line, at=100.0 if line.operation == acts[1] else 50.0)
        if line.what == "act" and line.operation in acts[1:3]
        else line
        for line in lines
    ]


PLANTED: dict[str, tuple[Wrong, Plant]] = {
    "a promised alert without incident": (Wrong.ALERT_LOST, without(ONE)),
    "one alert, two incidents": (Wrong.ALERT_DOUBLED, also_beside),
    "a retry taken for another alert": (Wrong.ALERT_DOUBLED, told_otherwise(conflict_recorded)),
    "an incident of no alert": (Wrong.ALERT_INVENTED, also_beside),
    "an incident of a refused alert": (Wrong.ALERT_INVENTED, ended_as("alert", Kind.FAIL)),
    "another severity than was sent": (Wrong.ALERT_ALTERED, told_otherwise(alert_of_somebody_else)),
    "a promise under another id": (
        Wrong.ALERT_ALTERED, ended_as("alert", Kind.OK, id=str(NOBODY))
    ),
    "an update that left nothing": (Wrong.CHANGE_LOST, changed_in_vain),
    "an update that was applied twice": (Wrong.CHANGE_DOUBLED, changed_twice),
    "an act that left nothing": (
        Wrong.ACT_LOST,
        told_otherwise(lambda events: events[1]["actor"].update(person=None)),
    ),
    "an act done twice": (Wrong.ACT_DOUBLED, told_otherwise(once_more)),
    "a refused act that was done": (Wrong.ACT_INVENTED, ended_as("act", Kind.FAIL)),
    "an act that changed nothing, and did": (
        Wrong.ACT_INVENTED, ended_as("act", Kind.OK, changed=False)
    ),
    "an act nobody asked for": (Wrong.ACT_INVENTED, told_otherwise(act_of_nobody)),
    "an act answered with another version": (
        Wrong.ACT_DISORDERED, ended_as("act", Kind.OK, version=7)
    ),
    "an act behind a later one": (Wrong.ACT_DISORDERED, of_lines(invoked_late)),
    "a patient caller left alone": (Wrong.UNSERVED, ended_as("act", Kind.UNKNOWN)),
    "a changed event": (Wrong.CHAIN_BROKEN, entry_changed),
    "a chain cut at its end": (Wrong.CHAIN_BROKEN, tail_cut),
    "a timing log cut at its end": (Wrong.CHAIN_BROKEN, timing_cut),
    "another state than the events make": (Wrong.REPLAY_DIFFERS, other_state_kept),
    "a number a console missed": (
        Wrong.STREAM_GAP, frames(lambda lines: [*lines[:5], *lines[6:]])
    ),
    "a number it saw twice": (
        Wrong.STREAM_GAP, frames(lambda lines: [*lines[:5], lines[4], *lines[5:]])
    ),
    "numbers out of order": (
        Wrong.STREAM_GAP, frames(lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]])
    ),
    "a console sent to read anew": (
        Wrong.STREAM_GAP,
        frames(lambda lines: [*lines, replace(lines[0], what="resync", said={})]),
    ),
    "a console behind its channel": (Wrong.STREAM_SHORT, frames(lambda lines: lines[:-1])),
    "an event told under two numbers": (
        Wrong.STREAM_WRONG,
        frames(
            lambda lines: [
                *lines[:5],
                replace(lines[5], said={**lines[4].said, "sequence": lines[5].said["sequence"]}),
                *lines[6:],
            ]
        ),
    ),
    "a team on two incidents": (Wrong.TEAM_TWICE, team_on_two),
    "a team that was on two": (Wrong.TEAM_TWICE, team_was_on_two),
    "a team kept as engaged that is not": (Wrong.TEAM_TWICE, of_state(engaged=[(TEAM, ONE)])),
    "a verdict the moments do not give": (Wrong.LEG_WRONG, leg_judged(outcome="breached")),
    "a verdict with another end": (Wrong.LEG_WRONG, leg_judged(end=at(1), seconds=1.0)),
    "a leg judged twice": (Wrong.LEG_WRONG, legs_of(lambda legs: [*legs, legs[0]])),
    "a leg not judged": (Wrong.LEG_WRONG, legs_of(lambda legs: legs[1:])),
    "a verdict told twice": (Wrong.FACT_WRONG, facts_of(lambda facts: [*facts, facts[0]])),
    "a verdict not told": (Wrong.FACT_WRONG, facts_of(lambda facts: facts[1:])),
    "a breach told of a leg that was met": (
        Wrong.FACT_WRONG, facts_of(lambda facts: [*facts, "breached/1/push"])
    ),
    "a verdict told of no leg": (
        Wrong.FACT_WRONG, facts_of(lambda facts: [*facts, "met/2/push"])
    ),
    "a step taken twice": (Wrong.STEP_TWICE, told_otherwise(step_twice)),
    "a deadline that did not fire": (
        Wrong.DEADLINE_MISSED,
        of_state(
            deadlines=[
                Deadline(
                    incident=ONE,
                    key="due/1/push",
                    due_at=READ_AT - timedelta(seconds=30),
                    state="open",
                )
            ]
        ),
    ),
    "a deadline set aside": (
        Wrong.DEADLINE_MISSED,
        of_state(
            deadlines=[
                Deadline(incident=ONE, key="due/1/push", due_at=READ_AT, state="set_aside")
            ]
        ),
    ),
    "an outbox that is not empty": (Wrong.NOT_QUIET, of_state(left={"dispatcher_outbox": 3})),
    "alerts that are not conserved": (
        Wrong.NOT_CONSERVED, of_state(conservation={"difference": 1})
    ),
    "a good alert put aside": (
        Wrong.DEAD_LETTER, of_state(dead_letters=[("alerts.v1", str(ONE), "unreadable")])
    ),
    "a figure that is wrong": (Wrong.FIGURE_WRONG, figure("met", 99)),
    "a percentile that is wrong": (Wrong.FIGURE_WRONG, figure("p90_seconds", 99.5)),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_wrong_is_found_and_named(name: str) -> None:
    wrong, plant = PLANTED[name]
    told = plant(two_lives())

    found = check(told.lines, told.state)

    assert wrong in {finding.wrong for finding in found}, [str(each) for each in found]


def test_every_kind_of_wrong_is_planted_here() -> None:
    planted = {wrong for wrong, _ in PLANTED.values()}

    assert set(Wrong) - planted == {Wrong.COMPLAINT}  # what a fault itself found missing


def test_an_act_that_stayed_unknown_may_be_done_or_not() -> None:
    told = two_lives()
    hasty = [replace(line, said={**line.said, "patient": False}) for line in told.lines]
    done = ended_as("act", Kind.UNKNOWN)(replace(told, lines=hasty))

    assert check(done.lines, done.state) == []


def test_an_alert_that_stayed_unknown_need_not_be_there() -> None:
    told = two_lives()
    alone = [line for line in told.lines if line.kind is not Kind.FRAME][:2]
    hasty = [replace(line, said={**line.said, "patient": False}) for line in alone]
    unknown = ended_as("alert", Kind.UNKNOWN)(Told(lines=hasty, state=State(read_at=READ_AT)))

    assert check(unknown.lines, unknown.state) == []


def test_a_breach_that_was_taken_back_is_no_wrong_verdict() -> None:
    late_news = facts_of(
        lambda facts: (
            [fact for fact in facts if fact != "met/1/push"] + ["breached/1/push", "amended/1/push"]
        )
    )
    told = late_news(two_lives())

    assert check(told.lines, told.state) == []
    assert count_taken_back(told.state) == 1


def test_letters_of_strangers_are_put_aside_rightly() -> None:
    told = of_state(dead_letters=[("alerts.v1", "poison", "unreadable")])(two_lives())

    assert check(told.lines, told.state) == []


def test_the_plain_figures_are_those_of_the_rules() -> None:
    told = two_lives()
    asked = {"from": "2026-03-01", "to": "2026-03-04", "status": "actual"}
    figures = Figures(asked=asked, told={"time_zone": "Asia/Shanghai"})
    expected = count(figures, judge_all(told.state.incidents.values(), now=READ_AT))

    counted = count_legs(told.state.stories.values(), as_of=READ_AT, by_center=False)

    assert counted.keys() == expected.keys()
    for key, plain in counted.items():
        assert plain == {name: expected[key][name] for name in plain}


def test_a_moment_stamped_after_the_end_and_after_due_is_no_end_of_a_void_leg() -> None:
    """Intake's clock was five minutes slow: withdrawn within seconds, by it, and pushed long after.

    The plain figures are those of the rules here as well.
    """
    alert = an_alert(reported=None)
    incident = an_incident({"pushed": 301}, alert=alert, ended=3)
    verdicts = {verdict.leg: verdict for verdict in judge(incident, now=READ_AT)}
    body = {"center": "c", "alert": {"received_at": at(0).isoformat()}}
    told = {"disbelieved": False, "incident": "i"}

    def event(type_: str, seconds: float) -> dict[str, object]:
        when = at(seconds).isoformat()
        return {"type": type_, "occurred_at": when, "recorded_at": when, **told}

    story: list[dict[str, object]] = [
        {"body": body},
        event("incident.pushed.v1", 301),
        event("incident.cancelled.v1", 3),
    ]
    push = count_legs([story], as_of=READ_AT, by_center=False)["all", "push"]

    assert (verdicts["push"].outcome, verdicts["push"].end) == (Outcome.VOID, None)
    assert (push["void"], push["no_end"], push["n"]) == (1, 1, 0)


def test_the_plain_figures_refuse_what_they_do_not_know() -> None:
    told = two_lives()
    returned = {**events_of(told)[-1], "type": "incident.returned.v1"}

    with pytest.raises(ManyRoundsError):
        count_legs([[*events_of(told), returned]], as_of=READ_AT, by_center=False)


def test_many_findings_of_a_kind_are_cut_short_and_counted() -> None:
    many = [Finding(wrong=Wrong.ACT_LOST, about=str(n), detail="") for n in range(30)]

    lines = listed(many)

    assert len(lines) == MOST_OF_A_KIND + 1
    assert lines[-1] == "act lost: and 18 more"
