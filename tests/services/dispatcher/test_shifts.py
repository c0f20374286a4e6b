"""Desks and shifts: who may begin one, what a center is because of them, who confirms receipt."""

from uuid import UUID

import pytest

from incident.shift import MOST_DESKS
from services.dispatcher.attendance import Attendance
from services.dispatcher.handlers.shifts import Stream, only_shows, stream_of
from services.runtime.auth import Device, Principal, Role
from tests.asgi import Answer
from tests.services.dispatcher.park import EAST, STATION, WEST, Dispatcher, field_at_fault, told

DESK = UUID("5b0f5a52-6f0e-4c5c-9d8a-000000000115")
OTHER = UUID("5b0f5a52-6f0e-4c5c-9d8a-000000000116")
HEARD: dict[str, object] = {"sound": "heard"}
LIVE = Stream(center=WEST, desk=DESK, client=False)


@pytest.fixture
def attendance(dispatcher: Dispatcher) -> Attendance:
    """What speaks for the streams of this process."""
    return Attendance(dispatcher.shifts, dispatcher.clock)


async def at_desk(
    dispatcher: Dispatcher,
    what: str,
    body: object,
    holder: str = "operator",
    *,
    desk: UUID = DESK,
) -> Answer:
    """Say something at a desk of West's."""
    return await dispatcher.client(holder).post(f"/v1/centers/{WEST}/desks/{desk}/{what}", body)


async def state(dispatcher: Dispatcher, holder: str = "station") -> str:
    """What West is to a station."""
    answer = (await dispatcher.client(holder).get("/v1/centers/readiness")).json()
    found: str = next(each["state"] for each in answer["centers"] if each["center"] == WEST)
    return found


async def receipt(dispatcher: Dispatcher, desk: UUID | None = DESK) -> Answer:
    """Confirm receipt of the first incident from a desk."""
    body = {} if desk is None else {"desk": str(desk)}
    return await dispatcher.act("operator", "receipt", body)


async def test_a_desk_is_ready_once_its_shift_began_and_its_stream_lives(
    dispatcher: Dispatcher, attendance: Attendance
) -> None:
    assert await state(dispatcher) == "offline"
    begun = (await at_desk(dispatcher, "begin", HEARD)).json()
    assert (begun["state"], begun["desks"][0]["state"]) == ("offline", "lost")
    await attendance.join(LIVE)
    shown = (await dispatcher.client("operator").get(f"/v1/centers/{WEST}/desk")).json()
    (desk,) = shown["desks"]
    assert shown["state"] == "online"
    assert (desk["desk"], desk["state"], desk["operator"]) == (str(DESK), "ready", "operator")
    assert (desk["sound"], desk["checked"], desk["connected"]) == ("on", "heard", True)
    assert await state(dispatcher) == "online"


async def test_stations_are_told_of_each_change_and_nothing_personal(
    dispatcher: Dispatcher, attendance: Attendance
) -> None:
    await attendance.join(LIVE)
    await at_desk(dispatcher, "begin", HEARD)
    await at_desk(dispatcher, "sound", {"state": "blocked"})
    await at_desk(dispatcher, "end", {})
    frames = told(dispatcher, f"station:{STATION}")
    assert [frame["state"] for frame in frames] == ["online", "silent", "offline"]
    assert set(frames[0]) == {
        "center", "at", "state", "on_shift", "connected", "audible", "away", "clients",
    }  # fmt: skip


async def test_a_shift_without_the_sound_test_says_why_and_is_silent(
    dispatcher: Dispatcher, attendance: Attendance
) -> None:
    await attendance.join(LIVE)
    assert (await at_desk(dispatcher, "begin", {"sound": "overridden"})).status == 422
    body = {"sound": "overridden", "reason": "no loudspeaker"}
    begun = (await at_desk(dispatcher, "begin", body)).json()
    assert begun["state"] == "silent"
    assert (begun["desks"][0]["checked"], begun["desks"][0]["reason"]) == (
        "overridden",
        "no loudspeaker",
    )
    sounded = (await at_desk(dispatcher, "sound", {"state": "on"})).json()
    assert sounded["state"] == "online"


