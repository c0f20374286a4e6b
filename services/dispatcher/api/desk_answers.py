"""What the OpenAPI document says of the answers about desks, shifts and hand-overs."""

from services.dispatcher.api.faults import hidden
from services.dispatcher.payloads import shifts
from services.runtime.openapi import (
    OF_BODIES,
    Schema,
    listed,
    or_null,
    refer,
    refusals,
    shape,
    success,
)
from services.runtime.problems import Problem

_TEXT, _NUMBER, _ID = {"type": "string"}, {"type": "integer"}, {"type": "string", "format": "uuid"}
_MOMENT, _FLAG = {"type": "string", "format": "date-time"}, {"type": "boolean"}
_NO_MOMENT = or_null("string", format="date-time")

NOT_ON_SHIFT = Problem(
    409, "desk-not-on-shift", "nobody is on shift at this desk; begin a shift first"
)
MOST_DESKS = Problem(409, "too-many-desks", "50 desks of this center are on shift already.")


def _one_of(*codes: str) -> Schema:
    return {"type": "string", "enum": list(codes)}


_CENTER_STATE = _one_of("online", "silent", "away", "offline")


def shapes() -> dict[str, Schema]:
    """The shapes that these answers refer to, by name, each with an example."""
    found = {
        "CenterDesks": (
            shape(
                center=_TEXT,
                now=_MOMENT,
                real=_MOMENT,
                state=_CENTER_STATE,
                clients=_NUMBER,
                desks=listed("MannedDesk"),
            ),
            shifts.MANNED,
        ),
        "MannedDesk": (
            shape(
                desk=_ID,
                state=_one_of("ready", "silent", "blocked", "away", "lost"),
                operator=_TEXT,
                since=_MOMENT,
                until=_MOMENT,
                connected=_FLAG,
                sound=_one_of("on", "silent", "blocked"),
                checked=_one_of("heard", "overridden"),
                reason=or_null("string"),
                away=_FLAG,
            ),
            shifts.MANNED["desks"][0],
        ),
        "CenterStates": (
            shape(
                now=_MOMENT,
                centers=listed(
                    shape(
                        center=_TEXT,
                        name=_TEXT,
                        state=_CENTER_STATE,
                        since=_NO_MOMENT,
                        consoles=_FLAG,
                        telephone=or_null("string"),
                    )
                ),
            ),
            shifts.STANDINGS,
        ),
    } | _of_handovers()
    return {name: {**each, "examples": [example]} for name, (each, example) in found.items()}


def _of_handovers() -> dict[str, tuple[Schema, object]]:
    head: dict[str, Schema] = {
        "id": _ID,
        "center": _TEXT,
        "state": _one_of("open", "finished", "withdrawn"),
        "from": _TEXT,
        "to": _TEXT,
        "prepared_at": _MOMENT,
        "ended_at": _NO_MOMENT,
        "ended_by": or_null("string"),
        "left": _NUMBER,
        "hash": or_null("string"),
    }
    item = shape(
        incident=_ID,
        number=_TEXT,
        kind=_TEXT,
        severity=_TEXT,
        status=_TEXT,
        state=_TEXT,
        place=or_null("string"),
        received_at=_MOMENT,
        operator=or_null("string"),
        shelved_until=_NO_MOMENT,
        shelved_reason=or_null("string"),
        late=_FLAG,
        accepted_at=_NO_MOMENT,
        accepted_by=or_null("string"),
        ended_at=_NO_MOMENT,
    )
    whole = shape(**head, notes=or_null("string"), items=listed(item))
    running: Schema = {"anyOf": [refer("Handover"), {"type": "null"}]}
    return {
        "Handover": (whole, shifts.HANDOVER),
        "CurrentHandover": (shape(handover=running), {"handover": shifts.HANDOVER}),
        "HandoverPage": (
            shape(handovers=listed(shape(**head)), next=or_null("string", format="uuid")),
            {"handovers": [shifts.LISTED], "next": None},
        ),
    }


MANNED = success("The desks as they stand now.", "CenterDesks") | refusals(
    401, 403, hidden(), 422, 503
)
BEGUN = success("The desks as they stand now.", "CenterDesks") | refusals(
    *OF_BODIES, 401, 403, hidden(), MOST_DESKS, 422, 503
)
SOUNDED = success("The desks as they stand now.", "CenterDesks") | refusals(
    *OF_BODIES, 401, 403, hidden(), NOT_ON_SHIFT, 422, 503
)
ENDED = success("The desks as they stand now.", "CenterDesks") | refusals(
    *OF_BODIES, 401, 403, hidden(), 422, 503
)
STANDINGS = success("What each center is now.", "CenterStates") | refusals(401, 403, 422, 503)

_RUNNING = Problem(
    409,
    "handover-running",
    "A hand-over of this center runs already.",
    handover="019a5a52-6f0e-7c5c-9d8a-000000000115",
)
_UNACCEPTED = Problem(
    409,
    "handover-unaccepted",
    "1 incidents are still to be accepted by name",
    incidents=["0b0f5a52-6f0e-5c5c-9d8a-000000000115"],
)
_OVER = Problem(409, "handover-ended", "this hand-over was finished")
_NOT_THE_INCOMING = Problem(403, "not-the-incoming", "li-yi takes over, nobody else")
_HANDOVER = success("The hand-over as it stands now.", "Handover")

HANDOVERS = success("A page of hand-overs.", "HandoverPage") | refusals(401, hidden(), 422, 503)
CURRENT = success("The one that runs.", "CurrentHandover") | refusals(401, hidden(), 422, 503)
HANDOVER = _HANDOVER | refusals(401, hidden(), 422, 503)
PREPARED = success("The hand-over, begun.", "Handover", status=201) | refusals(
    *OF_BODIES, 401, _NOT_THE_INCOMING, hidden(), _RUNNING, 422, 503
)
ACCEPTED = ENDED_BACK = _HANDOVER | refusals(
    *OF_BODIES, 401, _NOT_THE_INCOMING, hidden(), _OVER, 422, 503
)
FINISHED = _HANDOVER | refusals(*OF_BODIES, 401, _NOT_THE_INCOMING, hidden(), _UNACCEPTED, 422, 503)
