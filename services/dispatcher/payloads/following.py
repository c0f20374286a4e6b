"""The bodies of what is asked about an incident, of entering one late, and of leaving the desk."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from incident.alert import Severity, Status
from services.dispatcher.payloads.bodies import (
    Body,
    Code,
    Fields,
    Flag,
    FreeText,
    Reason,
    Told,
)
from services.runtime.fields import Moment, Text

Number = Annotated[int, Field(strict=True, ge=1, le=10_000)]
Reference = Annotated[str, Text(64)]


def _frozen(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [example]})


class OwnerBody(BaseModel):
    """Who answers for it: an organisation, and a duty post there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    organisation: Code
    post: Reason


class SuperviseBody(Body):
    """What is to be done, by whom, until when."""

    text: FreeText
    owner: OwnerBody
    deadline: Moment


class NumberedBody(Body):
    """The supervision or question, by its number, and what is said of it."""

    number: Number
    text: FreeText


class FollowUpBody(Told):
    """What came of the call; answers exactly if somebody was reached, by word or by mark."""

    reached: Flag
    satisfied: Flag | None = None
    satisfaction: Annotated[int, Field(strict=True, ge=1, le=5)] | None = None


class ReferenceBody(BaseModel):
    """The number it was kept under on paper, and of the order within that case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Reference
    order: Reference = "1"


class MomentsBody(BaseModel):
    """The moments as they happened, each not before the one above it; all but two may be missing.

    Attributes:
        reported: The station took the call.
        received: The center heard of it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    reported: Moment | None = None
    received: Moment
    acknowledged: Moment | None = None
    assigned: Moment | None = None
    accepted: Moment | None = None
    en_route: Moment | None = None
    on_scene: Moment | None = None
    resolved: Moment | None = None
    closed: Moment


class LateEntryBody(BaseModel):
    """What was handled by telephone during an outage, whole, from the call to the closing.

    Attributes:
        center: Whose it was; a center enters its own and need not say so.
        team: Who went there, if somebody did.
        outage: Why it is entered late, as a code.
        text: What happened; kept sealed.
    """

    model_config = _frozen(
        {
            "reference": {"number": "paper-17", "order": "1"},
            "center": "heling-center",
            "place": "heling-b1",
            "kind": "police-alert",
            "severity": "yellow",
            "moments": {
                "received": "2026-03-02T12:00:00+08:00",
                "assigned": "2026-03-02T12:01:00+08:00",
                "on_scene": "2026-03-02T12:05:00+08:00",
                "closed": "2026-03-02T12:30:00+08:00",
            },
            "team": "heling-duty-1",
            "disposition": "handled_on_site",
            "outage": "power",
            "text": "停电期间电话处置",
        }
    )

    reference: ReferenceBody
    center: Code | None = None
    place: Code | None = None
    kind: Code = "police-alert"
    severity: Severity = Severity.YELLOW
    status: Literal[Status.ACTUAL, Status.EXERCISE, Status.TEST] = Status.ACTUAL
    moments: MomentsBody
    team: Code | None = None
    disposition: Code
    result: Fields = {}
    outage: Reason
    person: Code | None = None
    text: FreeText | None = None


class PresenceBody(BaseModel):
    """Until when it counts; a while that is usual, if nothing is said.

    Attributes:
        person: Who it is, where the key is not one person's own.
    """

    model_config = _frozen({"until": None, "person": "zhang-jia"})

    until: Moment | None = None
    person: Code | None = None


_ID = "0b0f5a52-6f0e-5c5c-9d8a-000000000115"

SUPERVISIONS: dict[str, Any] = {
    "supervisions": [
        {
            "incident": _ID,
            "number": 1,
            "author": "park",
            "role": "supervisor",
            "owner": "heling-center",
            "post": "chief",
            "supervised_at": "2026-03-02T04:30:00Z",
            "deadline": "2026-03-03T04:00:00Z",
            "ended_at": None,
            "station": "qinghe-station",
            "center": "heling-center",
            "state": "closed",
            "late": False,
        }
    ],
    "next": None,
}
CALLS: dict[str, Any] = {
    "calls": [
        {
            "incident": _ID,
            "due_by": "2026-03-03T04:30:00Z",
            "attempts": 1,
            "closed_at": "2026-03-02T04:30:00Z",
            "station": "qinghe-station",
            "center": "heling-center",
            "severity": "orange",
            "late": False,
        }
    ],
    "next": None,
}
DESK: dict[str, Any] = {
    "center": "heling-center",
    "away": True,
    "said": [
        {
            "operator": "zhang-jia",
            "away": True,
            "since": "2026-03-02T04:00:00Z",
            "until": "2026-03-02T04:30:00Z",
        }
    ],
}
ENTERED: dict[str, Any] = {"id": _ID, "version": 6, "state": "closed"}