async def test_who_is_away_makes_the_center_away_and_is_back(
    dispatcher: Dispatcher, attendance: Attendance
) -> None:
    await attendance.join(LIVE)
    await at_desk(dispatcher, "begin", HEARD)
    await dispatcher.client("operator").post(f"/v1/centers/{WEST}/away", {})
    await attendance.look()
    assert await state(dispatcher) == "away"
    await dispatcher.client("operator").post(f"/v1/centers/{WEST}/back", {})
    await attendance.look()
    assert await state(dispatcher) == "online"


async def test_beginning_a_shift_says_that_one_is_there_and_ending_it_forgets_that(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.client("operator").post(f"/v1/centers/{WEST}/away", {})
    await at_desk(dispatcher, "begin", HEARD)
    await dispatcher.open()
    assert not dispatcher[1].away
    await at_desk(dispatcher, "end", {})
    board = (await dispatcher.client("operator").get(f"/v1/centers/{WEST}/board")).json()
    assert board["desk"]["said"] == []


async def test_an_operator_at_two_desks_stays_there_when_one_shift_ends(
    dispatcher: Dispatcher,
) -> None:
    await at_desk(dispatcher, "begin", HEARD)
    await at_desk(dispatcher, "begin", HEARD, desk=OTHER)
    assert len((await at_desk(dispatcher, "end", {})).json()["desks"]) == 1
    board = (await dispatcher.client("operator").get(f"/v1/centers/{WEST}/board")).json()
    assert [entry["operator"] for entry in board["desk"]["said"]] == ["operator"]


async def test_a_shift_nobody_ends_counts_for_16_hours(dispatcher: Dispatcher) -> None:
    await at_desk(dispatcher, "begin", HEARD)
    dispatcher.clock.advance(16 * 3600)
    shown = (await dispatcher.client("operator").get(f"/v1/centers/{WEST}/desk")).json()
    assert shown["desks"] == []
    assert (await at_desk(dispatcher, "sound", {"state": "on"})).status == 409


async def test_a_center_has_room_for_so_many_desks(dispatcher: Dispatcher) -> None:
    for number in range(MOST_DESKS):
        assert (await at_desk(dispatcher, "begin", HEARD, desk=UUID(int=number))).status == 200
    refused = await at_desk(dispatcher, "begin", HEARD)
    assert (refused.status, refused.json()["type"]) == (409, "/problems/too-many-desks")
    assert (await at_desk(dispatcher, "begin", HEARD, desk=UUID(int=0))).status == 200


@pytest.mark.parametrize(
    ("holder", "status"),
    [("chief", 200), ("east-operator", 404), ("west-a", 403), ("station", 403), ("admin", 403)],
)
async def test_only_people_of_the_center_act_at_its_desks(
    dispatcher: Dispatcher, holder: str, status: int
) -> None:
    assert (await at_desk(dispatcher, "begin", HEARD, holder)).status == status
    assert (await at_desk(dispatcher, "end", {}, holder)).status == status
    allowed = 200 if status == 200 else status
    assert (await at_desk(dispatcher, "sound", {"state": "on"}, holder)).status in (allowed, 409)


@pytest.mark.parametrize(
    ("holder", "centers"), [("station", 4), ("supervisor", 4), ("operator", 1), ("west-a", None)]
)
async def test_each_sees_the_centers_it_may_send_to(
    dispatcher: Dispatcher, holder: str, centers: int | None
) -> None:
    answer = await dispatcher.client(holder).get("/v1/centers/readiness")
    if centers is None:
        assert answer.status == 403
    else:
        assert len(answer.json()["centers"]) == min(centers, len(dispatcher.atlas.lookup.centers))


@pytest.mark.parametrize(
    ("holder", "status"), [("supervisor", 200), ("east-operator", 404), ("station", 404)]
)
async def test_who_sits_where_is_for_the_center_and_the_park(
    dispatcher: Dispatcher, holder: str, status: int
) -> None:
    answer = await dispatcher.client(holder).get(f"/v1/centers/{WEST}/desk")
    assert answer.status == status


async def test_only_a_ready_desk_confirms_receipt(
    dispatcher: Dispatcher, attendance: Attendance
) -> None:
    await dispatcher.open()

    async def refused() -> str:
        answer = await receipt(dispatcher)
        assert answer.status == 409
        return str(answer.json()["type"]).removeprefix("/problems/")

    assert await refused() == "desk-not-on-shift"
    await at_desk(dispatcher, "begin", HEARD)
    assert await refused() == "desk-not-on-shift"
    await attendance.join(LIVE)
    await at_desk(dispatcher, "sound", {"state": "silent"})
    assert await refused() == "desk-silent"
    assert dispatcher[1].state == "open"
    await at_desk(dispatcher, "sound", {"state": "on"})
    assert (await receipt(dispatcher)).status == 200
    assert dispatcher[1].state == "pushed"


async def test_a_key_that_names_no_desk_confirms_by_itself(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    assert (await receipt(dispatcher, None)).status == 200


async def test_another_centers_desk_confirms_nothing(
    dispatcher: Dispatcher, attendance: Attendance
) -> None:
    await dispatcher.open(center=EAST)
    await at_desk(dispatcher, "begin", HEARD)
    await attendance.join(LIVE)
    body = {"desk": str(DESK)}
    assert (await dispatcher.act("east-operator", "receipt", body)).status == 409


async def test_a_malformed_desk_is_refused_by_its_field(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    answer = await dispatcher.act("operator", "receipt", {"desk": "one"})
    assert field_at_fault(answer) == "desk"


def caller(key_id: str = "k", role: Role = Role.OPERATOR, **more: object) -> Principal:
    """Somebody of West's."""
    organisation = WEST if role is Role.OPERATOR else "park"
    device = Device.WALL if more.get("wall") else None
    return Principal(key_id=key_id, role=role, organisation=organisation, device=device)


def test_a_stream_counts_as_what_it_is() -> None:
    client = stream_of(caller(), WEST, None)
    assert client is not None
    assert client.client
    assert stream_of(caller("session:1"), WEST, None) is None
    assert stream_of(caller("session:1"), WEST, DESK) == LIVE
    assert stream_of(caller(wall=True), WEST, DESK) is None
    assert stream_of(caller(role=Role.SUPERVISOR), WEST, DESK) is None
    assert stream_of(caller(), EAST, DESK) is None
    assert only_shows(caller(wall=True))


async def test_a_stream_that_ends_is_held_for_alive_a_moment(
    dispatcher: Dispatcher, attendance: Attendance
) -> None:
    await at_desk(dispatcher, "begin", HEARD)
    await attendance.join(LIVE)
    attendance.leave(LIVE)
    await attendance.look()
    assert await state(dispatcher) == "online"
    dispatcher.clock.advance(3)
    await attendance.look()
    assert await state(dispatcher) == "offline"


async def test_a_page_that_is_back_in_time_was_never_gone(
    dispatcher: Dispatcher, attendance: Attendance
) -> None:
    await at_desk(dispatcher, "begin", HEARD)
    await attendance.join(LIVE)
    attendance.leave(LIVE)
    dispatcher.clock.advance(2)
    await attendance.join(LIVE)
    dispatcher.clock.advance(5)
    await attendance.look()
    states = [frame["state"] for frame in told(dispatcher, f"station:{STATION}")]
    assert states == ["offline", "online"]


async def test_a_stream_goes_on_when_it_cannot_be_kept_and_counts_with_the_next_beat(
    dispatcher: Dispatcher, attendance: Attendance
) -> None:
    await at_desk(dispatcher, "begin", HEARD)
    dispatcher.shifts.fault = OSError("away")
    await attendance.join(LIVE)
    assert await state(dispatcher) == "offline"
    await attendance.look()
    assert await state(dispatcher) == "online"
