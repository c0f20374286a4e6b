"""How the body of each verb becomes a command."""

from collections.abc import Callable
from typing import Any

from incident import commands as c
from incident.alert import IncidentId, OrganisationId, TeamId
from incident.commands import Command
from incident.following import Owner
from services.dispatcher.payloads.bodies import (
    AcceptHandoverBody,
    AssignBody,
    Body,
    CloseBody,
    DeclineBody,
    HandOverBody,
    HelpBody,
    MergeBody,
    NoteBody,
    NotedBody,
    OfTeam,
    Reasoned,
    ReceiptBody,
    ReportBody,
    ResolveBody,
    ShelveBody,
    SplitBody,
    Told,
    TransferBody,
    UpdateBody,
)
from services.dispatcher.payloads.following import (
    FollowUpBody,
    NumberedBody,
    SuperviseBody,
)

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


def _supervise(body: SuperviseBody, text: str | None) -> Command:
    owner = Owner(organisation=OrganisationId(body.owner.organisation), post=body.owner.post)
    return c.Supervise(owner=owner, deadline=body.deadline, text=text or "")


def _numbered(command: Callable[..., Command]) -> Build:
    def build(body: NumberedBody, text: str | None) -> Command:
        return command(number=body.number, text=text or "")

    return build


def _ask(_body: NoteBody, text: str | None) -> Command:
    return c.Ask(text=text or "")


def _follow_up(body: FollowUpBody, text: str | None) -> Command:
    return c.FollowUp(
        reached=body.reached, satisfied=body.satisfied, satisfaction=body.satisfaction, text=text
    )


def _shelve(body: ShelveBody, _text: str | None) -> Command:
    return c.Shelve(reason=body.reason, minutes=body.minutes)


def _report(body: ReportBody, text: str | None) -> Command:
    return VERBS[body.act][1](body, text)


VERBS: dict[str, tuple[type[Body], Build]] = {
    "receipt": (ReceiptBody, _bare(c.Receipt)),
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
    "supervise": (SuperviseBody, _supervise),
    "end-supervision": (NumberedBody, _numbered(c.EndSupervision)),
    "ask": (NoteBody, _ask),
    "answer": (NumberedBody, _numbered(c.Answer)),
    "confirm-outcome": (Body, _bare(c.ConfirmOutcome)),
    "follow-up-call": (FollowUpBody, _follow_up),
    "shelve": (ShelveBody, _shelve),
}
"""Each verb of `POST /v1/incidents/{id}/<verb>` with the form of its body."""

NEEDS_TEAM = frozenset({"accept", "decline", "depart", "arrive", "check-in", "release", "noted"})
"""Acts of a team: without `team` in the body they are the caller's own team's."""
