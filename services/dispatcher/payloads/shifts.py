"""The bodies of shifts and hand-overs at a center's desks, with examples of what is answered."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator

from services.dispatcher.payloads.bodies import Code, FreeText
from services.runtime.fields import Text

_DESK = "5b0f5a52-6f0e-4c5c-9d8a-000000000115"
_ID = "0b0f5a52-6f0e-5c5c-9d8a-000000000115"
_HANDOVER = "019a5a52-6f0e-7c5c-9d8a-000000000115"

Why = Annotated[str, Text(200)]


def _frozen(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [example]})


class BeginBody(BaseModel):
    """What came of the sound test a shift begins with.

    Attributes:
        reason: Why it begins without one; needed where `sound` is `overridden`.
        person: Who it is, where the key is not one person's own.
    """

    model_config = _frozen({"sound": "heard", "reason": None, "person": None})

    sound: Literal["heard", "overridden"]
    reason: Why | None = None
    person: Code | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.sound == "overridden" and self.reason is None:
            raise ValueError("reason is needed where the sound test was overridden")
        return self


class SoundBody(BaseModel):
    """Whether a console can be heard."""

    model_config = _frozen({"state": "silent"})

    state: Literal["on", "silent", "blocked"]


class EndBody(BaseModel):
    """Nothing is to be said about the end of a shift."""

    model_config = _frozen({})


class PrepareBody(BaseModel):
    """Who takes over, with what there is to say.

    Attributes:
        to: The code of the operator who takes over.
        person: Who hands over, where the key is not one person's own.
    """

    model_config = _frozen({"to": "li-yi", "notes": "East gate is closed until noon."})

    to: Code
    notes: FreeText | None = None
    person: Code | None = None


class ByBody(BaseModel):
    """Who it is, where the key is not one person's own."""

    model_config = _frozen({"person": "li-yi"})

    person: Code | None = None


class AcceptBody(ByBody):
    """The incident that is accepted by name."""

    model_config = _frozen({"incident": _ID, "person": None})

    incident: UUID


MANNED: dict[str, Any] = {
    "center": "heling-center",
    "now": "2026-03-02T04:30:00Z",
    "real": "2026-03-02T04:30:00Z",
    "state": "online",
    "clients": 0,
    "desks": [
        {
            "desk": _DESK,
            "state": "ready",
            "operator": "zhang-jia",
            "since": "2026-03-02T04:00:00Z",
            "until": "2026-03-02T20:00:00Z",
            "connected": True,
            "sound": "on",
            "checked": "heard",
            "reason": None,
            "away": False,
        }
    ],
}
STANDINGS: dict[str, Any] = {
    "now": "2026-03-02T04:30:00Z",
    "centers": [
        {
            "center": "heling-center",
            "name": "禾岭家居微中心",
            "state": "online",
            "since": "2026-03-02T04:00:00Z",
            "consoles": True,
            "telephone": "000-0000-0001",
        }
    ],
}
HANDOVER: dict[str, Any] = {
    "id": _HANDOVER,
    "center": "heling-center",
    "state": "open",
    "from": "zhang-jia",
    "to": "li-yi",
    "prepared_at": "2026-03-02T12:00:00Z",
    "ended_at": None,
    "ended_by": None,
    "notes": "East gate is closed until noon.",
    "left": 1,
    "hash": None,
    "items": [
        {
            "incident": _ID,
            "number": "3205072026030200117",
            "kind": "police-alert",
            "severity": "orange",
            "status": "actual",
            "state": "acknowledged",
            "place": "heling-3-2",
            "received_at": "2026-03-02T11:50:00Z",
            "operator": "zhang-jia",
            "shelved_until": None,
            "shelved_reason": None,
            "late": False,
            "accepted_at": None,
            "accepted_by": None,
            "ended_at": None,
        }
    ],
}
_LEFT_OUT = frozenset({"items", "notes"})
LISTED: dict[str, Any] = {name: HANDOVER[name] for name in HANDOVER if name not in _LEFT_OUT}
