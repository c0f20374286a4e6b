"""Whoever acts at the same time: one wins, the others are told, and nothing is torn."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from itertools import cycle

import asyncpg
import pytest

from incident import commands as c
from incident.alert import TeamId
from incident.errors import AlreadyDone, Refusal, TeamEngaged
from incident.messages import AlertReceived
from services.dispatcher.handlers.commands import KeyReusedError, MovedError
from tests.integration.dispatcher.life.site import Site, outcomes
from tests.services.dispatcher.park import EAST, WEST, alert, incident_id

SHARED, WEST_A, WEST_B, EAST_A = map(TeamId, ("shared-1", "west-a", "west-b", "east-a"))
OPERATORS = {WEST: "operator", EAST: "east-operator"}


def alerts(*numbers: int, center: str = WEST) -> list[AlertReceived]:
    return [AlertReceived(alert=alert(number, center=center)) for number in numbers]


async def test_of_twenty_who_acknowledge_one_wins_and_the_others_are_told_who(site: Site) -> None:
    await site.open(*alerts(1))
    good, refused = await outcomes(
        *(
            site.do(("operator", "chief")[number % 2], 1, "acknowledge", c.Acknowledge())
            for number in range(20)
        )
    )
    assert (len(good), len(refused)) == (1, 19)
    assert all(isinstance(fault, AlreadyDone) for fault in refused)
    (winner,) = {fault.by for fault in refused if isinstance(fault, AlreadyDone)}
    rows = await site.fetch("select actor from dispatcher.event where version = 3")
    assert [row["actor"] for row in rows] == [winner]
    await site.check_whole()


async def test_a_team_that_two_centers_send_at_once_goes_to_one_of_them(site: Site) -> None:
    numbers = range(1, 21)
    await site.open(*alerts(*numbers[::2]), *alerts(*numbers[1::2], center=EAST))
    for first, second in zip(numbers[::2], numbers[1::2], strict=True):
        command = c.Assign(teams=(SHARED,))
        good, refused = await outcomes(
            site.do("operator", first, "assign", command),
            site.do("east-operator", second, "assign", command),
        )
        (loser,) = refused
        assert isinstance(loser, TeamEngaged)
        assert (loser.team, loser.incident) == (SHARED, good[0].id)
        winner = "operator" if good[0].id == incident_id(first) else "east-operator"
        await site.do(winner, good[0].id.int, "release", c.Release(team=SHARED))
    await site.check_whole()


async def test_no_row_can_put_a_team_on_two_incidents(site: Site) -> None:
    await site.open(*alerts(1, 2))
    await site.do("operator", 1, "assign", c.Assign(teams=(WEST_A,)))
    with pytest.raises(asyncpg.UniqueViolationError):
        await site.fetch(
            "insert into dispatcher.assignment values ($1, 1, 'west-a', 'west-center', true, null)",
            incident_id(2),
        )


async def test_diverts_that_cross_neither_lock_up_nor_lose_a_team(site: Site) -> None:
    """One takes the other incident's team while the other takes this one's, again and again."""
    await site.open(*alerts(1, 2))
    await site.do("operator", 1, "assign", c.Assign(teams=(WEST_A,)))
    await site.do("chief", 2, "assign", c.Assign(teams=(WEST_B,)))
    both = (WEST_A, WEST_B)
    for _ in range(15):
        _, refused = await outcomes(
            site.do("operator", 1, "assign", c.Assign(teams=both, divert=True)),
            site.do("chief", 2, "assign", c.Assign(teams=both[::-1], divert=True)),
        )
        assert not [fault for fault in refused if not isinstance(fault, MovedError)]
        found = await site.incidents()
        engaged = Counter(
            entry.team for incident in found.values() for entry in incident.live_assignments
        )
        assert engaged == {WEST_A: 1, WEST_B: 1}
    await site.check_whole()


async def test_two_hundred_commands_at_once_leave_everything_whole(site: Site) -> None:
    numbers = {number: WEST if number % 2 else EAST for number in range(1, 11)}
    for number, center in numbers.items():
        await site.open(*alerts(number, center=center))
    commands: Iterator[tuple[str, c.Command]] = cycle(
        [
            ("assign", c.Assign(teams=(SHARED,), divert=True)),
            ("acknowledge", c.Acknowledge()),
            ("note", c.Note(text="d" * 64)),
            ("assign", c.Assign(teams=(TeamId("shared-2"),))),
            ("request-police", c.RequestPolice(reason="weapon")),
            ("release", c.Release(team=SHARED)),
            ("transfer", c.Transfer(center=WEST, reason="theirs")),
        ]
    )
    _, refused = await outcomes(
        *(
            site.do(OPERATORS[center], number, verb, command)
            for _ in range(20)
            for number, center in numbers.items()
            for verb, command in [next(commands)]
        )
    )
    strange = [fault for fault in refused if not isinstance(fault, Refusal | MovedError)]
    assert {type(fault).__name__ for fault in strange} <= {"AccessRefusedError", "NotYetOpenError"}
    await site.check_whole()
    found = await site.incidents()
    assert await site.outbox() == {
        id_: list(range(1, incident.version + 1)) for id_, incident in found.items()
    }


async def test_retries_at_once_get_one_answer(site: Site) -> None:
    await site.open(*alerts(1))
    request = site.request("operator", 1, "note", c.Note(text="d" * 64), key="k")
    good, refused = await outcomes(*(site.execute(request) for _ in range(10)))
    assert (len(set(good)), refused) == (1, [])
    assert (await site.incidents())[incident_id(1)].version == 2


async def test_a_key_used_at_once_on_two_incidents_is_good_for_one(site: Site) -> None:
    await site.open(*alerts(*range(1, 11)))
    for first in range(1, 11, 2):
        requests = [
            site.request("operator", number, "receipt", c.Receipt(), key=f"k{first}")
            for number in (first, first + 1)
        ]
        good, refused = await outcomes(*map(site.execute, requests))
        assert (len(good), [type(fault) for fault in refused]) == (1, [KeyReusedError])
    await site.check_whole()


async def test_automation_and_an_operator_never_send_the_same_team(site: Site) -> None:
    await site.open(*alerts(1), *alerts(2, center=EAST))
    await site.do("operator", 1, "receipt", c.Receipt())
    await site.do("operator", 1, "assign", c.Assign(teams=(WEST_A, WEST_B)))
    await site.do("operator", 1, "release", c.Release(team=WEST_A))
    await asyncio.gather(
        site.due(2, "1/direct-assign/1", now=60),
        outcomes(site.do("operator", 1, "assign", c.Assign(teams=(EAST_A,)))),
    )
    await site.check_whole()


async def test_others_are_told_of_a_change_once_it_is_committed_and_not_before(
    site: Site,
) -> None:
    await site.open(*alerts(1))
    assert [len(changes) for changes in site.woken] == [1]
    with pytest.raises(ConnectionError):
        await _fail(site)
    assert len(site.woken) == 1
    found = await site.fetch("select count(*) as n from dispatcher.outbox")
    assert found[0]["n"] == 1


async def _fail(site: Site) -> None:
    async with site.store.work() as work:
        await work.lock([incident_id(1)])
        raise ConnectionError


@pytest.mark.parametrize(
    "statement",
    [
        "update dispatcher.event set canonical = ''",
        "update dispatcher.event set version = version + 1 where false",
        "delete from dispatcher.event where false",
        "truncate dispatcher.event",
        "drop table dispatcher.event",
        "alter table dispatcher.event disable trigger all",
        "delete from dispatcher.incident where false",
        "delete from dispatcher.reveal where false",
        "update dispatcher.reveal set caller = ''",
        "update dispatcher.heads set digest = ''",
    ],
)
async def test_what_happened_cannot_be_changed_by_the_dispatcher(
    site: Site, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await site.fetch(statement)
