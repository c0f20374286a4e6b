"""Where calls are played: an instance of their own, or one that is running already."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import uuid5

from services.cli.answers import Json, Origins, RefusedError
from services.cli.client import Ask, Client, open_session
from services.cli.errors import CommandError
from services.cli.instance.instance import Blueprint
from services.cli.instance.opening import open_instance
from services.cli.reach import Reached
from services.cli.replay import park as parks
from services.cli.replay.calls import Call
from services.cli.replay.park import Document, Park
from services.cli.stack.server import Progress
from services.cli.stack.stack import Stack
from services.runtime.auth import Role, new_key
from services.runtime.clock import Clock, ScaledClock, SystemClock
from services.runtime.ids import new_id, new_secret

START_SECONDS = 8.0
"""Real seconds for bringing the services up; until then the scaled clock stands still."""

LEAD = timedelta(seconds=30)
"""How long before the first call the records' time begins."""

REST = timedelta(minutes=20)
"""How far a running instance's time is past the last stamp: every alert comes late to it, so that
nothing is done by itself, and nothing was recorded before it happened."""

LONGEST_LATE = timedelta(days=29)
"""Intake takes nothing older than thirty days."""

Holder = tuple[Role, str]
"""Whose key it is: a role, and the code of an organisation."""

PREFIX = "replay-"
HEARD_SECONDS = 30.0
_POLL_SECONDS = 0.1
UNKNOWN = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where calls are played.

    Attributes:
        origins: Where the services are.
        station: Who reports the calls.
        operators: The operator of each center.
        auditor: Who may see the whole.
        clock: The records' time as it passes there.
        shift: How far the records are moved in time.
        since: A day before the first alert is received.
        run: Names this run.
    """

    origins: Origins
    park: Park
    station: Client
    operators: Mapping[str, Client]
    auditor: Client
    clock: Clock
    shift: timedelta
    since: date
    run: str


@asynccontextmanager
async def own_stage(
    calls: Sequence[Call],
    *,
    stack: Stack,
    data: Path,
    speed: float,
    keep: bool,
    progress: Progress,
) -> AsyncIterator[Stage]:
    """Bring up an instance whose clock begins just before the first call.

    Args:
        calls: At least one, in the order they were received.
        stack: The Kafka and the Postgres it is on.
        data: The data directory.
        speed: Seconds of the records in one real second.
        keep: Its database, topics and secrets stay.
        progress: Takes a line about each thing done.
    """
    park = parks.build(calls)
    origin = calls[0].received - LEAD
    started = SystemClock().real() + timedelta(seconds=START_SECONDS)
    blueprint = Blueprint(
        name=f"replay-{_token()}" if keep else "replay",
        data=data,
        park=park.document,
        clock=ScaledClock(origin, started, speed),
        keep=keep,
    )
    async with (
        open_instance(stack, blueprint, progress=progress) as instance,
        open_session() as session,
    ):
        if keep:
            progress(f"the instance {blueprint.name} in {data} is kept")
        yield Stage(
            origins=instance.origins,
            park=park,
            station=instance.client_of(session, Role.STATION, park.station),
            operators={
                code: instance.client_of(session, Role.OPERATOR, code) for code in park.all_centers
            },
            auditor=instance.client_of(session, Role.AUDITOR, parks.PARK),
            clock=instance.clock,
            shift=timedelta(),
            since=_day_before(origin),
            run="replay",
        )


@asynccontextmanager
async def running_stage(
    calls: Sequence[Call],
    *,
    reached: Reached,
    speed: float,
    keep: bool,
    progress: Progress,
) -> AsyncIterator[Stage]:
    """Play in an instance that is running, at whatever its clock says: as late entries.

    The records are moved in time until their last stamp lies in its past. Centers, units and keys
    are added to its directory, and taken away at the end.

    Args:
        calls: At least one, in the order they were received.
        reached: Where it is, and an admin's key.
        speed: Seconds of the records in one real second.
        keep: What was added to the directory stays.
        progress: Takes a line about each thing done.

    Raises:
        CommandError: The records last too long to be late entries.
    """
    first, last = calls[0].received, max(call.last for call in calls)
    if last - first > LONGEST_LATE:
        said = f"a running instance takes late entries of at most {LONGEST_LATE.days} days"
        raise CommandError(said, code=2)
    token = _token()
    prefix = f"{PREFIX}{token}-"
    origins = reached.origins
    async with open_session() as session:
        admin = Client(session, origins, key=reached.key)
        park, keys = await _move_in(admin, parks.build(calls, prefix=prefix), prefix, progress)

        def client(role: Role, code: str) -> Client:
            return Client(session, origins, key=keys[role, code])

        try:
            station = client(Role.STATION, park.station)
            await _await_known(station)
            now = await _domain_now(station)
            yield Stage(
                origins=origins,
                park=park,
                station=station,
                operators={code: client(Role.OPERATOR, code) for code in park.all_centers},
                auditor=client(Role.AUDITOR, park.code),
                clock=ScaledClock(first, SystemClock().real(), speed),
                shift=now - REST - last,
                since=_day_before(now),
                run=token,
            )
        finally:
            if not keep:
                await _move_out(admin, prefix, progress)


async def _move_in(
    admin: Client, park: Park, prefix: str, progress: Progress
) -> tuple[Park, dict[Holder, str]]:
    """Add a park to the directory, with keys; an instance that has no directory gets it whole."""
    present = await _directory(admin)
    if present is not None:
        park = parks.moved_into(park, present)
    holders = [
        (Role.STATION, park.station),
        (Role.AUDITOR, park.code),
        *((Role.OPERATOR, code) for code in park.all_centers),
    ]
    keys: dict[Holder, str] = {}
    entries = []
    for number, holder in enumerate(holders):
        key_id = f"{prefix}{number}"
        keys[holder], digest = new_key(key_id)
        role, organisation = holder
        entries.append(
            # A person of its own tells the auditor from those the park has.
            {"id": key_id, "role": role.value, "organisation": organisation, "person": key_id}
            | {"sha256": digest}
        )
    addition = {**park.document, "keys": entries}
    await admin.put_directory(addition if present is None else parks.added(present, addition))
    progress(f"{len(park.all_centers)} centers and {len(park.teams)} units are in the directory")
    return park, keys


async def _move_out(admin: Client, prefix: str, progress: Progress) -> None:
    """Take what was added away; an instance that had no directory keeps what it got."""
    present = await _directory(admin)
    if present is None or present["park"]["fallback_center"].startswith(prefix):
        return
    await admin.put_directory(parks.without(present, prefix))
    progress("what was added to the directory is taken away again")


async def _directory(admin: Client) -> Document | None:
    try:
        told = await admin.get("/v1/directory")
    except RefusedError as error:
        if error.kind == "no-directory":
            return None
        raise
    present: Document = told["directory"]
    return present


async def _await_known(station: Client) -> None:
    """Return once every service has heard of the directory, and so knows the key.

    Raises:
        CommandError: One did not in time.
    """
    clock = SystemClock()
    deadline = clock.monotonic() + HEARD_SECONDS
    for ask in (
        Ask(method="GET", path="/v1/directory"),
        Ask(method="GET", path="/v1/watch"),
        Ask(method="POST", path="/v1/alerts", body={}),  # it is no alert: refused, once known
    ):
        while not await _is_known(station, ask):
            if clock.monotonic() > deadline:
                raise CommandError(f"{ask.path}: the new keys are not known yet")
            await clock.sleep(_POLL_SECONDS)


async def _is_known(station: Client, ask: Ask) -> bool:
    try:
        await station.ask(ask)
    except RefusedError as error:
        return error.status != UNKNOWN
    return True


async def _domain_now(caller: Client) -> datetime:
    """The instance's clock, as its figures tell it."""
    day = "2017-01-01"
    told: Json = await caller.get("/v1/compliance", **{"from": day, "to": day})
    return datetime.fromisoformat(told["as_of"])


def _day_before(moment: datetime) -> date:
    """A day that no place on earth has reached later than the moment."""
    return moment.date() - timedelta(days=1)


def _token() -> str:
    return uuid5(new_id(), new_secret()).hex[:8]
