"""The figures that are answered are those that a plain second reading of the events gives."""

from collections.abc import Iterator, Mapping
from typing import Any

from loadtests.chaos.checker.findings import Finding, Wrong
from loadtests.chaos.checker.plain import ManyRoundsError, count_legs, moment
from loadtests.chaos.checker.state import Json, State

NAMES = (
    "n", "met", "amended", "breached", "void", "no_end", "pending", "not_measured",
    "p50_seconds", "p90_seconds", "p95_seconds",
)  # fmt: skip


def check_figures(state: State) -> Iterator[Finding]:
    """Find figures that are not those of the events, and alerts that are not conserved."""
    difference = state.conservation.get("difference", 0)
    if difference:
        detail = f"difference {difference}: {dict(state.conservation)}"
        yield Finding(wrong=Wrong.NOT_CONSERVED, about="conservation", detail=detail)
    for asked, told in state.figures:
        yield from _check(asked, told, state)


def _check(asked: Json, told: Json, state: State) -> Iterator[Finding]:
    group_by = asked.get("group_by")
    about = f"compliance by {group_by}" if group_by else "compliance"
    try:
        counted = count_legs(
            state.stories.values(), as_of=moment(told["as_of"]), by_center=group_by == "center"
        )
    except (ManyRoundsError, KeyError, ValueError) as error:
        yield Finding(wrong=Wrong.FIGURE_WRONG, about=about, detail=f"not counted: {error!r}")
        return
    answered = {
        (group["group"], leg["leg"]): leg for group in told["groups"] for leg in group["legs"]
    }
    for key in sorted(counted.keys() | answered.keys()):
        for name, is_, should in _differences(answered.get(key), counted.get(key)):
            detail = f"{key[0]}, leg {key[1]}: {name} is {is_}, the events give {should}"
            yield Finding(wrong=Wrong.FIGURE_WRONG, about=about, detail=detail)


def _differences(
    answered: Mapping[str, Any] | None, counted: Mapping[str, Any] | None
) -> Iterator[tuple[str, object, object]]:
    if answered is None or counted is None:
        yield "the leg", "there" if answered else "not there", "one" if counted else "none"
        return
    for name in NAMES:
        if answered[name] != counted[name]:
            yield name, answered[name], counted[name]
