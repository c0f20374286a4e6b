"""A small park, keys to it, and an intake for it with fakes at its edges."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from starlette.types import ASGIApp

from incident.messages import AlertCancelled, AlertReceived, AlertUpdated, DirectoryPublished
from incident.profile import Kind
from services.intake.api.app import make_app
from services.intake.handlers.alerts import Desk
from services.intake.handlers.directory import DirectoryCopy
from services.intake.overload import Admission, Limits
from services.intake.payloads import examples
from services.runtime.auth import new_key
from services.runtime.clock import SystemClock
from services.runtime.guards import RequestScope
from services.runtime.kinds import load_kinds
from services.runtime.vault import Vault
from tests.fakes.alert_log import FakeAlertLog
from tests.fakes.clock import FakeClock
from tests.fakes.http import Answer, Client

HOLDERS = {
    "station": ("station", "st-jinji"),
    "other-station": ("station", "st-other"),
    "operator": ("operator", "c-east"),
    "chief": ("chief", "c-east"),
    "west-operator": ("operator", "c-west"),
    "team": ("team", "c-east"),
    "supervisor": ("supervisor", "park"),
    "auditor": ("auditor", "park"),
    "admin": ("admin", "park"),
}
_MADE = {name: new_key(name) for name in HOLDERS}
KEYS = {name: key for name, (key, _) in _MADE.items()}

VAULT = Vault({"k1": bytes(range(32))})
KINDS, _ = load_kinds()


def document() -> dict[str, Any]:
    """The park's directory, its own copy for each caller."""
    keys = [
        {
            "id": name,
            "role": role,
            "organisation": organisation,
            "sha256": _MADE[name][1],
            **({"team": "team-1"} if role == "team" else {}),
        }
        for name, (role, organisation) in HOLDERS.items()
    ]
    return {
        "park": {
            "code": "park",
            "name": {"zh": "园区", "en": "Park"},
            "fallback_center": "c-west",
        },
        "stations": [{"code": "st-jinji", "name": "金鸡湖"}, {"code": "st-other", "name": "他所"}],
        "enterprises": [{"code": "e-chips", "name": "芯片"}],
        "centers": [
            {"code": "c-east", "name": "东", "place": "east"},
            {"code": "c-west", "name": "西", "place": "west"},
        ],
        "places": [
            {"code": "root", "type": "park", "name": "园区"},
            {"code": "east", "type": "area", "name": "东区", "parent": "root"},
            {"code": "west", "type": "area", "name": "西区", "parent": "root"},
            {"code": "gate-2", "type": "gate", "name": "二号门", "parent": "east"},
            {"code": "gate-9", "type": "gate", "name": "九号门", "parent": "west"},
        ],
        "teams": [
            {
                "code": "team-1",
                "name": "一队",
                "organisation": "c-east",
                "function_group": "duty-linkage",
            }
        ],
        "keys": keys,
    }


def published(version: int = 1, **changes: object) -> DirectoryPublished:
    """The park's directory as published."""
    return DirectoryPublished(
        version=version, document=document() | changes, published_at=FakeClock().now()
    )


PUBLISHED = published()


def alert(**changes: object) -> dict[str, Any]:
    """The body of an alert; a change to `...` leaves the field out."""
    body = deepcopy(examples.ALERT) | changes
    return {name: value for name, value in body.items() if value is not ...}


class Intake:
    """An intake in one process with its fakes.

    Attributes:
        log: What it said to Kafka.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        kinds: Mapping[str, Kind] | None = None,
        directory: DirectoryPublished | None = PUBLISHED,
    ) -> None:
        self.clock = FakeClock()
        self.log = FakeAlertLog()
        self.copy = DirectoryCopy(self.clock)
        if directory is not None:
            self.copy.take(directory)
        self.admission = Admission(limits or Limits(), self.clock.monotonic)
        self.desk = Desk(
            directory=self.copy,
            kinds=kinds or KINDS,
            vault=VAULT,
            log=self.log,
            clock=self.clock,
        )
        self.app: ASGIApp = RequestScope(make_app(self.desk, self.admission), "intake", self.clock)

    def client(self, holder: str = "station") -> Client:
        """A client with the key of one of `HOLDERS`."""
        return Client(self.app, headers={"authorization": f"Bearer {KEYS[holder]}"})

    async def post(
        self,
        path: str = "/v1/alerts",
        holder: str = "station",
        **request: Any,  # noqa: ANN401  # passed on
    ) -> Answer:
        """Post something, an alert if nothing else is said."""
        if not {"json", "body"} & request.keys():
            request["json"] = alert()
        return await self.client(holder).post(path, **request)

    def said(self) -> AlertReceived | AlertUpdated | AlertCancelled:
        """The one thing that was said to Kafka."""
        assert len(self.log.messages) == 1
        return self.log.messages[0].body

    def alert(self) -> AlertReceived:
        """The one alert that was said to Kafka."""
        body = self.said()
        assert isinstance(body, AlertReceived)
        return body


async def until(condition: Callable[[], bool]) -> None:
    """Give way until a condition holds; there is nothing else for the loop to wait for."""
    for _ in range(1000):
        if condition():
            return
        await SystemClock().sleep(0)
    raise AssertionError("it never came to hold")
