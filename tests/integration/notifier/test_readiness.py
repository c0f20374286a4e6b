"""How ready centers are, read from real tables; and what compliance figures say beside legs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from typing_extensions import override

from incident.alert import Status
from incident.figures.readiness import Lack, Part
from incident.moments import Proof
from incident.roster import Roster
from services.notifier.adapters.cases import keep_cases
from services.notifier.adapters.people import PostgresPeople
from services.notifier.adapters.postgres import PostgresStore
from services.notifier.adapters.readiness import PostgresReadings
from services.notifier.handlers.readiness import KEPT, Lookout
from services.notifier.ports import ProofTally
from tests.builders import KINDS, RECEIVED, a_moment, an_alert, an_incident
from tests.fakes.clock import FakeClock
from tests.integration.notifier.bench import TOPIC, Bench
from tests.integration.notifier.test_compliance import a_question
from tests.services.notifier.watching import version


class NoRosters(PostgresPeople):
    """Rosters of nobody."""

    def __init__(self) -> None:
        self._rosters: dict[str, Roster] = {}

    @property
    @override
    def rosters(self) -> Sequence[Roster]:
        return ()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(RECEIVED)


@pytest.fixture
def lookout(bench: Bench, clock: FakeClock) -> Lookout:
    readings = PostgresReadings(
        bench.database, atlas=bench.atlas, people=NoRosters(), reports=bench.reports
    )
    return Lookout(readings=readings, clock=clock)


async def test_what_nobody_knows_is_a_reason_and_no_crash(lookout: Lookout) -> None:
    taken = {one.center: one.readiness for one in await lookout.look()}
    assert set(taken) == {"park-center", "east-center", "west-center"}
    reasons = {reason.part: reason.lack for reason in taken["west-center"].reasons}
    assert reasons[Part.OPERATOR_ON_SHIFT] is Lack.UNKNOWN
    assert reasons[Part.CONSOLE_CONNECTED] is Lack.NEVER
    assert reasons[Part.DISPATCHER_ALIVE] is Lack.NO
    assert Part.TEAMS_ON_DUTY not in reasons
    assert not taken["west-center"].holds


async def test_how_ready_a_center_was_is_kept_and_forgotten(
    lookout: Lookout, clock: FakeClock
) -> None:
    await lookout.keep_once()
    await lookout.keep_once()  # the same moment: kept once
    clock.advance(300)
    await lookout.keep_once()
    end = clock.now() + timedelta(seconds=1)

    async def kept() -> list[float]:
        found = await lookout.readings.history("west-center", since=RECEIVED, until=end, limit=10)
        return [(one.at - RECEIVED).total_seconds() for one in found]

    assert await kept() == [0, 300]
    clock.advance(KEPT.total_seconds() - 100)
    await lookout.keep_once()
    assert await kept() == [300]


@pytest.fixture
def keeping(bench: Bench, clock: FakeClock) -> Bench:
    listener = keep_cases(KINDS, clock)
    bench.store = PostgresStore(bench.database, timing_topic=TOPIC, listeners=[listener])
    return bench


async def test_arrivals_are_counted_by_what_they_rest_on(keeping: Bench) -> None:
    for number, proof in enumerate((Proof.GATE_QR, Proof.GATE_QR, None), 1):
        arrived = a_moment("on_scene", 100.0 * number, proof=proof)
        made = an_incident({"assigned": 30}, also=[arrived], alert=an_alert(number=number))
        await keeping.hears(version(made, 1, told=900), now=901)
    found = [one for one in await keeping.reports.proofs(a_question()) if one.leg == "on_scene"]
    assert found == [
        ProofTally(group="all", leg="on_scene", proof="gate_qr", n=2, met=2, breached=0),
        ProofTally(group="all", leg="on_scene", proof="none", n=1, met=1, breached=0),
    ]


async def test_what_legs_leave_out_is_counted(keeping: Bench) -> None:
    drill = an_incident(alert=replace(an_alert(number=2), status=Status.EXERCISE))
    late = replace(an_incident(alert=an_alert(number=3)), late_entry=True)
    await keeping.hears(*(version(one, 1, told=9) for one in (an_incident(), drill, late)), now=9)
    left = await keeping.reports.left_out(a_question())
    assert (left.exercises, left.tests, left.late_entries) == (1, 0, 1)


async def test_what_figures_do_not_see_is_not_recorded_again(keeping: Bench) -> None:
    made = an_incident({"pushed": 4})
    await keeping.hears(version(made, 1, told=4), now=5)
    await keeping.hears(version(replace(made, conflicts=1), 2, told=6), now=7)
    await keeping.looks(now=500)
    assert await keeping.count("figure_case") == 1


@pytest.mark.parametrize("act", ["update {} set body = ''", "delete from {}"])
async def test_what_was_recorded_cannot_be_changed(keeping: Bench, act: str) -> None:
    await keeping.hears(version(an_incident(), 1, told=0), now=1)
    async with keeping.database.transaction() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(act.format("notifier.figure_case"))
