"""Links that acknowledge, tests and their report, and who sees which message."""

from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI

from incident.alert import OrganisationId, Severity
from incident.directory import Key, Role
from services.notifier.api import app
from services.notifier.api.messages import counter, replies
from services.notifier.handlers.messages.links import PATH
from services.notifier.payloads.messages import MadeTests, Messages, MonthReport
from services.notifier.ports.messages import MessageState
from services.notifier.sending.monthly import MonthlyTest
from services.runtime.auth import Authenticator, bearer, new_key
from tests.builders import CENTER, STATION, at
from tests.fakes.clock import FakeClock
from tests.fakes.http import Answer, Client
from tests.integration.notifier.messages.site import LINKS, REAL, Desk, Post115
from tests.services.notifier.messages.office import STEP, due, incident_of


@dataclass
class Front:
    """The routes on a desk, asked by keys of every role."""

    desk: Desk

    def __post_init__(self) -> None:
        self.made = 0
        self.keys: dict[str, Key] = {}
        desk, caller = self.desk, bearer(Authenticator(self.keys.get, REAL))
        front = counter.Counter(
            reads=desk.reads, office=desk.office, clock=REAL, caller=caller, made=self.count
        )
        window = replies.Window(reads=desk.reads, office=desk.office, links=LINKS, clock=REAL)
        self.app: FastAPI = app.build(
            [counter.router(front), replies.router(window)],
            models=(Messages, MadeTests, MonthReport),
        )
        self.anybody = Client(self.app)

    def count(self) -> None:
        self.made += 1

    def holder(self, role: Role, organisation: str) -> Client:
        text, sha256 = new_key(f"{role}-{organisation}")
        key = Key(
            id=f"{role}-{organisation}",
            role=role,
            organisation=OrganisationId(organisation),
            sha256=sha256,
        )
        self.keys[key.id] = key
        return Client(self.app, headers={"authorization": f"Bearer {text}"})


@pytest.fixture
def front(desk: Desk) -> Front:
    return Front(desk)


async def sent(desk: Desk, post: Post115, *steps: str) -> str:
    """Send messages about an incident; returns the path of the last link."""
    await desk.tells(due(incident_of(severity=Severity.RED), *(steps or (STEP,)), now=60))
    async with desk.sending():
        await desk.settled()
    link: str = post.got[-1][2]["link"]
    return PATH + link.rpartition(PATH)[2]


async def test_to_look_at_a_link_does_nothing(front: Front, post: Post115) -> None:
    path = await sent(front.desk, post)

    await front.anybody.get(path)
    answer = await front.anybody.get(path)

    assert answer.status == 200
    assert b'<form method="post">' in answer.body
    assert "no-store" in answer.headers["cache-control"]
    assert [one.acknowledged_at for one in await front.desk.all()] == [None]


async def test_the_button_acknowledges_once(front: Front, post: Post115) -> None:
    path = await sent(front.desk, post)

    first, second = await front.anybody.post(path), await front.anybody.post(path)

    assert first.status == 200
    assert (second.status, kind(second)) == (409, "link-used")
    (message,) = await front.desk.all()
    assert message.acknowledged_at is not None


async def test_who_acknowledged_hears_no_more_of_that_rung(front: Front, post: Post115) -> None:
    path = await sent(front.desk, post)
    await front.anybody.post(path)

    await front.desk.tells(due(incident_of(severity=Severity.RED), "1/undelivered-chief/2", now=90))

    assert (await front.desk.all())[-1].reason == "acknowledged"


