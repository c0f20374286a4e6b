"""A bulletin from recorded cases: recomputed by a plain script, the same twice, corrected later."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from incident.alert import IncidentId, OrganisationId, Status
from incident.lifecycle import Incident, RoundCause, State
from services.notifier.adapters.cases import PostgresCases, keep_cases
from services.notifier.adapters.postgres import PostgresStore
from services.notifier.api import app, bulletins, effects
from services.notifier.api.asking import Records
from services.runtime.auth import Authenticator, Key, Role, bearer, new_key
from tests.asgi import Answer, AsgiClient
from tests.builders import KINDS, RECEIVED, a_round, an_alert, an_incident
from tests.fakes.clock import FakeClock
from tests.fakes.notifier_store import FakeAtlas
from tests.incident.directories import park_lookup
from tests.integration.notifier.bench import TOPIC, Bench
from tests.services.notifier.watching import version

WEEK = "2026-W10"
BEIJING = ZoneInfo("Asia/Shanghai")
ISSUED = datetime(2026, 3, 9, 9, tzinfo=BEIJING)
CSV = "reported_at,on_scene_at,outcome\n" + "".join(
    f"2025-03-0{day}T08:15:00+08:00,2025-03-0{day}T08:{30 + day}:00+08:00,on_site\n"
    for day in range(1, 9)
)


class Park:
    """A notifier that records cases, and its figures over HTTP."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.clock = bench, FakeClock(RECEIVED)
        self.bench.store = PostgresStore(
            bench.database, timing_topic=TOPIC, listeners=[keep_cases(KINDS, self.clock)]
        )
        self.keys: dict[str, Key] = {}
        atlas = FakeAtlas(park_lookup())
        records = Records(
            cases=PostgresCases(bench.database),
            atlas=atlas,
            clock=self.clock,
            caller=bearer(Authenticator(self.keys.get, self.clock)),
            time_zone=None,
        )
        self.app = app.build([bulletins.router(records), effects.router(records)])

    def client(self, role: Role = Role.SUPERVISOR, organisation: str = "park") -> AsgiClient:
        key, sha256 = new_key(role.value)
        self.keys[role.value] = Key(
            id=role.value,
            role=role,
            organisation=OrganisationId(organisation),
            sha256=sha256,
        )
        return AsgiClient(self.app, {"authorization": f"Bearer {key}"})

    def moves(self, to: datetime) -> None:
        self.clock.advance((to - self.clock.now()).total_seconds())

    async def hears(self, *told: Incident, at: datetime) -> None:
        self.moves(at)
        await self.bench.hears(*told, now=(at - RECEIVED).total_seconds())

    async def bulletin(self, as_of: datetime | None = None, form: str = "json") -> Answer:
        asked = f"?format={form}" + (
            "" if as_of is None else f"&as_of={as_of.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        )
        return await self.client().get(f"/v1/bulletins/park/{WEEK}{asked}")


@pytest.fixture
async def park(bench: Bench) -> Park:
    return Park(bench)


def lived(number: int, hours: float, **more: object) -> Incident:
    """An incident that was over within an hour; its times follow from its number."""
    alert = replace(an_alert(number=number), received_at=RECEIVED + timedelta(hours=hours))
    status = more.pop("status", Status.ACTUAL)
    made = an_incident(
        {
            "pushed": 1.0,
            "acknowledged": 1.0 + 17 * number,
            "assigned": 30,
            "on_scene": 30 + 97 * number,
        },
        ended=3000,
        alert=replace(alert, status=status),  # type: ignore[arg-type]  # given by the test
    )
    changes = {"disposition": "handled_on_site", **more}
    return version(replace(made, **changes), 1, told=3000)  # type: ignore[arg-type]  # checked by the class


def a_week() -> list[Incident]:
    return [
        *(lived(number, hours=number) for number in range(1, 13)),
        lived(20, 30, disposition="medical"),
        lived(21, 31, disposition="false_alarm"),
        lived(22, 32, state=State.REFUSED, disposition=None),
        lived(23, 33, merged_into=IncidentId(UUID(int=1))),
        lived(24, 34, status=Status.EXERCISE),
        lived(30, -100),
    ]


def plain_figures(incidents: Sequence[Incident]) -> dict[str, object]:
    """The figures, the long way."""
    monday = datetime(2026, 3, 2, tzinfo=BEIJING)
    own = [
        one
        for one in incidents
        if monday <= one.alert.received_at < monday + timedelta(days=7)
        and one.alert.status == "actual"
    ]
    on_site = [
        o
        for o in own
        if o.state == "closed" and o.disposition == "handled_on_site" and not o.merged_into
    ]
    left = [o for o in own if o.merged_into or o.disposition == "false_alarm"]
    seconds = sorted(
        m.judged_at.timestamp() - a.judged_at.timestamp()
        for o in own
        for m in o.moments
        for a in o.moments
        if m.name == "on_scene" and a.name == "assigned"
    )
    arrive = [0] * 5
    for one in seconds:
        arrive[sum(one >= bound for bound in (300, 600, 900, 1800))] += 1
    return {
        "received": len(own),
        "valid": len(own) - len(left),
        "k": len(on_site),
        "n": len(own) - len(left),
        "arrive": arrive,
        "median": (seconds[(len(seconds) - 1) // 2] + seconds[len(seconds) // 2]) / 2,
        "slowest": seconds[::-1][:3],
        "by_hour": [
            sum(o.alert.received_at.astimezone(BEIJING).hour == h for o in own) for h in range(24)
        ],
    }


async def test_a_bulletin_is_what_a_plain_script_computes(park: Park) -> None:
    incidents = a_week()
    await park.hears(*incidents, at=RECEIVED + timedelta(days=2))
    park.moves(ISSUED + timedelta(seconds=30))
    answer = (await park.bulletin()).json()
    totals = answer["figures"]["totals"]
    arrive = next(one for one in totals["times"] if one["timed"] == "arrive")
    assert {
        "received": totals["received"],
        "valid": totals["valid"],
        "k": totals["closure"]["rate"]["k"],
        "n": totals["closure"]["rate"]["n"],
        "arrive": arrive["counts"],
        "median": arrive["median"],
        "slowest": [one["seconds"] for one in arrive["slowest"]],
        "by_hour": answer["figures"]["hours"],
    } == plain_figures(incidents)
    assert (answer["standing"], answer["correction"]) == ("issued", 0)
    assert answer["figures"]["not_actual"] == 1
    assert answer["figures"]["last_week"]["received"] == 1


async def test_the_same_as_of_gives_the_same_bytes_whatever_came_since(park: Park) -> None:
    await park.hears(*a_week(), at=RECEIVED + timedelta(days=2))
    park.moves(ISSUED + timedelta(hours=2))
    as_of = RECEIVED + timedelta(days=3)
    before = [(await park.bulletin(as_of, form)).body for form in ("json", "html", "xlsx")]
    changed = version(replace(lived(1, 1), disposition="medical"), 2, told=5000)
    await park.hears(changed, at=ISSUED + timedelta(hours=3))
    park.moves(ISSUED + timedelta(hours=4))
    after = [(await park.bulletin(as_of, form)).body for form in ("json", "html", "xlsx")]
    assert before == after


async def test_what_comes_later_is_a_numbered_correction_that_says_what_changed(
    park: Park,
) -> None:
    await park.hears(*a_week(), at=RECEIVED + timedelta(days=2))
    late = ISSUED + timedelta(hours=3)
    changed = replace(lived(1, 1), disposition="medical")
    await park.hears(version(changed, 2, told=5000), at=late)
    await park.hears(version(lived(40, 60), 1, told=5000), at=late + timedelta(hours=1))
    await park.hears(version(changed, 3, told=5000), at=late + timedelta(hours=2))  # nothing new
    park.moves(late + timedelta(days=1))
    answer = (await park.bulletin()).json()
    assert (answer["standing"], answer["correction"]) == ("corrected", 2)
    assert [len(one["incidents"]) for one in answer["corrections"]] == [1, 1]
    changes = {one["figure"]: (one["issued"], one["now"]) for one in answer["changes"]}
    assert changes["totals.received"] == (16, 17)
    assert changes["totals.closure.counts.not_on_site"] == (2, 3)
    first = (await park.bulletin(late)).json()
    assert (first["standing"], first["correction"]) == ("corrected", 1)
    page = (await park.bulletin(form="html")).body.decode()
    assert "第 2 号更正" in page
    assert "<script" not in page


async def test_the_workbook_opens_and_holds_the_counts(park: Park) -> None:
    await park.hears(*a_week(), at=RECEIVED + timedelta(days=2))
    park.moves(ISSUED)
    answer = await park.bulletin(form="xlsx")
    book = openpyxl.load_workbook(BytesIO(answer.body))
    rows = list(book.worksheets[1].iter_rows(values_only=True))
    assert rows[1][:2] == ("接收警情", 16)
    assert any("12/14" in str(cell) for row in rows for cell in row)


async def test_who_sees_what(park: Park) -> None:
    await park.hears(*a_week(), at=RECEIVED + timedelta(days=2))
    park.moves(ISSUED)
    path = f"/v1/bulletins/park/{WEEK}"
    for role, organisation, received in (
        (Role.OPERATOR, "heling", 16), (Role.CHIEF, "yunqi", 0), (Role.STATION, "station-1", 16),
    ):  # fmt: skip
        answer = (await park.client(role, organisation).get(path)).json()
        assert answer["figures"]["totals"]["received"] == received
    assert (await park.client(Role.TEAM, "heling").get(path)).status == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/bulletins/other/2026-W10", 404),
        ("/v1/bulletins/park/2026-W54", 422),
        ("/v1/bulletins/park/2026-W11", 422),
        (f"/v1/bulletins/park/{WEEK}?as_of=2026-03-05T00:00:00", 422),
        (f"/v1/bulletins/park/{WEEK}?as_of=2027-03-05T00:00:00Z", 422),
        ("/v1/closure-rate?from=2026-03-08&to=2026-03-02", 422),
        ("/v1/effect?from=2026-03-02&to=2026-03-08", 404),
        ("/v1/baselines/park", 404),
    ],
)
async def test_what_cannot_be_answered_is_refused(park: Park, path: str, status: int) -> None:
    park.moves(RECEIVED + timedelta(days=3))
    assert (await park.client().get(path)).status == status


async def test_the_closure_rate_counts_a_reopening_against_it(park: Park) -> None:
    await park.hears(*a_week(), at=RECEIVED + timedelta(days=2))
    rounds = [
        a_round(1, RoundCause.OPENED, 3600, ended=7200),
        a_round(2, RoundCause.REOPENED, 9000, ended=9900),
    ]
    again = replace(lived(1, 1), rounds=tuple(rounds))
    await park.hears(version(again, 2, told=9900), at=RECEIVED + timedelta(days=2, hours=1))
    park.moves(ISSUED)
    answer = await park.client().get("/v1/closure-rate?from=2026-03-02&to=2026-03-08")
    closure = answer.json()["closure"]
    assert (closure["rate"]["k"], closure["rate"]["n"]) == (11, 14)
    assert closure["counts"]["reopened"] == 1
    assert closure["counts"]["not_actual"] == 1


async def test_a_baseline_from_a_file_shows_the_effect(park: Park) -> None:
    await park.hears(*a_week(), at=RECEIVED + timedelta(days=2))
    park.moves(ISSUED)
    client = park.client()
    put = await client.ask(
        "PUT", "/v1/baselines/park", body=CSV.encode(), headers={"content-type": "text/csv"}
    )
    assert put.status == 200, put.body
    assert put.json()["sample"]["response"]["median"] == 60 * (15 + 4.5)
    effect = (await client.get("/v1/effect?from=2026-03-02&to=2026-03-08")).json()
    assert effect["response"]["ratio"] < 0
    assert effect["baseline"]["version"] == 1
    again = await client.ask(
        "PUT",
        "/v1/baselines/park",
        body=json.dumps({"from": "2026-03-02", "to": "2026-03-08"}).encode(),
        headers={"content-type": "application/json"},
    )
    assert (again.status, again.json()["version"], again.json()["source"]) == (200, 2, "period")


async def test_a_faulty_file_is_refused_whole_with_its_lines(park: Park) -> None:
    park.moves(ISSUED)
    client = park.client()
    faulty = CSV + "yesterday,,on_site\n2025-03-01T08:00:00+08:00,2025-03-01T07:00:00+08:00,gone\n"
    answer = await client.ask(
        "PUT", "/v1/baselines/park", body=faulty.encode(), headers={"content-type": "text/csv"}
    )
    assert answer.status == 422
    assert [one["field"] for one in answer.json()["errors"]] == [
        "line 10: reported_at", "line 11: outcome", "line 11: on_scene_at",
    ]  # fmt: skip
    assert (await client.get("/v1/baselines/park")).status == 404


async def test_baselines_set_at_once_are_versions_of_their_own(park: Park) -> None:
    client = park.client()
    set_at_once = await asyncio.gather(
        *(
            client.ask(
                "PUT", "/v1/baselines/park", body=CSV.encode(), headers={"content-type": "text/csv"}
            )
            for _ in range(6)
        )
    )
    assert {answer.status for answer in set_at_once} == {200}
    assert sorted(answer.json()["version"] for answer in set_at_once) == [*range(1, 7)]
