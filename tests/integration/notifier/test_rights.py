"""What the service's own role may not do, and what the tables refuse whoever writes."""

import asyncpg
import pytest

from tests.builders import an_alert, an_incident
from tests.integration.notifier.bench import Bench
from tests.services.notifier.watching import version


@pytest.fixture
async def said(bench: Bench) -> Bench:
    """A store with a fact in its log and a digest."""
    await bench.hears(version(an_incident({"pushed": 9}, alert=an_alert()), 1, told=9), now=9.1)
    await bench.fetch(
        "insert into notifier.heads_digest values (1, $1, 0, repeat('0', 64), repeat('0', 64))",
        an_alert().received_at,
    )
    return bench


@pytest.mark.parametrize("table", ["timing_event", "heads_digest", "dead_letter"])
@pytest.mark.parametrize("act", ["update notifier.{} set sequence = 7", "delete from notifier.{}"])
async def test_what_was_said_cannot_be_changed_or_removed(
    said: Bench, table: str, act: str
) -> None:
    column = "reason" if table == "dead_letter" else "sequence"
    statement = act.format(table).replace("sequence = 7", f"{column} = {column}")
    async with said.database.transaction() as connection:
        assert await connection.fetchval("select current_user") == "d115_notifier"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


@pytest.mark.parametrize(
    "act",
    [
        "truncate notifier.timing_event",
        "drop table notifier.timing_event",
        "alter table notifier.timing_event disable trigger all",
        "delete from notifier.incident",
        "delete from notifier.alert",
        "update notifier.clock set factor = 2",
        "select * from dispatcher.incident",
    ],
)
async def test_nor_can_its_surroundings(said: Bench, act: str) -> None:
    async with said.database.transaction() as connection:
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError)):
            await connection.execute(act)


LEG = """
insert into notifier.leg (
    incident_id, round, leg, organisation, station, kind, severity, status, received_at, outcome,
    amended, target_seconds, start_at, due_at, end_at, seconds, by
)
select id, 1, 'x', 'c', 's', 'k', 'red', 'actual', '2026-03-02', {}
from notifier.incident
"""


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(
            "'met', false, 60, '2026-03-02 12:00', '2026-03-02 12:01',"
            " '2026-03-02 12:01:00.000001', 60.000001, 'person'",
            id="met though late",
        ),
        pytest.param(
            "'breached', false, 60, '2026-03-02 12:00', '2026-03-02 12:01', '2026-03-02 12:01', 60,"
            " 'person'",
            id="breached though reached when due",
        ),
        pytest.param(
            "'void', false, 60, '2026-03-02 12:00', '2026-03-02 12:01', '2026-03-02 12:01', 60,"
            " 'person'",
            id="void though reached",
        ),
        pytest.param(
            "'breached', true, 60, '2026-03-02 12:00', '2026-03-02 12:01', null, null, null",
            id="breached and amended",
        ),
        pytest.param("'met', false, 60, null, null, null, null, null", id="met without moments"),
        pytest.param(
            "'lost', false, 60, '2026-03-02 12:00', '2026-03-02 12:01', null, null, null",
            id="no such outcome",
        ),
    ],
)
async def test_a_verdict_that_contradicts_itself_is_refused(said: Bench, values: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await said.fetch(LEG.format(values))
    await said.fetch(
        LEG.format(
            "'met', true, 60, '2026-03-02 12:00', '2026-03-02 12:01', '2026-03-02 12:01', 60,"
            " 'machine'"
        )
    )


async def test_an_incident_has_one_next_deadline(said: Bench) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await said.fetch("insert into notifier.deadline select * from notifier.deadline")


async def test_a_fact_stands_once_in_a_log(said: Bench) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await said.fetch(
            "insert into notifier.timing_event"
            " select incident_id, sequence + 10, id, type, fact, text, previous, hash, recorded_at"
            " from notifier.timing_event"
        )
