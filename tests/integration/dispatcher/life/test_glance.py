"""What was decided at a glance is saved if all it rests on still stands, and else not at all."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from incident import commands as c
from incident.alert import TeamId
from incident.commands import Context, Facts, TeamFacts
from incident.decisions.decide import decide, record
from incident.lifecycle import Incident
from incident.messages import AlertReceived
from services.dispatcher.ports import Answered, Asked, Change, StaleError
from tests.integration.dispatcher.life.site import Site
from tests.services.dispatcher.park import WEST, alert, incident_id

WEST_A, WEST_B = TeamId("west-a"), TeamId("west-b")
ASKED = Asked(caller="operator", command="assign", key="k")
ANSWERED = Answered(digest="d", body="{}")
ASSIGN = c.Assign(teams=(WEST_A, WEST_B))

Meanwhile = Callable[[Site], Awaitable[object]]


async def assign_at_a_glance(site: Site, meanwhile: Meanwhile | None = None) -> None:
    """Send two teams to the first incident, with something done between the look and the save."""
    id_ = incident_id(1)
    context = site.request("operator", 1, "assign", ASSIGN).context
    async with site.store.glance() as work:
        found, answered = await work.take([id_], ASKED, teams=ASSIGN.teams)
        assert answered is None
        assert await work.lock_teams(ASSIGN.teams) == {}
        change = assigned(found[id_], context)
        if meanwhile is not None:
            await meanwhile(site)
        assert await work.settle(ASKED, ANSWERED, [change])


def assigned(incident: Incident, context: Context) -> Change:
    """The change of an assignment of the two teams."""
    facts = Facts(
        teams={team: TeamFacts(organisation=WEST) for team in ASSIGN.teams},
        consoles={WEST: True},
        police=frozenset(),
        dispositions={},
        result_fields=(),
        places=(),
        others={},
    )
    decided = decide(incident, ASSIGN, context=context, facts=facts)
    after, events = record(incident, decided.bodies, context=context)
    return Change(before=incident, incident=after, events=events)


async def act_on_it(site: Site) -> None:
    await site.do("operator", 1, "note", c.Note(text="d" * 64))


async def take_a_team(site: Site) -> None:
    await site.do("operator", 2, "assign", c.Assign(teams=(WEST_B,)))


async def answer_its_key(site: Site) -> None:
    async with site.store.work() as work:
        assert await work.remember("operator", "assign", "k", ANSWERED)


async def test_what_still_stands_is_saved_at_once(site: Site) -> None:
    await site.open(AlertReceived(alert=alert(1)))
    await assign_at_a_glance(site)
    await site.check_whole()
    (incident,) = (await site.incidents()).values()
    assert [entry.team for entry in incident.live_assignments] == [WEST_A, WEST_B]
    async with site.store.work() as work:
        assert await work.recall("operator", "assign", "k") == ANSWERED
    assert [len(changes) for changes in site.woken] == [1, 1, 0]


@pytest.mark.parametrize("meanwhile", [act_on_it, take_a_team, answer_its_key])
async def test_what_changed_meanwhile_is_left_as_it_became(
    site: Site, meanwhile: Meanwhile
) -> None:
    await site.open(*(AlertReceived(alert=alert(number)) for number in (1, 2)))
    with pytest.raises(StaleError):
        await assign_at_a_glance(site, meanwhile)
    await site.check_whole()
    incident = (await site.incidents())[incident_id(1)]
    assert incident.assignments == ()
    assert incident.version == (2 if meanwhile is act_on_it else 1)
    async with site.store.work() as work:
        kept = await work.recall("operator", "assign", "k")
    assert kept == (ANSWERED if meanwhile is answer_its_key else None)


async def test_incident_team_and_answer_are_seen_at_one_moment(site: Site) -> None:
    await site.open(AlertReceived(alert=alert(1)))
    await assign_at_a_glance(site)
    async with site.store.glance() as work:
        found, answered = await work.take([incident_id(1)], ASKED, teams=[WEST_A, TeamId("east-a")])
        assert await work.lock_teams([TeamId("east-a"), WEST_A]) == {WEST_A: incident_id(1)}
    assert found == await site.incidents()
    assert answered == ANSWERED


async def test_an_incident_that_is_not_there_is_not_found(site: Site) -> None:
    async with site.store.glance() as work:
        assert await work.take([incident_id(9)], ASKED) == ({}, None)


def count_statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every statement from now on."""
    asked: list[str] = []
    for name in ("execute", "fetch", "fetchrow", "fetchval"):
        plain = getattr(asyncpg.Connection, name)

        async def noting(
            connection: asyncpg.Connection,
            query: str,
            *values: object,
            plain: Callable[..., Awaitable[object]] = plain,
            **named: object,
        ) -> object:
            asked.append(query)
            return await plain(connection, query, *values, **named)

        monkeypatch.setattr(asyncpg.Connection, name, noting)
    return asked


async def test_a_command_takes_two_ways_to_the_database(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One to see what stands and one to save; an assignment of a team takes no more."""
    await site.open(AlertReceived(alert=alert(1)))
    asked = count_statements(monkeypatch)
    await site.do("operator", 1, "acknowledge", c.Acknowledge())
    await site.do("operator", 1, "assign", c.Assign(teams=(WEST_A,)))
    assert len(asked) == 4
    assert not [statement for statement in asked if statement.startswith(("BEGIN", "COMMIT"))]
