"""What simulated people do next, from what they see."""

import pytest

from incident.alert import Severity
from services.cli.demo.case import Case
from services.cli.demo.people import CHOOSE, Step, operator_step, team_step
from services.cli.demo.script import Manner, Scene
from tests.services.cli.cases import a_case, assignment, moment

TEAM = "heling-duty-1"
PUSHED = [moment("received", 0), moment("pushed", 5)]
TAKEN = [*PUSHED, moment("acknowledged", 9)]
THERE = [*TAKEN, moment("assigned", 15), moment("on_scene", 90)]


def scene(manner: Manner | None = None) -> Scene:
    return Scene(
        name="0001",
        at=0,
        place="heling-b1-f2",
        category="quarrel",
        severity=Severity.YELLOW,
        text="争吵",
        station="qinghe-station",
        manner=manner or Manner(),
    )


def operator(told: Scene, case: Case, *, helps: int = 0, into: str = "") -> Step | None:
    return operator_step(told, case, center="heling-center", helps=helps, into=into)


def team(told: Scene, case: Case, *, code: str = TEAM, helps: int = 0) -> Step | None:
    return team_step(told, case, team=code, helps=helps)


def verb(step: Step | None) -> str | None:
    return None if step is None else step.verb


def test_an_operator_confirms_receipt_takes_it_and_sends_a_team() -> None:
    told = scene()

    assert verb(operator(told, a_case())) == "receipt"
    assert verb(operator(told, a_case(moments=PUSHED))) == "acknowledge"
    assert verb(operator(told, a_case(moments=TAKEN))) == CHOOSE


def test_an_operator_leaves_what_is_another_centers_or_over() -> None:
    assert operator(scene(), a_case(center="lanxi-center")) is None
    assert operator(scene(), a_case(state="closed")) is None


def test_nobody_at_the_console_confirms_nothing() -> None:
    step = operator(scene(Manner(receipts=False, acknowledge=140)), a_case())

    assert (verb(step), step and step.delay) == ("acknowledge", 140)


def test_what_is_left_to_the_ladder_is_noticed_at_last() -> None:
    soon, late = (
        operator(scene(Manner(assign=7, assigns=assigns)), a_case(moments=TAKEN))
        for assigns in (True, False)
    )

    assert soon
    assert late
    assert (soon.delay, late.delay) == (7, 150)


def test_a_team_that_declined_is_replaced() -> None:
    gone = assignment(1, TEAM, ended_at="2026-03-02T11:31:00Z", end_reason="declined")
    before = operator(scene(), a_case(moments=TAKEN))
    after = operator(scene(), a_case(moments=TAKEN, assignments=[gone]))

    assert before
    assert after
    assert after.verb == CHOOSE
    assert after.key != before.key


def test_help_brings_a_second_team_once() -> None:
    one, two = assignment(1, TEAM, "on_scene"), assignment(2, "heling-duty-2")
    case = a_case(state="on_scene", moments=THERE, assignments=[one])

    assert operator(scene(), case) is None
    assert verb(operator(scene(), case, helps=1)) == CHOOSE
    assert operator(scene(), Case({**case.state, "assignments": [one, two]}), helps=1) is None


@pytest.mark.parametrize(
    ("manner", "expected"),
    [
        (Manner(by_phone=True), "close"),
        (Manner(transfer_to="lanxi-center"), "transfer"),
    ],
)
def test_some_things_are_settled_at_the_desk(manner: Manner, expected: str) -> None:
    assert verb(operator(scene(manner), a_case(moments=TAKEN))) == expected


def test_a_second_report_is_merged_into_the_first() -> None:
    step = operator(scene(), a_case(moments=TAKEN), into="0190b5a0-0000-7000-8000-000000000002")

    assert step
    assert step.verb == "merge"
    assert step.body == {"into": "0190b5a0-0000-7000-8000-000000000002"}


def test_police_are_asked_for_once_while_a_team_is_there() -> None:
    there = a_case(state="on_scene", moments=THERE, assignments=[assignment(1, TEAM, "on_scene")])
    asked = Case({**there.state, "moments": [*THERE, moment("police_requested", 100)]})

    assert verb(operator(scene(Manner(asks_police=True)), there)) == "request-police"
    assert operator(scene(Manner(asks_police=True)), asked) is None
    assert verb(operator(scene(Manner(hand_over_to="qinghe-station")), there)) == "hand-over"


def test_a_reported_outcome_is_closed_or_returned_first() -> None:
    reported = a_case(state="resolved", moments=THERE, disposition="mediated_on_site")
    again = Case(
        {
            **reported.state,
            "rounds": [*reported.state["rounds"], {"number": 2, "cause": "returned"}],
        }
    )

    closing = operator(scene(), reported)
    assert closing
    assert (closing.verb, closing.body["disposition"]) == ("close", "mediated_on_site")
    assert verb(operator(scene(Manner(returns=True)), reported)) == "return"
    assert verb(operator(scene(Manner(returns=True)), again)) == "close"


def test_what_a_department_gets_names_it() -> None:
    step = operator(
        scene(), a_case(state="resolved", disposition="handed_to_department", moments=THERE)
    )

    assert step
    assert step.body["result"] == {"department": "人社所"}


def test_a_team_accepts_sets_off_arrives_and_reports() -> None:
    verbs = [
        verb(team(scene(), a_case(state=state, assignments=[assignment(1, TEAM, state)])))
        for state in ("assigned", "accepted", "en_route", "on_scene")
    ]

    assert verbs == ["accept", "depart", "arrive", "resolve"]


def test_a_team_may_decline_or_run_before_it_taps() -> None:
    case = a_case(state="assigned", assignments=[assignment(1, TEAM)])

    assert verb(team(scene(Manner(declines=True)), case)) == "decline"
    ran = team(scene(Manner(accepts=False, depart=20, travel=100)), case)
    assert ran
    assert (ran.verb, ran.delay) == ("arrive", 120)


def test_a_team_that_is_not_on_it_does_nothing() -> None:
    case = a_case(state="assigned", assignments=[assignment(1, "heling-duty-2")])

    assert team(scene(), case) is None


def test_the_first_team_there_reports_for_all() -> None:
    both = [assignment(1, TEAM, "on_scene"), assignment(2, "heling-duty-2", "on_scene")]
    case = a_case(state="on_scene", assignments=both)

    assert verb(team(scene(), case)) == "resolve"
    assert team(scene(), case, code="heling-duty-2") is None


def test_a_team_asks_for_help_before_it_goes_on() -> None:
    case = a_case(state="on_scene", assignments=[assignment(1, TEAM, "on_scene")])

    assert verb(team(scene(Manner(asks_help=True)), case)) == "request-help"
    assert verb(team(scene(Manner(asks_help=True)), case, helps=1)) == "resolve"


def test_new_facts_are_noted_by_each_team_once() -> None:
    told = {"number": 1, "noted_by": []}
    noted = {"number": 1, "noted_by": [TEAM]}
    state = {"state": "en_route", "assignments": [assignment(1, TEAM, "en_route")]}

    assert verb(team(scene(), a_case(**state, updates=[told]))) == "noted"
    assert verb(team(scene(), a_case(**state, updates=[noted]))) == "arrive"
