"""The plan of acts: in order, complete, and such that the rules refuse nothing of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.lifecycle import State
from services.cli.replay.calls import ZONE, Call, Span, select
from services.cli.replay.plan import Act, LeftOut, Plan, Verb, build
from services.cli.replay.records import read_file
from tests.services.cli.replay.files import at, calls, row
from tests.services.cli.replay.model import judged_spans, plain_spans, play

SLICE = Path(__file__).parents[3] / "data" / "sf-fire-calls-slice.csv"
TEN = datetime(2016, 12, 31, 18, tzinfo=UTC)

WHOLE = {
    "entry": at("10:01:00 AM"), "dispatch": at("10:02:00 AM"), "response": at("10:03:00 AM"),
    "on_scene": at("10:07:00 AM"), "available": at("10:30:00 AM"),
}  # fmt: skip


def story(plan: Plan, call: int = 0) -> list[str]:
    """What is sent about a call, in its order."""
    return [
        f"{act.verb} {act.unit}" if act.unit else act.verb.value
        for act in plan.acts
        if act.call == call
    ]


def minutes(act: Act) -> float:
    return (act.at - TEN) / timedelta(minutes=1)


def test_a_call_is_sent_from_its_alert_to_its_close() -> None:
    plan = build(calls(row(**WHOLE)))
    assert story(plan) == [
        "alert", "receipt", "acknowledge", "assign E01", "accept E01", "depart E01", "arrive E01",
        "release E01", "resolve", "close",
    ]  # fmt: skip
    assert [minutes(act) for act in plan.acts] == [0, 1, 1, 2, 3, 3, 7, 30, 30, 30]
    assert all(act.at == act.occurred_at for act in plan.acts)
    assert not plan.left_out
    assert not plan.withdrawn


def test_a_stamp_that_is_missing_is_not_sent() -> None:
    plan = build(calls(row(dispatch=at("10:02:00 AM"))))
    assert story(plan) == ["alert", "assign E01", "resolve", "close"]


def test_a_unit_still_engaged_is_diverted_and_its_later_arrival_is_sent() -> None:
    plan = build(
        calls(
            row("1", **{**WHOLE, "response": at("10:06:00 AM")}),
            row("2", received=at("10:03:00 AM"), dispatch=at("10:05:00 AM")),
        )
    )
    diverted = [act for act in plan.acts if act.divert]
    assert [(act.verb, act.call) for act in diverted] == [(Verb.ASSIGN, 1)]
    assert "arrive E01" in story(plan, 0)
    assert "accept E01" not in story(plan, 0)
    assert plan.left_out == {LeftOut.DIVERTED: 2}


def test_a_unit_free_in_the_second_it_is_sent_on_is_not_diverted() -> None:
    plan = build(
        calls(
            row("1", received=at("10:00:30 AM"), **WHOLE),
            row("2", received=at("10:00:00 AM"), dispatch=WHOLE["available"]),
        )
    )
    assert not [act for act in plan.acts if act.divert]


def test_a_unit_sent_to_two_calls_in_one_second_is_diverted_from_the_first() -> None:
    same = {"dispatch": at("10:02:00 AM"), "available": at("10:09:00 AM")}
    plan = build(calls(row("1", **same), row("2", **same)))
    assert [(act.call, act.divert) for act in plan.acts if act.verb is Verb.ASSIGN] == [
        (0, False), (1, True),
    ]  # fmt: skip


def test_a_unit_never_free_is_freed_by_the_close_of_its_call() -> None:
    plan = build(
        calls(
            row("1", dispatch=at("10:02:00 AM")),
            row("2", received=at("10:03:00 AM"), dispatch=at("10:05:00 AM")),
        )
    )
    closed = next(act for act in plan.acts if act.verb is Verb.CLOSE and act.call == 0)
    second = next(act for act in plan.acts if act.verb is Verb.ASSIGN and act.call == 1)
    assert not second.divert
    assert closed.number in second.needs


@pytest.mark.parametrize(
    ("columns", "order"),
    [
        ({"response": at("10:08:00 AM")}, ["arrive", "accept", "depart", "release"]),
        ({"response": at("10:01:30 AM")}, ["accept", "depart", "arrive", "release"]),
        ({"available": at("10:05:00 AM")}, ["accept", "depart", "arrive", "release"]),
        ({"on_scene": at("10:00:30 AM")}, ["arrive", "accept", "depart", "release"]),
    ],
)
def test_stamps_out_of_order_are_sent_as_they_stand(
    columns: dict[str, str], order: list[str]
) -> None:
    plan = build(calls(row(**{**WHOLE, **columns})))
    told = [act for act in plan.acts if act.unit and act.verb is not Verb.ASSIGN]
    assert [act.verb.value for act in told] == order
    assert all(act.at >= act.occurred_at for act in told)


def test_an_arrival_without_dispatch_counts_once_the_call_sent_somebody() -> None:
    found = calls(
        row("1", "E01", dispatch=at("10:02:00 AM")),
        row("1", "T01", on_scene=at("10:05:00 AM")),
        row("1", "B01", on_scene=at("10:01:00 AM")),
    )
    plan = build(found)
    assigned = {act.unit: minutes(act) for act in plan.acts if act.verb is Verb.ASSIGN}
    assert assigned == {"E01": 2, "T01": 5, "B01": 2}
    assert not plan.left_out


def test_stamps_of_a_call_that_sent_nobody_are_left_out_and_counted() -> None:
    plan = build(calls(row(entry=at("10:01:00 AM"), on_scene=at("10:05:00 AM"))))
    assert story(plan) == ["alert", "receipt", "acknowledge", "resolve", "close"]
    assert plan.left_out == {LeftOut.NO_DISPATCH: 1}
    assert plan.acts[-1].occurred_at == TEN + timedelta(minutes=5)


def test_a_call_that_nobody_took_is_withdrawn() -> None:
    plan = build(calls(row()))
    assert story(plan) == ["alert", "cancel"]
    assert plan.withdrawn == {0}


def test_a_call_without_entry_is_resolved_before_its_last_unit_is_free() -> None:
    plan = build(calls(row(dispatch=at("10:02:00 AM"), available=at("10:09:00 AM"))))
    assert story(plan) == ["alert", "assign E01", "resolve", "last-release E01", "close"]


def test_acts_of_one_call_and_of_one_unit_are_chained() -> None:
    plan = build(
        calls(
            row("1", **WHOLE),
            row("2", received=at("10:20:00 AM"), dispatch=at("10:40:00 AM")),
        )
    )
    again = next(act for act in plan.acts if act.call == 1 and act.verb is Verb.ASSIGN)
    freed = next(act for act in plan.acts if act.verb is Verb.RELEASE)
    assert freed.number in again.needs


def test_nothing_of_the_real_slice_is_refused_and_every_figure_is_that_of_the_stamps() -> None:
    found = select(read_file(SLICE), Span()).calls
    plan = build(found)
    played = play(plan, found, behind=timedelta(minutes=7))
    assert not plan.left_out
    assert not played.refused
    assert len(played.events) == len(plan.acts) + sum(act.divert for act in plan.acts)
    for place, call in enumerate(found):
        assert played.incidents[place].state is State.CLOSED
        assert judged_spans(played.incidents[place]) == plain_spans(call)


Turnout = tuple[str, int | None, int | None, int | None, int | None]
File = list[tuple[int, int | None, list[Turnout]]]
SECONDS = st.one_of(st.none(), st.integers(-5, 240))
FILES = st.lists(
    st.tuples(
        st.integers(0, 120),  # received
        SECONDS,  # entry
        st.lists(
            st.tuples(st.sampled_from(["E01", "T01"]), SECONDS, SECONDS, SECONDS, SECONDS),
            min_size=1,
            max_size=4,
        ),
    ),
    min_size=1,
    max_size=4,
)


def stamp(start: int, seconds: int | None) -> str:
    if seconds is None:
        return ""
    moment = TEN + timedelta(seconds=start + seconds)
    return moment.astimezone(ZONE).strftime("%m/%d/%Y %I:%M:%S %p")


def written(file: File) -> tuple[Call, ...]:
    return calls(
        *(
            row(
                str(number), unit, received=stamp(start, 0), entry=stamp(start, entry),
                dispatch=stamp(start, dispatch), response=stamp(start, response),
                on_scene=stamp(start, on_scene), available=stamp(start, available),
            )
            for number, (start, entry, turnouts) in enumerate(file)
            for unit, dispatch, response, on_scene, available in turnouts
        )
    )  # fmt: skip


@given(file=FILES, behind=st.integers(0, 600))
def test_however_irregular_the_records_nothing_is_refused_and_every_call_ends(
    file: File, behind: int
) -> None:
    found = written(file)
    plan = build(found)
    played = play(plan, found, behind=timedelta(seconds=behind))
    assert [code for _, code in played.refused] == []
    for place in range(len(found)):
        withdrawn = place in plan.withdrawn
        assert played.incidents[place].state is (State.CANCELLED if withdrawn else State.CLOSED)


@given(file=FILES)
def test_what_the_rules_believe_is_judged_as_a_plain_script_would(file: File) -> None:
    found = written(file)
    plan = build(found)
    played = play(plan, found, behind=timedelta(minutes=3))
    for place, call in enumerate(found):
        incident = played.incidents[place]
        sent = any(one.dispatched for one in call.turnouts)
        if any(moment.disbelieved for moment in incident.moments) or not sent:
            continue
        assert judged_spans(incident) == plain_spans(call)


@given(file=FILES)
def test_acts_are_in_order_and_need_only_what_stands_before_them(file: File) -> None:
    plan = build(written(file))
    assert [act.number for act in plan.acts] == list(range(len(plan.acts)))
    assert [act.at for act in plan.acts] == sorted(act.at for act in plan.acts)
    last: dict[int | str, int] = {}
    for act in plan.acts:
        assert act.at >= act.occurred_at
        assert all(needed < act.number for needed in act.needs)
        for chain in (act.call, act.unit):
            if chain in last:
                assert last[chain] in act.needs or any(needed > last[chain] for needed in act.needs)
            if chain is not None:
                last[chain] = act.number
