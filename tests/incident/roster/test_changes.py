"""Swaps with consent of both, overrides, and what of them a new document may not take away."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from incident.roster import (
    By,
    ChangeRefusedError,
    PersonCode,
    Roster,
    SettledError,
    Stand,
    Swap,
    SwapState,
    UnknownChangeError,
    WantedOverride,
    WantedSwap,
    Why,
    add_override,
    carried_over,
    consent,
    drop_override,
    on_duty,
    propose_swap,
    pruned,
    refuse_swap,
)
from tests.incident.roster.rosters import DOCUMENT, A, B, C, D, document, local, read

NOW = local(2, 9)
NIGHT = Stand(shift="night", day=date(2026, 3, 3))  # c's
DAY = Stand(shift="day", day=date(2026, 3, 5))  # b's
WANTED = WantedSwap(given=NIGHT, giver=C, taker=A)
UNKNOWN = UUID(int=9)


def by(person: PersonCode | None = None, at: datetime = NOW) -> By:
    return By(key="key", person=person, at=at)


def proposed(wanted: WantedSwap = WANTED, person: PersonCode | None = C) -> tuple[Roster, Swap]:
    return propose_swap(read(document()), wanted, by(person))


def agreed(wanted: WantedSwap = WANTED) -> tuple[Roster, Swap]:
    roster, swap = proposed(wanted, None)
    for person in (wanted.giver, wanted.taker):
        roster, swap = consent(roster, swap.id, person, NOW)
    return roster, swap


def refusals(wanted: WantedSwap, at: datetime = NOW) -> dict[str, str]:
    with pytest.raises(ChangeRefusedError) as refused:
        propose_swap(read(document()), wanted, by(at=at))
    return {fault.path: fault.wrong for fault in refused.value.faults}


def test_a_swap_holds_only_once_both_have_said_yes() -> None:
    roster, swap = proposed()
    assert (swap.state, swap.consented) == (SwapState.PROPOSED, (C,))
    assert on_duty(roster, "operator", local(3, 22)).people == (C,)
    roster, swap = consent(roster, swap.id, A, NOW)
    assert swap.state is SwapState.AGREED
    duty = on_duty(roster, "operator", local(3, 22))
    assert (duty.people, duty.why) == ((A,), Why.SWAP)
    assert on_duty(roster, "operator", local(5, 22)).people == (C,)


def test_whoever_keeps_the_roster_says_yes_for_nobody() -> None:
    _, swap = proposed(person=None)
    assert swap.consented == ()


def test_both_shifts_change_hands_in_an_exchange() -> None:
    wanted = WantedSwap(given=NIGHT, giver=C, taker=B, returned=DAY)
    roster, _ = agreed(wanted)
    assert on_duty(roster, "operator", local(3, 22)).people == (B,)
    assert on_duty(roster, "operator", local(5, 12)).people == (C,)


def test_what_was_taken_over_may_be_swapped_on() -> None:
    roster, _ = agreed()
    roster, swap = propose_swap(roster, WantedSwap(given=NIGHT, giver=A, taker=D), by(A))
    roster, _ = consent(roster, swap.id, D, NOW)
    assert on_duty(roster, "operator", local(3, 22)).people == (D,)


def test_the_same_proposal_is_one_swap_while_it_is_open() -> None:
    roster, swap = proposed()
    assert propose_swap(roster, WANTED, by(A)) == (roster, swap)
    refused, _ = refuse_swap(roster, swap.id, A, NOW)
    again, other = propose_swap(refused, WANTED, by(C, NOW + timedelta(seconds=1)))
    assert other.id != swap.id
    assert len(again.swaps) == 2


def test_a_yes_said_twice_is_one() -> None:
    roster, swap = proposed()
    assert consent(roster, swap.id, C, NOW) == (roster, swap)


def test_nobody_else_may_say_yes_or_no() -> None:
    roster, swap = proposed()
    with pytest.raises(UnknownChangeError):
        consent(roster, swap.id, B, NOW)
    with pytest.raises(UnknownChangeError):
        refuse_swap(roster, swap.id, B, NOW)
    with pytest.raises(UnknownChangeError):
        consent(roster, UNKNOWN, A, NOW)


def test_a_refused_swap_is_settled() -> None:
    roster, swap = refuse_swap(*_ids(proposed()), A, NOW)
    assert swap.state is SwapState.REFUSED
    assert refuse_swap(roster, swap.id, A, NOW) == (roster, swap)
    with pytest.raises(SettledError):
        consent(roster, swap.id, A, NOW)


def test_an_agreed_swap_is_undone_by_the_keeper_alone_and_before_it_begins() -> None:
    roster, swap = agreed()
    with pytest.raises(SettledError, match="keeps"):
        refuse_swap(roster, swap.id, A, NOW)
    with pytest.raises(SettledError, match="begun"):
        refuse_swap(roster, swap.id, None, local(3, 20))
    undone, _ = refuse_swap(roster, swap.id, None, NOW)
    assert on_duty(undone, "operator", local(3, 22)).people == (C,)


def test_a_yes_that_comes_after_the_shift_began_is_refused() -> None:
    roster, swap = proposed()
    with pytest.raises(ChangeRefusedError, match="has begun"):
        consent(roster, swap.id, A, local(3, 20))


@pytest.mark.parametrize(
    ("wanted", "path", "wrong"),
    [
        (replace(WANTED, giver=PersonCode("x")), "giver", "'x' is unknown"),
        (replace(WANTED, taker=PersonCode("x")), "taker", "'x' is unknown"),
        (replace(WANTED, taker=C), "taker", "is the giver"),
        (replace(WANTED, given=Stand(shift="x", day=NIGHT.day)), "given.shift", "'x' is unknown"),
        (
            replace(WANTED, given=Stand(shift="day", day=date(2026, 3, 1))),
            "given.day",
            "'day' does not begin on 2026-03-01",
        ),
        (replace(WANTED, giver=B), "given", "'b' is not on 'night' of 2026-03-03"),
        (replace(WANTED, returned=NIGHT), "returned", "is what is given"),
        (replace(WANTED, returned=DAY), "returned", "'a' is not on 'day' of 2026-03-05"),
    ],
)
def test_a_swap_that_does_not_fit_is_refused_precisely(
    wanted: WantedSwap, path: str, wrong: str
) -> None:
    assert refusals(wanted)[path] == wrong


def test_what_has_begun_is_not_swapped() -> None:
    assert refusals(WANTED, local(3, 20)) == {"given.day": "has begun"}


def test_somebody_who_is_on_it_takes_nothing_over() -> None:
    roster = read(document())
    shifts = [replace(each, turns=((A, B),)) for each in roster.shifts]
    with pytest.raises(ChangeRefusedError, match="already"):
        propose_swap(
            replace(roster, shifts=tuple(shifts)), WantedSwap(given=NIGHT, giver=A, taker=B), by()
        )


def test_open_swaps_are_bounded() -> None:
    roster, swap = proposed()
    full = replace(
        roster, swaps=tuple(replace(swap, id=uuid5(swap.id, str(n))) for n in range(200))
    )
    with pytest.raises(ChangeRefusedError, match="too many"):
        propose_swap(full, replace(WANTED, taker=D), by())


OVERRIDE = WantedOverride(
    post="operator", since=local(2, 10), until=local(2, 12), people=(C,), reason="病假"
)


def test_an_override_made_twice_is_one_and_can_be_taken_back() -> None:
    roster, made = add_override(read(document()), OVERRIDE, by())
    assert add_override(roster, OVERRIDE, by(at=NOW + timedelta(minutes=1))) == (roster, made)
    assert (made.reason, made.made_by) == ("病假", "key")
    assert drop_override(roster, made.id).overrides == ()
    with pytest.raises(UnknownChangeError):
        drop_override(roster, UNKNOWN)


X = PersonCode("x")


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        (replace(OVERRIDE, post="x"), "post"),
        (replace(OVERRIDE, people=(C, X)), "people[1]"),
        (replace(OVERRIDE, people=(C, C)), "people"),
        (replace(OVERRIDE, people=()), "people"),
        (replace(OVERRIDE, instead_of=X), "instead_of"),
        (replace(OVERRIDE, until=OVERRIDE.since), "until"),
        (replace(OVERRIDE, since=local(1, 1), until=local(1, 2)), "until"),
        (replace(OVERRIDE, until=local(2, 10) + timedelta(days=93)), "until"),
    ],
)
def test_an_override_that_does_not_fit_is_refused_precisely(
    wanted: WantedOverride, path: str
) -> None:
    with pytest.raises(ChangeRefusedError) as refused:
        add_override(read(document()), wanted, by())
    assert [fault.path for fault in refused.value.faults] == [path]


def test_overrides_are_bounded() -> None:
    roster, made = add_override(read(document()), OVERRIDE, by())
    full = replace(roster, overrides=(made,) * 200)
    with pytest.raises(ChangeRefusedError, match="too many"):
        add_override(full, replace(OVERRIDE, people=(A,)), by())


def without(person: str) -> Roster:
    """The roster with somebody gone, and the chief in their place."""
    left = [entry for entry in DOCUMENT["contacts"] if entry["code"] != person]
    shifts = [
        entry
        | {"turns": [[code if code != person else "d" for code in turn] for turn in entry["turns"]]}
        for entry in DOCUMENT["shifts"]
    ]
    return read(document(contacts=left, shifts=shifts))


def test_a_document_keeps_what_was_swapped_and_overridden() -> None:
    roster, _ = add_override(agreed()[0], OVERRIDE, by())
    carried = carried_over(read(document()), roster, NOW)
    assert (carried.swaps, carried.overrides) == (roster.swaps, roster.overrides)


def test_whoever_stands_in_somewhere_soon_cannot_be_removed() -> None:
    roster, made = add_override(agreed()[0], OVERRIDE, by())
    swap = roster.swaps[0]
    with pytest.raises(ChangeRefusedError) as refused:
        carried_over(without("c"), roster, NOW)
    paths = {fault.path for fault in refused.value.faults}
    assert {f"overrides[{made.id}].people[0]", f"swaps[{swap.id}].giver"} <= paths


def test_what_is_over_or_only_proposed_keeps_nobody() -> None:
    roster, _ = add_override(agreed()[0], OVERRIDE, by())
    later = local(4, 12)
    assert len(carried_over(without("c"), roster, later).overrides) == 1
    assert len(carried_over(without("c"), proposed()[0], NOW).swaps) == 1


def test_a_swap_of_a_shift_that_is_gone_goes_by_its_day() -> None:
    roster = replace(agreed()[0], shifts=read(document()).shifts[:1])
    swap = roster.swaps[0]
    with pytest.raises(SettledError):
        refuse_swap(roster, swap.id, None, local(5, 0))


def test_what_is_over_for_long_is_forgotten() -> None:
    roster, _ = add_override(agreed()[0], OVERRIDE, by())
    assert pruned(roster, NOW + timedelta(days=30)) == roster
    left = pruned(roster, NOW + timedelta(days=60))
    assert (left.swaps, left.overrides) == ((), ())


def _ids(made: tuple[Roster, Swap]) -> tuple[Roster, UUID]:
    return made[0], made[1].id
