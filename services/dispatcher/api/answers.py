"""What the OpenAPI document says of each route's answers."""

from incident.chain import Head
from incident.directory import Team
from incident.lifecycle import Incident
from services.dispatcher.api import account_answers, choice_answers, desk_answers
from services.dispatcher.api.faults import hidden
from services.dispatcher.handlers.directory import Version
from services.dispatcher.handlers.housekeeping import Digest
from services.dispatcher.handlers.keys import MadeKey
from services.dispatcher.handlers.presence import Desk
from services.dispatcher.handlers.reading import Logged
from services.dispatcher.handlers.tasks import Supervised, ToCall
from services.dispatcher.payloads import examples, following
from services.dispatcher.payloads.views import LENT_FIELDS
from services.runtime.openapi import (
    OF_BODIES,
    Responses,
    Schema,
    listed,
    or_null,
    refer,
    refusals,
    shape,
    shapes_of,
    success,
)
from services.runtime.problems import Problem

_TEXT, _NUMBER, _ID = {"type": "string"}, {"type": "integer"}, {"type": "string", "format": "uuid"}
_MOMENT = {"type": "string", "format": "date-time"}

_NOT_ALLOWED = Problem(
    409,
    "not-allowed",
    "An incident that is closed takes no assignment.",
    allowed=["reopen", "note"],
)
_OTHER_VERSION = Problem(
    412, "version-mismatch", "The incident is at version 5 by now. Look at it again.", version=5
)
_OTHER_DIRECTORY = Problem(
    412, "version-mismatch", "The directory is at version 3 by now. Look at it again.", version=3
)
_NO_DIRECTORY = Problem(409, "no-directory", "No directory has been applied yet.")
_ID_TAKEN = Problem(
    409,
    "key-id-taken",
    "There is a key of this id; take it away first, or choose another id.",
    field="id",
)
_TAKEN = Problem(
    409,
    "reference-taken",
    "There is an incident of this reference with other content.",
    incident="0b0f5a52-6f0e-5c5c-9d8a-000000000115",
)
_UNKNOWN_KEY = Problem(404, "unknown-key-id", "There is no key of this id.")
_TOO_MANY = Problem(
    429, "too-many-streams", "This server holds as many streams as it may.", retry_after=5
)


_BODIES: dict[str, tuple[Schema, object]] = {
    "Acted": (
        shape(
            id=_ID, version=_NUMBER, state=_TEXT, changed={"type": "boolean"}, allowed=listed(_TEXT)
        ),
        examples.ANSWER,
    ),
    "IncidentPage": (
        shape(incidents=listed("AnyIncident"), next=or_null("string")),
        {"incidents": [examples.INCIDENT], "next": None},
    ),
    "AnyIncident": (
        {"anyOf": [refer("Incident"), refer("LentIncident")]},
        examples.INCIDENT,
    ),
    "EventPage": (shape(incident=_ID, events=listed("Logged")), examples.EVENTS),
    "Personal": (
        shape(incident=_ID, personal=listed({"type": "object", "required": ["version"]})),
        examples.PERSONAL,
    ),
    "Board": (
        shape(
            center=_TEXT,
            sequence=_NUMBER,
            now=_MOMENT,
            real=_MOMENT,
            incidents=listed("AnyIncident"),
            teams=listed("BoardTeam"),
            watch=shape(notifier_silent_seconds=or_null("number")),
            desk=refer("Desk"),
        ),
        examples.BOARD,
    ),
    "HeadPage": (shape(heads=listed("Head"), next=or_null("string")), examples.HEADS),
    "DigestPage": (shape(digests=listed("Digest"), next=or_null("integer")), examples.DIGESTS),
    "Directory": (
        shape(version=_NUMBER, directory={"type": "object"}),
        examples.DIRECTORY,
    ),
    "VersionPage": (shape(versions=listed("Version"), next=or_null("integer")), examples.VERSIONS),
    "Applied": (
        shape(version=_NUMBER, changes=listed(shape(path=_TEXT, kind=_TEXT, before={}, after={}))),
        examples.APPLIED,
    ),
    "SupervisionPage": (
        shape(supervisions=listed("Supervised"), next=or_null("string")),
        following.SUPERVISIONS,
    ),
    "CallPage": (shape(calls=listed("ToCall"), next=or_null("string")), following.CALLS),
    "Entered": (shape(id=_ID, version=_NUMBER, state=_TEXT), following.ENTERED),
    "KeyTaken": (shape(id=_TEXT, version=_NUMBER), examples.KEY_TAKEN),
}
"""Each answer's shape, with an example."""


