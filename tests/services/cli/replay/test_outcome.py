"""What is told at the end is what stands once everything is applied, or says that it is not."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any, cast
from uuid import UUID

import pytest

from services.cli.client import Client
from services.cli.replay.outcome import APPLIED_SECONDS, Leg, Observer, Opened, Outcome
from services.cli.replay.plan import build
from services.cli.replay.playing import Refusal
from services.cli.replay.report import Replayed
from tests.fakes.clock import FakeClock
from tests.services.cli.replay.files import row, selection

IDS = [UUID(int=1), UUID(int=2)]
SINCE = date(2016, 12, 30)


def a_leg(name: str, n: int, **figures: object) -> dict[str, Any]:
    told = {"leg": name, "n": n, "met": n, "no_end": 0, "p50_seconds": 60.0, "p90_seconds": 61.5}
    return told | figures


class Services:
    """Two incidents, and figures that show one more of them each time they are asked for."""

    def __init__(self, *, shown: int = 0, difference: int = 0) -> None:
        self.shown, self.difference = shown, difference
        self.asked: list[dict[str, str]] = []

    async def list_incidents(self) -> AsyncIterator[dict[str, Any]]:
        moments = [
            {"name": "pushed", "disbelieved": True},
            {"name": "closed", "disbelieved": False},
        ]
        for id_ in (*IDS, UUID(int=9)):
            state = "cancelled" if id_.int == 2 else "closed"
            yield {
                "id": str(id_), "version": 5, "state": state, "ended_at": "x", "moments": moments,
            }  # fmt: skip

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        if path == "/v1/conservation":
            return {"difference": self.difference}
        self.asked.append(query)
        if query["from"] != query["to"]:
            self.shown = min(self.shown + 1, 2)
        legs = [
            a_leg("assign", self.shown, met=1),
            a_leg("response", self.shown - 1 if self.shown else 0, no_end=1 if self.shown else 0),
            a_leg("total", self.shown),
        ]
        return {"as_of": "2017-01-01T23:30:00Z", "groups": [{"group": "all", "legs": legs}]}


async def observe(services: Services, clock: FakeClock) -> Outcome:
    client = cast("Client", services)
    return await Observer(station=client, auditor=client, clock=clock).observe(IDS, since=SINCE)


async def test_figures_are_awaited_until_they_show_every_incident_and_every_end() -> None:
    services, clock = Services(), FakeClock()
    outcome = await observe(services, clock)
    assert outcome.is_settled
    assert len(clock.sleeps) == 1
    assert services.asked[-1] == {"from": "2016-12-30", "to": "2017-01-02", "status": "actual"}
    assert outcome.opened == Opened(
        count=2, ended=2, withdrawn=1, events=10, disbelieved={"pushed": 2}
    )
    assert outcome.legs["assign"] == Leg(n=2, met=1, p50_seconds=60.0, p90_seconds=61.5)
    assert outcome.legs["response"].met is None
    assert outcome.legs["on_scene"] == Leg()


async def test_what_never_comes_is_not_awaited_without_end() -> None:
    clock = FakeClock()

    async def late(seconds: float) -> None:
        del seconds
        clock.advance(APPLIED_SECONDS / 3)

    clock.sleep = late  # type: ignore[method-assign]  # time passes while it waits
    outcome = await observe(Services(difference=1), clock)
    assert outcome.applied
    assert not outcome.is_settled


def replayed(**values: Any) -> Replayed:  # noqa: ANN401  # what replace takes
    found = selection(row("1"), row("2"))
    whole = Replayed(
        selection=found,
        plan=build(found.calls),
        outcome=Outcome(opened=Opened(count=2, ended=2)),
        accepted=2,
    )
    return replace(whole, **values)


def test_whatever_is_not_accounted_for_is_said() -> None:
    assert replayed().is_accounted_for
    assert not replayed(accepted=1).is_accounted_for
    assert not replayed(outcome=Outcome(opened=Opened(count=2, ended=1))).is_accounted_for
    assert not replayed(
        outcome=Outcome(opened=Opened(count=2, ended=2), applied=False)
    ).is_accounted_for
    act = replayed().plan.acts[0]
    refused = replayed(refused=(Refusal(act=act, reason="409 team-engaged"),))
    assert not refused.is_accounted_for
    assert refused.document()["refused"] == [
        {
            "call": "1", "act": "alert", "unit": None,
            "occurred_at": "2016-12-31T18:00:00+00:00", "reason": "409 team-engaged",
        }
    ]  # fmt: skip
    assert "1 acts refused: 409 team-engaged" in refused.lines()


@pytest.mark.parametrize("name", ["assign", "on_scene"])
def test_whole_seconds_are_whole_numbers(name: str) -> None:
    legs = {name: Leg(n=1, p50_seconds=60.0, p90_seconds=60.5)}
    told = replayed(outcome=Outcome(legs=legs)).document()["legs"][name]
    assert (told["p50_seconds"], told["p90_seconds"]) == (60, 60.5)
    assert isinstance(told["p50_seconds"], int)
