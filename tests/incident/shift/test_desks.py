"""Desks: only a ready one confirms receipt, and a center is what its best desk is."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.errors import DeskNotOnShift, DeskSilent
from incident.shift import (
    CenterState,
    Checked,
    Console,
    DeskState,
    Shift,
    Sound,
    check_receipt,
    standing_of,
)
from tests.builders import at


def console(
    *, connected: bool = True, away: bool = False, sound: Sound = Sound.ON, number: int = 1
) -> Console:
    """A desk with Zhang on shift."""
    shift = Shift(
        desk=UUID(int=number),
        operator="zhang",
        since=at(0),
        until=at(0) + timedelta(hours=16),
        sound=sound,
        checked=Checked.HEARD,
    )
    return Console(shift=shift, connected=connected, away=away)


CONSOLES = st.lists(
    st.builds(
        console,
        connected=st.booleans(),
        away=st.booleans(),
        sound=st.sampled_from(Sound),
        number=st.integers(1, 99),
    ),
    max_size=6,
)


@pytest.mark.parametrize("sound", Sound)
@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize("connected", [False, True])
def test_a_desk_is_lost_before_it_is_away_before_it_is_silent(
    *, sound: Sound, away: bool, connected: bool
) -> None:
    found = console(connected=connected, away=away, sound=sound).state
    if not connected:
        assert found is DeskState.LOST
    elif away:
        assert found is DeskState.AWAY
    else:
        assert found.value == ("ready" if sound is Sound.ON else sound.value)


@pytest.mark.parametrize("sound", Sound)
@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize("connected", [False, True])
def test_only_a_ready_desk_confirms_receipt(*, sound: Sound, away: bool, connected: bool) -> None:
    desk = console(connected=connected, away=away, sound=sound)
    if desk.state is DeskState.READY:
        check_receipt(desk, person=None)
        check_receipt(desk, person="zhang")
        return
    silent = connected and not away
    with pytest.raises(DeskSilent if silent else DeskNotOnShift) as refused:
        check_receipt(desk, person="zhang")
    assert refused.value.code == ("desk-silent" if silent else "desk-not-on-shift")


def test_nobody_and_another_operator_confirm_nothing() -> None:
    with pytest.raises(DeskNotOnShift, match="nobody"):
        check_receipt(None, person="zhang")
    with pytest.raises(DeskNotOnShift, match="another"):
        check_receipt(console(), person="li")


SILENT, BLOCKED = console(sound=Sound.SILENT), console(sound=Sound.BLOCKED)
AWAY, LOST = console(away=True), console(connected=False)


@pytest.mark.parametrize(
    ("consoles", "clients", "state"),
    [
        ((), 0, CenterState.OFFLINE),
        ((), 1, CenterState.ONLINE),
        ((LOST,), 0, CenterState.OFFLINE),
        ((LOST, AWAY), 0, CenterState.AWAY),
        ((AWAY, SILENT), 0, CenterState.SILENT),
        ((BLOCKED,), 0, CenterState.SILENT),
        ((SILENT, AWAY, LOST, console()), 0, CenterState.ONLINE),
        ((SILENT,), 1, CenterState.ONLINE),
    ],
)
def test_a_center_is_what_its_best_desk_is(
    consoles: tuple[Console, ...], clients: int, state: CenterState
) -> None:
    assert standing_of(consoles, clients=clients).state is state


@given(CONSOLES, st.integers(0, 3))
def test_a_center_is_online_exactly_when_somebody_there_may_confirm(
    consoles: list[Console], clients: int
) -> None:
    def may(desk: Console) -> bool:
        try:
            check_receipt(desk, person=None)
        except (DeskNotOnShift, DeskSilent):
            return False
        return True

    standing = standing_of(consoles, clients=clients)
    anybody = clients > 0 or any(may(desk) for desk in consoles)
    assert (standing.state is CenterState.ONLINE) is anybody


@given(CONSOLES)
def test_the_counts_of_a_center_are_parts_of_one_another(consoles: list[Console]) -> None:
    found = standing_of(consoles, clients=0)
    assert found.on_shift == len(consoles)
    assert max(found.audible, found.away) <= found.connected <= found.on_shift
    assert (found.state is CenterState.OFFLINE) is (found.connected == 0)


@given(CONSOLES, st.integers(0, 2))
def test_the_order_of_desks_says_nothing(consoles: list[Console], clients: int) -> None:
    turned = list(reversed(consoles))
    assert standing_of(consoles, clients=clients) == standing_of(turned, clients=clients)
