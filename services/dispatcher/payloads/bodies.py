"""The bodies of commands, one model for each form."""

import re
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)

from incident.alert import Severity
from incident.moments import Proof, Via
from services.runtime.fields import Moment, Text, clean

TEXT_MAX = 2000
VALUE_MAX = 200
NUMBER_MAX = 1_000_000_000
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, which no UTF-8 can hold


Code = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Reason = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
FreeText = Annotated[str, Text(TEXT_MAX)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0, le=100_000)]


def _read_value(given: object) -> bool | int | str:
    """Read a field of a result; its kind says later which of the three it must be."""
    if isinstance(given, int) and 0 <= given <= NUMBER_MAX:
        return given
    if isinstance(given, str):
        text = clean(given)
        if 1 <= len(text) <= VALUE_MAX and _SURROGATE.search(text) is None:
            return text
    raise ValueError(
        f"must be a flag, a whole number to {NUMBER_MAX}, or a text to {VALUE_MAX} characters"
    )


FieldValue = Annotated[
    bool | int | str,
    PlainValidator(_read_value),
    WithJsonSchema({"type": ["boolean", "integer", "string"], "maximum": NUMBER_MAX, "minimum": 0}),
]
Fields = Annotated[dict[Code, FieldValue], Field(max_length=50)]


class Body(BaseModel):
    """What every act may say about itself.

    Attributes:
        occurred_at: When it happened, if not now; kept, and judged by if plausible.
        via: How it was learned, if not by the way usual for the caller's role.
        proof: What an arrival rests on.
        person: Who did it, by their code in the directory.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    occurred_at: Moment | None = None
    via: Via | None = None
    proof: Proof | None = None
    person: Code | None = None

    @property
    def free_text(self) -> str | None:
        """The free text, to be sealed."""
        text: str | None = vars(self).get("text")  # an act without one has no such field
        return text


class Told(Body):
    """An act with a remark."""

    text: FreeText | None = None


class Reasoned(Told):
    """An act that needs a reason, as a code."""

    reason: Reason


class OfTeam(Body):
    """A team's act; a team's own key need not name it."""

    team: Code | None = None


class DeclineBody(OfTeam):
    """A team declines."""

    reason: Reason | None = None
    text: FreeText | None = None


class AssignBody(Body):
    """Teams to assign or to add."""

    teams: Annotated[list[Code], Field(min_length=1, max_length=20)]
    divert: Flag = False


class ResolveBody(Told):
    """The outcome."""

    team: Code | None = None
    disposition: Code | None = None
    result: Fields = {}


class CloseBody(Told):
    """The disposition."""

    disposition: Code
    result: Fields = {}
    original: Annotated[str, Text(100)] | None = None


class HandOverBody(Reasoned):
    """The police organisation it is offered to."""

    to: Code


class AcceptHandoverBody(Body):
    """The officer that accepts, by the officer's id at the police."""

    officer: Code


class UpdateBody(Told):
    """New facts; what is left out stays as it is."""

    severity: Severity | None = None
    place: Code | None = None
    people: Count | None = None
    weapons: Flag | None = None
    injured: Count | None = None
    hazards: Annotated[list[Code], Field(max_length=20)] | None = None


class NoteBody(Body):
    """A note."""

    text: FreeText


class NotedBody(OfTeam):
    """The update that a team confirms."""

    number: Annotated[int, Field(strict=True, ge=1, le=10_000)]


class HelpBody(OfTeam):
    """For whom help is asked."""

    text: FreeText | None = None


class TransferBody(Reasoned):
    """The center that gets it."""

    center: Code


class ReceiptBody(Body):
    """The desk that confirms receipt; a person signed in must name it.

    A desk confirms only with an operator on shift there, its sound on and its stream live. A key
    that names none is a program of the center's own, which confirms by itself.
    """

    desk: UUID | None = None


class ShelveBody(Body):
    """Why an incident makes no sound for a while, and for how many minutes."""

    reason: Literal["duplicate", "test-source"]
    minutes: Annotated[int, Field(strict=True, ge=1, le=30)]


class MergeBody(Body):
    """The incident it duplicates."""

    into: UUID


class SplitBody(Body):
    """Why it is no duplicate."""

    reason: Reason


class ReportBody(OfTeam):
    """What a team told by radio."""

    act: Literal["accept", "decline", "depart", "arrive", "check-in", "release", "resolve", "noted"]
    reason: Reason | None = None
    disposition: Code | None = None
    result: Fields = {}
    number: Annotated[int, Field(strict=True, ge=1, le=10_000)] | None = None
    text: FreeText | None = None
