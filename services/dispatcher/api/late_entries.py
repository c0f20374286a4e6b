"""Late entry (补录): `POST /v1/incidents/late-entries`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Header, Response

from incident.alert import IncidentId, OrganisationId, Reference, Source, TeamId, alert_id
from incident.moments import Actor, ActorKind, MomentName
from services.dispatcher.access import CENTER_ROLES
from services.dispatcher.api import answers
from services.dispatcher.api.acts import Caller
from services.dispatcher.handlers.late_entries import (
    BadEntryError,
    Entered,
    Entry,
    EntryKeyReusedError,
    ReferenceTakenError,
)
from services.dispatcher.payloads.following import LateEntryBody
from services.runtime import codec
from services.runtime.auth import Principal, Role, require
from services.runtime.problems import Problem
from services.runtime.strict_json import StrictRoute
from services.runtime.vault import Vault

Enter = Callable[[Entry, Actor, str], Awaitable[Entered]]
"""Keeps an entry, given who enters it and the idempotency key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What entering needs."""

    enter: Enter
    caller: Caller
    vault: Vault


def router(ledger: Ledger) -> APIRouter:
    """Give the route; it comes before those of an incident, as its name is no incident's id."""
    routes = APIRouter(tags=["incidents"], route_class=StrictRoute)

    @routes.post("/v1/incidents/late-entries", status_code=201, responses=answers.ENTERED)
    async def enter_late(
        *,
        who: Annotated[Principal, Depends(ledger.caller)],
        idempotency_key: Annotated[
            str, Header(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")
        ],
        body: Annotated[LateEntryBody, Body()],
    ) -> Response:
        """Enter what was handled by telephone during an outage, whole, with its moments.

        It is counted and never judged: no clock runs for it, nobody is rung. A station enters its
        own alerts, a center what it handled itself. Once entered it cannot be reopened.
        """
        require(who, *sorted(CENTER_ROLES | {Role.STATION}))
        actor = Actor(
            kind=ActorKind.PERSON,
            id=who.key_id,
            role=who.role.value,
            organisation=OrganisationId(who.organisation),
            person=body.person or who.person,
        )
        entry = _entry(who, body, ledger.vault)
        try:
            entered = await ledger.enter(entry, actor, idempotency_key)
        except BadEntryError as error:
            detail = f"{error.field} {error}"
            raise Problem(422, "invalid", detail, field=error.field) from error
        except ReferenceTakenError as error:
            detail = "There is an incident of this reference with other content."
            raise Problem(409, "reference-taken", detail, incident=error.incident) from error
        except EntryKeyReusedError as error:
            detail = "This Idempotency-Key was used for another request."
            name = "idempotency-key-reused"
            raise Problem(422, name, detail, field="Idempotency-Key") from error
        return Response(codec.encode(entered), 201, media_type="application/json")

    return routes


def _entry(who: Principal, body: LateEntryBody, vault: Vault) -> Entry:
    of_station = who.role is Role.STATION
    if not of_station and body.center not in {None, who.organisation}:
        raise Problem(422, "invalid", "A center enters its own incidents.", field="center")
    sender = OrganisationId(who.organisation)
    reference = Reference(number=body.reference.number, order=body.reference.order)
    center = body.center if of_station else who.organisation
    told = ((name, getattr(body.moments, name)) for name in _ORDER)
    return Entry(
        sender=sender,
        source=Source.STATION if of_station else Source.CENTER,
        reference=reference,
        center=None if center is None else OrganisationId(center),
        place=body.place,
        kind=body.kind,
        severity=body.severity,
        status=body.status,
        moments=tuple((name, at) for name, at in told if at is not None),
        team=None if body.team is None else TeamId(body.team),
        disposition=body.disposition,
        result=tuple(sorted(body.result.items())),
        outage=body.outage,
        digest=vault.digest(codec.encode(body.model_dump(mode="json"))),
        sealed=_seal(alert_id(sender, reference), body.text, vault),
    )


_ORDER = (
    MomentName.REPORTED, MomentName.RECEIVED, MomentName.ACKNOWLEDGED, MomentName.ASSIGNED,
    MomentName.ACCEPTED, MomentName.EN_ROUTE, MomentName.ON_SCENE, MomentName.RESOLVED,
    MomentName.CLOSED,
)  # fmt: skip


def _seal(incident: IncidentId, text: str | None, vault: Vault) -> str | None:
    if text is None:
        return None
    said = codec.encode({"caller": None, "text": text, "visible_to": []})
    return vault.seal(said, f"alert:{incident}")
