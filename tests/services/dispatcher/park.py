"""A small park, keys to it, and a dispatcher for it in one process with fakes at its edges."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid5

from incident.alert import Alert, IncidentId, OrganisationId, Place, Status
from incident.directory import Lookup, read_directory
from incident.lifecycle import Incident
from incident.messages import (
    STEP_DUE,
    TYPES,
    AlertCancelled,
    AlertReceived,
    AlertUpdated,
    StepDue,
)
from incident.moments import Actor
from services.dispatcher.api import (
    acts,
    app,
    handing,
    late_entries,
    presence,
    reads,
    shifts,
    streams,
    tasks,
)
from services.dispatcher.attendance import Attendance
from services.dispatcher.consumer import AlertConsumer, TimingConsumer
from services.dispatcher.handlers.commands import Answer as Result
from services.dispatcher.handlers.commands import Request, execute
from services.dispatcher.handlers.late_entries import Entered, Entry, enter
from services.dispatcher.stream import Hub
from services.dispatcher.watch import NotifierWatch
from services.runtime import codec, envelope
from services.runtime.auth import Authenticator, Key, bearer, new_key
from services.runtime.records import Received
from services.runtime.vault import Vault
from tests.asgi import Answer, AsgiClient
from tests.builders import an_alert, at
from tests.fakes.clock import FakeClock
from tests.fakes.dispatcher import FakeAtlas, FakeStore
from tests.fakes.dispatcher_reads import FakeDesks, FakeReads, FakeTasks, StoreFrames
from tests.fakes.shifts import FakeHandovers, FakeShifts
from tests.incident.directories import key, team

WEST, EAST, SOUTH = (OrganisationId(f"{name}-center") for name in ("west", "east", "south"))
STATION, OTHER_STATION, FAR_STATION = (
    OrganisationId(name) for name in ("station", "other-station", "far-station")
)
STATIONS = (STATION, OTHER_STATION, FAR_STATION)

HOLDERS: dict[str, tuple[str, str, str | None]] = {
    "station": ("station", STATION, None),
    "other-station": ("station", OTHER_STATION, None),
    "far-station": ("station", FAR_STATION, None),
    "operator": ("operator", WEST, None),
    "chief": ("chief", WEST, None),
    "east-operator": ("operator", EAST, None),
    "east-chief": ("chief", EAST, None),
    "south-operator": ("operator", SOUTH, None),
    "south-chief": ("chief", SOUTH, None),
    "park-operator": ("operator", "park-center", None),
    "park-chief": ("chief", "park-center", None),
    "west-a": ("team", WEST, "west-a"),
    "west-b": ("team", WEST, "west-b"),
    "east-a": ("team", EAST, "east-a"),
    "east-b": ("team", EAST, "east-b"),
    "shared-1": ("team", "park", "shared-1"),
    "supervisor": ("supervisor", "park", None),
    "auditor": ("auditor", "park", None),
    "admin": ("admin", "park", None),
}
_MADE = {name: new_key(name) for name in HOLDERS}
KEYS = {name: secret for name, (secret, _) in _MADE.items()}
VAULT = Vault({"k1": bytes(range(32))})
IDS = UUID("11511511-5115-5115-8115-115115115115")

Message = AlertReceived | AlertUpdated | AlertCancelled
_NAMES = {kind: name for name, kind in TYPES.items()}


def document(**changes: object) -> dict[str, Any]:
    """The park's directory, its own copy for each caller."""
    whole: dict[str, Any] = {
        "park": {
            "code": "park",
            "name": {"zh": "青禾五金园", "en": "Qinghe Park"},
            "fallback_center": "park-center",
        },
        "stations": [{"code": code, "name": "派出所"} for code in STATIONS],
        "enterprises": [{"code": code, "name": code} for code in ("east", "west", "south")],
        "centers": [
            {"code": "park-center", "name": "园区中心", "place": "root"},
            {"code": WEST, "name": "西", "enterprise": "west", "place": "west-site"},
            {"code": SOUTH, "name": "南", "enterprise": "south", "place": "south-site"},
            {
                "code": EAST,
                "name": "东",
                "enterprise": "east",
                "place": "east-site",
                "consoles": False,
                "webhook": {"url": "https://east.example/alerts", "secret": "east-hook"},
            },
        ],
        "places": [
            {"code": "root", "type": "park", "name": "青禾五金园"},
            *(
                {"code": f"{side}-site", "type": "enterprise", "name": side, "parent": "root"}
                for side in ("east", "west", "south")
            ),
            {"code": "west-1", "type": "building", "name": "1号楼", "parent": "west-site"},
            {"code": "west-2", "type": "building", "name": "2号楼", "parent": "west-site"},
        ],
        "teams": [
            team("west-a", WEST, "west-1", members=[{"code": "p1", "name": "张甲"}]),
            team("west-b", WEST, "west-2"),
            team("east-a", EAST, "east-site"),
            team("east-b", EAST, "east-site"),
            team("shared-1", "park", "root"),
            team("shared-2", "park", "root"),
        ],
        "keys": [
            key(
                name,
                role,
                organisation,
                **({"team": of} if of else {}),
                sha256=_MADE[name][1],
            )
            for name, (role, organisation, of) in HOLDERS.items()
        ],
    }
    return whole | changes


