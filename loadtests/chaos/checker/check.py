"""The whole check: what clients saw against what was kept."""

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from loadtests.chaos.checker.acts import check_acts, check_served
from loadtests.chaos.checker.alerts import check_alerts, check_changes
from loadtests.chaos.checker.chains import check_chains
from loadtests.chaos.checker.clocks import check_clocks
from loadtests.chaos.checker.figures import check_figures
from loadtests.chaos.checker.findings import Finding, Wrong
from loadtests.chaos.checker.operations import operations_of
from loadtests.chaos.checker.state import State
from loadtests.chaos.checker.streams import check_streams
from loadtests.chaos.checker.teams import check_stints, check_teams
from loadtests.chaos.history import Line


def check(lines: Sequence[Line], state: State) -> list[Finding]:
    """Find all that is wrong, from a history and what was kept after it."""
    operations = operations_of(lines)
    return [
        *check_alerts(operations, state),
        *check_changes(operations, state),
        *check_acts(operations, state),
        *check_served(operations),
        *check_streams(lines, state),
        *check_stints(lines),
        *check_kept(state, {each.id for each in operations}),
    ]


def check_kept(state: State, asked: Collection[UUID] = ()) -> list[Finding]:
    """Find what is wrong with what was kept, whatever clients saw.

    Args:
        state: What was kept.
        asked: The ids of alerts that were sent.
    """
    return [
        *check_chains(state),
        *check_teams(state),
        *check_clocks(state),
        *check_figures(state),
        *_check_left(state, asked),
    ]


def _check_left(state: State, asked: Collection[UUID]) -> Iterator[Finding]:
    for name, count in state.left.items():
        if count:
            yield Finding(wrong=Wrong.NOT_QUIET, about=name, detail=f"{count} left")
    known = {str(id_) for id_ in state.incidents} | {str(id_) for id_ in asked}
    for topic, key, reason in state.dead_letters:
        if key in known:  # others were written by faults, to be put aside
            detail = f"key {key} was put aside: {reason}"
            yield Finding(wrong=Wrong.DEAD_LETTER, about=topic, detail=detail)