@pytest.mark.parametrize(
    ("token", "status", "problem"),
    [
        ("abc", 400, "link-malformed"),
        ("A" * 50, 403, "link-forged"),
        ("expired", 410, "link-expired"),
        ("unknown", 404, "link-unknown"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_that_is_none_is_refused_precisely_and_nothing_is_done(  # noqa: PLR0917  # a case
    front: Front, post: Post115, token: str, status: int, problem: str, method: str
) -> None:
    await sent(front.desk, post)
    (message,) = await front.desk.all()
    now = REAL.real()
    if token == "expired":
        token = LINKS.link(message.id, until=now - timedelta(seconds=1)).rpartition(PATH)[2]
    elif token == "unknown":
        other = replace(message, id=incident_of(9).id)
        token = LINKS.link(other.id, until=now + timedelta(days=1)).rpartition(PATH)[2]

    answer = await front.anybody.call(method, PATH + token)
    page = await front.anybody.call(method, PATH + token, headers={"accept": "text/html"})

    assert (answer.status, kind(answer)) == (status, problem)
    assert page.status == status
    assert page.headers["content-type"].startswith("text/html")
    assert token not in answer.body.decode()
    assert [one.acknowledged_at for one in await front.desk.all()] == [None]


async def test_messages_are_shown_with_masked_addresses_to_those_concerned(
    front: Front, post: Post115
) -> None:
    await sent(front.desk, post)
    seen = {
        (role, organisation): len((await listed(front, role, organisation))["messages"])
        for role, organisation in (
            (Role.OPERATOR, CENTER),
            (Role.CHIEF, "west-center"),
            (Role.STATION, STATION),
            (Role.STATION, "station-2"),
            (Role.SUPERVISOR, "park"),
        )
    }

    assert list(seen.values()) == [1, 0, 1, 0, 1]
    text = (await front.holder(Role.ADMIN, "park").get("/v1/messages")).body.decode()
    assert "/zhao" not in text
    assert "赵甲" not in text
    refused = await front.holder(Role.TEAM, CENTER).get("/v1/messages")
    assert refused.status == 403
    assert (await front.anybody.get("/v1/messages")).status == 401


async def listed(
    front: Front, role: Role, organisation: str, query: str = ""
) -> dict[str, list[dict[str, object]]]:
    answer = await front.holder(role, organisation).get(f"/v1/messages{query}")
    assert answer.status == 200
    found: dict[str, list[dict[str, object]]] = answer.json()
    return found


async def test_messages_are_found_by_incident_person_and_state(front: Front, post: Post115) -> None:
    await sent(front.desk, post)
    incident = incident_of().id

    for query, count in (
        (f"?incident={incident}", 1),
        ("?person=zhao&state=delivered", 1),
        ("?state=failed", 0),
        ("?person=qian", 0),
    ):
        found = await listed(front, Role.ADMIN, "park", query)
        assert len(found["messages"]) == count, query


async def test_a_test_goes_to_a_person_and_to_a_whole_center(front: Front, post: Post115) -> None:
    front.desk.people.reached("qian", ("webhook", f"{post.url}/qian"))
    chief = front.holder(Role.CHIEF, CENTER)

    one = await chief.post("/v1/messages/test", json={"organisation": CENTER, "person": "zhao"})
    everybody = await chief.post("/v1/messages/test", json={"organisation": CENTER})
    async with front.desk.sending():
        await front.desk.settled()

    assert (one.status, everybody.status) == (202, 202)
    assert (len(one.json()["messages"]), len(everybody.json()["messages"])) == (1, 2)
    assert len(post.got) == 3
    assert all(body["text"].startswith("【测试】") for _, _, body in post.got)
    assert front.made == 2


@pytest.mark.parametrize(
    ("role", "organisation", "body", "status"),
    [
        (Role.CHIEF, "west-center", {"organisation": CENTER}, 403),
        (Role.OPERATOR, CENTER, {"organisation": CENTER}, 403),
        (Role.ADMIN, "park", {"organisation": CENTER, "person": "nobody"}, 404),
        (Role.ADMIN, "park", {"organisation": "nowhere"}, 404),
        (Role.ADMIN, "park", {"person": "zhao"}, 422),
        (Role.ADMIN, "park", {"organisation": CENTER, "text": "x"}, 422),
    ],
)
async def test_a_test_that_may_not_be_is_refused_and_nothing_sent(  # noqa: PLR0917  # a case
    front: Front, role: Role, organisation: str, body: dict[str, str], status: int
) -> None:
    answer = await front.holder(role, organisation).post("/v1/messages/test", json=body)

    assert answer.status == status
    assert await front.desk.all() == []


async def test_the_monthly_test_is_made_once_and_reports_who_did_not_confirm(
    front: Front, post: Post115
) -> None:
    front.desk.people.reached("qian", ("webhook", f"{post.url}/qian"))
    clock = FakeClock(at(0))
    tests = [
        MonthlyTest(
            reads=front.desk.reads,
            office=front.desk.office,
            clock=clock,
            zone=lambda: ZoneInfo("Asia/Shanghai"),
            made=front.count,
        )
        for _ in range(2)
    ]

    made = [await test.look() for test in (*tests, *tests)]
    async with front.desk.sending():
        messages = await front.desk.settled()
    link = next(body["link"] for path, _, body in post.got if path == "/zhao")
    await front.anybody.post(PATH + link.rpartition(PATH)[2])
    report = (await front.holder(Role.ADMIN, "park").get("/v1/messages/tests/2026-03")).json()

    assert made == [True, False, False, False]
    assert [one.state for one in messages] == [MessageState.DELIVERED] * 2
    assert (report["people"], report["confirmed"]) == (2, 1)
    assert [one["person"] for one in report["unconfirmed"]] == ["qian"]
    none = await front.holder(Role.ADMIN, "park").get("/v1/messages/tests/2026-02")
    assert (none.status, kind(none)) == (404, "no-such-test")


def kind(answer: Answer) -> str:
    found: str = answer.json()["type"].removeprefix("/problems/")
    return found
