"""The bodies of commands, one model for each form, and how each becomes a command."""

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from incident import commands as c
from incident.alert import IncidentId, OrganisationId, Severity, TeamId
from incident.commands import Command
from incident.moments import Proof, Via
from services.runtime.fields import Moment, Text

TEXT_MAX = 2000

Code = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Reason = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
FreeText = Annotated[str, Text(TEXT_MAX)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0, le=100_000)]
FieldValue = (
    Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)]
    | Annotated[str, Text(200)]
)
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
        text: str | None = getattr(self, "text", None)
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


Build = Callable[[Any, str | None], Command]
"""Makes the command of a body, given the digest of its text; `Any` is the model paired with it."""


def _of_team(command: Callable[..., Command]) -> Build:
    def build(body: OfTeam, _text: str | None) -> Command:
        return command(team=TeamId(body.team or ""))

    return build


def _reasoned(command: Callable[..., Command]) -> Build:
    def build(body: Reasoned, text: str | None) -> Command:
        return command(reason=body.reason, text=text)

    return build


def _bare(command: Callable[[], Command]) -> Build:
    def build(_body: Body, _text: str | None) -> Command:
        return command()

    return build


def _decline(body: DeclineBody | ReportBody, text: str | None) -> Command:
    return c.Decline(team=TeamId(body.team or ""), reason=body.reason, text=text)


def _assign(body: AssignBody, _text: str | None) -> Command:
    return c.Assign(teams=tuple(TeamId(team) for team in body.teams), divert=body.divert)


def _resolve(body: ResolveBody | ReportBody, text: str | None) -> Command:
    return c.Resolve(
        team=TeamId(body.team) if body.team else None,
        disposition=body.disposition,
        result=tuple(sorted(body.result.items())),
        text=text,
    )


def _close(body: CloseBody, text: str | None) -> Command:
    return c.Close(
        disposition=body.disposition,
        result=tuple(sorted(body.result.items())),
        original=body.original,
        text=text,
    )


def _hand_over(body: HandOverBody, text: str | None) -> Command:
    return c.HandOver(to=OrganisationId(body.to), reason=body.reason, text=text)


def _accept_handover(body: AcceptHandoverBody, _text: str | None) -> Command:
    return c.AcceptHandover(officer=body.officer)


def _update(body: UpdateBody, text: str | None) -> Command:
    return c.Update(
        severity=body.severity,
        facts=c.NewFacts(
            people=body.people,
            weapons=body.weapons,
            injured=body.injured,
            hazards=None if body.hazards is None else tuple(body.hazards),
        ),
        place=body.place,
        text=text,
    )


def _note(body: NoteBody, text: str | None) -> Command:
    del body
    return c.Note(text=text or "")


def _noted(body: NotedBody | ReportBody, _text: str | None) -> Command:
    return c.Noted(number=body.number or 0, team=TeamId(body.team or ""))


def _urge(_body: Told, text: str | None) -> Command:
    return c.Urge(text=text)


def _help(body: HelpBody, text: str | None) -> Command:
    return c.RequestHelp(team=TeamId(body.team) if body.team else None, text=text)


def _transfer(body: TransferBody, text: str | None) -> Command:
    return c.Transfer(center=OrganisationId(body.center), reason=body.reason, text=text)


def _merge(body: MergeBody, _text: str | None) -> Command:
    return c.Merge(into=IncidentId(body.into))


def _split(body: SplitBody, _text: str | None) -> Command:
    return c.Split(reason=body.reason)


def _report(body: ReportBody, text: str | None) -> Command:
    return VERBS[body.act][1](body, text)


VERBS: dict[str, tuple[type[Body], Build]] = {
    "receipt": (Body, _bare(c.Receipt)),
    "acknowledge": (Body, _bare(c.Acknowledge)),
    "assign": (AssignBody, _assign),
    "accept": (OfTeam, _of_team(c.Accept)),
    "decline": (DeclineBody, _decline),
    "depart": (OfTeam, _of_team(c.Depart)),
    "arrive": (OfTeam, _of_team(c.Arrive)),
    "check-in": (OfTeam, _of_team(c.CheckIn)),
    "release": (OfTeam, _of_team(c.Release)),
    "resolve": (ResolveBody, _resolve),
    "return": (Reasoned, _reasoned(c.Return)),
    "close": (CloseBody, _close),
    "reopen": (Reasoned, _reasoned(c.Reopen)),
    "cancel": (Reasoned, _reasoned(c.Cancel)),
    "refuse": (Reasoned, _reasoned(c.Refuse)),
    "request-police": (Reasoned, _reasoned(c.RequestPolice)),
    "police-arrive": (Body, _bare(c.PoliceArrive)),
    "hand-over": (HandOverBody, _hand_over),
    "accept-hand-over": (AcceptHandoverBody, _accept_handover),
    "update": (UpdateBody, _update),
    "note": (NoteBody, _note),
    "noted": (NotedBody, _noted),
    "urge": (Told, _urge),
    "request-help": (HelpBody, _help),
    "transfer": (TransferBody, _transfer),
    "merge": (MergeBody, _merge),
    "split": (SplitBody, _split),
    "report": (ReportBody, _report),
}
"""Each verb of `POST /v1/incidents/{id}/<verb>` with the form of its body."""

NEEDS_TEAM = frozenset({"accept", "decline", "depart", "arrive", "check-in", "release", "noted"})
"""Acts of a team: without `team` in the body they are the caller's own team's."""