def shapes() -> dict[str, Schema]:
    """The shapes that answers refer to, by name."""
    found = shapes_of(
        [Incident, Logged, Head, Digest, Version, MadeKey, Team, Supervised, ToCall, Desk]
    )
    whole, team = found["Incident"], found["Team"]
    shown = {name: each for name, each in whole["properties"].items() if name != "profile"}
    required = [name for name in whole["required"] if name != "profile"]
    verbs = {**listed(_TEXT), "description": "The verbs its state takes."}
    legs = {**listed("Leg"), "description": "The legs of its profile, frozen at its opening."}
    engaged = {"engaged": {"type": "boolean"}, "incident": or_null("string", format="uuid")}
    return {
        **found,
        "Incident": {
            **whole,
            "properties": {**shown, "legs": legs, "allowed": verbs},
            "required": [*required, "legs", "allowed"],
        },
        "LentIncident": {
            **shape(**{name: shown[name] for name in (*LENT_FIELDS, "assignments")}),
            "description": "What an organisation sees that lent a team.",
            "additionalProperties": False,
        },
        "BoardTeam": {
            **team,
            "properties": {**team["properties"], **engaged},
            "required": [*team["required"], *engaged],
        },
        "Supervised": _with_late(found["Supervised"]),
        "ToCall": _with_late(found["ToCall"]),
        "Desk": {**found["Desk"], "examples": [following.DESK]},
        "MadeKey": {**found["MadeKey"], "examples": [examples.KEY_MADE]},
        **{name: {**each, "examples": [example]} for name, (each, example) in _BODIES.items()},
        **desk_answers.shapes(),
        **account_answers.shapes(),
        **choice_answers.shapes(),
    }


def _with_late(known: Schema) -> Schema:
    """The shape of a task, with whether it is late."""
    late = {"late": {"type": "boolean"}}
    return {
        **known,
        "properties": {**known["properties"], **late},
        "required": [*known["required"], *late],
    }


_OF_ONE = refusals(401, hidden(), 422, 503)

ACTED = success(
    "Where the incident stands now; a retry gets its first answer.",
    "Acted",
    example=examples.ANSWER,
) | refusals(
    *OF_BODIES, 401, 403, hidden(), _NOT_ALLOWED, _OTHER_VERSION, 422, 503,
    texts={
        401: "No key, or one that is not good.",
        403: "The caller may see the incident and not do this.",
        404: "Not open yet, or not the caller's.",
        409: "The incident's state does not take this; `allowed` says what it takes.",
        412: "The incident is at another version than `If-Match` says.",
        422: "The request is not valid, or the Idempotency-Key was used for another one.",
        503: "Ask again after `Retry-After` seconds.",
    },
)  # fmt: skip
INCIDENTS = success("A page of incidents.", "IncidentPage") | refusals(401, 422, 503)
INCIDENT = success("The incident.", "AnyIncident") | _OF_ONE
EVENTS = success("A page of its events.", "EventPage") | refusals(403) | _OF_ONE
PERSONAL = success("What is personal, text by text.", "Personal") | refusals(403) | _OF_ONE
BOARD = success("The board.", "Board") | refusals(401, hidden(), 422, 503)

HEADS = success("A page of heads.", "HeadPage") | refusals(401, 403, 422, 503)
DIGESTS = success("A page of digests.", "DigestPage") | refusals(401, 403, 422, 503)

DIRECTORY = success("The directory.", "Directory") | refusals(401, 503)
VERSIONS = success("A page of versions.", "VersionPage") | refusals(401, 403, 422, 503)
APPLIED = success("The version in force, and what it changed.", "Applied") | refusals(
    *OF_BODIES, 401, 403, _OTHER_DIRECTORY, 422, 503
)
KEY_MADE = success("The key, shown this once.", "MadeKey", status=201) | refusals(
    *OF_BODIES, 401, 403, _ID_TAKEN, 422, 503
)
KEY_TAKEN = success("It opens nothing from now on.", "KeyTaken") | refusals(
    401, 403, _UNKNOWN_KEY, _NO_DIRECTORY, 422, 503
)

_FRAMES: Responses = {
    200: {
        "description": "Frames, until one of the two leaves.",
        "content": {"text/event-stream": {"schema": _TEXT, "example": examples.FRAMES}},
    }
}
STREAM = _FRAMES | refusals(401, hidden(), 422, _TOO_MANY, 503)
INCIDENT_STREAM = STREAM | refusals(403)

SUPERVISIONS = success("A page of supervisions.", "SupervisionPage") | refusals(401, 403, 422, 503)
CALLS = success("A page of follow-up calls to be made.", "CallPage") | refusals(401, 403, 422, 503)
DESK = success("The desk as it stands now.", "Desk") | refusals(
    *OF_BODIES, 401, 403, hidden(), 422, 503
)
ENTERED = success("It is kept; a retry gets the same answer.", "Entered", status=201) | refusals(
    *OF_BODIES, 401, 403, _TAKEN, 422, 503
)