def lookup_of(whole: Mapping[str, Any]) -> Lookup:
    """A directory, ready for questions."""
    return Lookup(read_directory(whole, version=1, now=at(0)))


def alert(number: int = 1, *, center: str | None = WEST, **changes: Any) -> Alert:  # noqa: ANN401  # fields of any type
    """An alert of the station for a center; its content is told by its fingerprint."""
    usual = {
        "id": incident_id(number),
        "station": STATION,
        "place": Place(center=None if center is None else OrganisationId(center)),
        "fingerprint": f"{number:064x}",
    }
    return replace(an_alert(number=number), **{**usual, **changes})


def incident_id(number: int) -> IncidentId:
    """The id of the numbered alert."""
    return IncidentId(UUID(int=number))


def read_mail(text: str) -> dict[str, Any]:
    """What was sealed in a text of a numbered alert."""
    opened: dict[str, Any] = codec.decode(VAULT.open(text, f"alert:{incident_id(1)}"), dict)
    return opened


class Dispatcher:
    """A dispatcher in one process.

    Attributes:
        store: What it keeps.
        atlas: Its directory, which may be replaced.
    """

    def __init__(self) -> None:
        self.clock = FakeClock(at(0))
        self.atlas = FakeAtlas(lookup_of(document()))
        self.store = FakeStore(self.atlas)
        self.reads = FakeReads(self.store)
        self.hub = Hub(StoreFrames(self.store), self.clock)
        self._numbers = count(1)
        caller = bearer(Authenticator(self._find_key, self.clock))
        desks = FakeDesks(self.store)
        self.shifts = FakeShifts(self.store)
        self.attendance = Attendance(self.shifts, self.clock)
        rooms = shifts.Rooms(
            shifts=self.shifts, desks=desks, caller=caller, atlas=self.atlas, clock=self.clock
        )
        self.handovers = FakeHandovers(self.store)
        turns = handing.Turns(
            handovers=self.handovers,
            caller=caller,
            atlas=self.atlas,
            vault=VAULT,
            clock=self.clock,
        )
        looks = reads.Looks(
            reads=self.reads,
            caller=caller,
            atlas=self.atlas,
            vault=VAULT,
            clock=self.clock,
            watch=NotifierWatch(self.clock),
            desks=desks,
        )
        seats = presence.Seats(desks=desks, caller=caller, atlas=self.atlas, clock=self.clock)
        listing = tasks.Listing(tasks=FakeTasks(self.store), caller=caller, clock=self.clock)
        ledger = late_entries.Ledger(enter=self._enter, caller=caller, vault=VAULT)
        doing = acts.Acts(execute=self._execute, caller=caller, vault=VAULT, clock=self.clock)
        self.app = app.build(
            [
                late_entries.router(ledger),
                acts.router(doing),
                reads.router(looks),
                streams.router(
                    self.hub,
                    caller=caller,
                    atlas=self.atlas,
                    find=self.reads.find,
                    attendance=self.attendance,
                ),
                presence.router(seats),
                shifts.router(rooms),
                handing.router(turns),
                tasks.router(listing),
            ]
        )

    def renew(self) -> None:
        """Forget everything."""
        self.clock.advance((at(0) - self.clock.now()).total_seconds())
        self.atlas.renew(lookup_of(document()))
        self.store.renew()
        self.shifts.renew()
        self.handovers.kept = {}

    def __getitem__(self, number: int) -> Incident:
        """The numbered incident as it stands."""
        return self.store.tables.incidents[incident_id(number)]

    def events(self, number: int = 1) -> list[dict[str, Any]]:
        """The events of the numbered incident, as chained."""
        logged = self.store.tables.events[incident_id(number)]
        return [codec.decode(entry.text, dict) for entry in logged]

    def types(self, number: int = 1) -> list[str]:
        """The types of its events, without what all have in common."""
        return [event["type"].split(".")[1] for event in self.events(number)]

    def client(self, holder: str) -> AsgiClient:
        """A client with the key of one of `HOLDERS`."""
        return AsgiClient(self.app, {"authorization": f"Bearer {KEYS[holder]}"})

    async def act(
        self,
        holder: str,
        verb: str,
        body: object = None,
        *,
        number: int | IncidentId = 1,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Use a verb on the numbered incident, under a new idempotency key each time."""
        id_ = incident_id(number) if isinstance(number, int) else number
        return await self.client(holder).post(
            f"/v1/incidents/{id_}/{verb}",
            {} if body is None else body,
            {"idempotency-key": key or f"key-{next(self._numbers)}", **(headers or {})},
        )

    async def done(
        self,
        holder: str,
        verb: str,
        body: object = None,
        **more: Any,  # noqa: ANN401  # passed on
    ) -> dict[str, Any]:
        """Use a verb, which must succeed, and give its answer."""
        answer = await self.act(holder, verb, body, **more)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json()
        return found

    async def open(
        self,
        *numbers: int,
        center: str | None = WEST,
        **changes: Any,  # noqa: ANN401  # fields of any type
    ) -> None:
        """Open incidents, the first one if nothing is said."""
        messages = [
            AlertReceived(alert=alert(number, center=center, **changes))
            for number in numbers or (1,)
        ]
        await self.hear(*messages)

    async def hear(self, *messages: Message) -> None:
        """Consume a batch of messages of stations."""
        records = [
            _record(message, _NAMES[type(message)], self.clock.now()) for message in messages
        ]
        async with self.store.work() as work:
            consumer = AlertConsumer(lambda _: work, atlas=self.atlas, clock=self.clock)
            await consumer.apply(None, records)

    async def due(self, *steps: str | StepDue, number: int = 1) -> None:
        """Consume a batch of steps that the notifier says are due now."""
        now = self.clock.now()
        told = [
            StepDue(incident=incident_id(number), step=step, due_at=now, fired_at=now)
            if isinstance(step, str)
            else step
            for step in steps
        ]
        records = [_record(step, STEP_DUE, now) for step in told]
        async with self.store.work() as work:
            consumer = TimingConsumer(
                lambda _: work, atlas=self.atlas, clock=self.clock, hear=lambda: None
            )
            await consumer.apply(None, records)

    def _find_key(self, key_id: str) -> Key | None:
        found = self.atlas.lookup.key(key_id)
        return None if found is None else found

    async def _enter(self, entry: Entry, actor: Actor, key: str) -> Entered:
        now = self.clock.now()
        return await enter(entry, actor=actor, key=key, now=now, store=self.store, atlas=self.atlas)

    async def _execute(self, request: Request) -> Result:
        return await execute(request, store=self.store, atlas=self.atlas)


def _record(message: Message | StepDue, type_: str, now: datetime) -> Received:
    value = codec.encode(message)
    headers = envelope.build(
        envelope.Envelope(id=str(uuid5(IDS, value.hex())), source="/t", type=type_, time=now)
    )
    return Received(
        topic="t", partition=0, offset=0, key="", value=value, headers=headers, timestamp=now
    )


def drill(alert_: Alert) -> Alert:
    """The same alert as an exercise."""
    return replace(alert_, status=Status.EXERCISE)


def told(dispatcher: Dispatcher, channel: str) -> Sequence[dict[str, Any]]:
    """What a channel was told."""
    frames = dispatcher.store.tables.told.get(channel, ())
    return [codec.decode(frame.data, dict) for frame in frames]


def field_at_fault(answer: Answer) -> str:
    """The field a refusal names."""
    found = answer.json()
    assert (answer.status, found["type"]) == (422, "/problems/invalid"), found
    field: str = found["field"]
    return field
