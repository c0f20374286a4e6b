"""Every act on an incident: `POST /v1/incidents/{id}/<verb>`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Path, Response

from incident.alert import IncidentId, OrganisationId
from incident.commands import Command, Context
from incident.decisions.decide import allowed_verbs
from incident.lifecycle import State
from incident.moments import Actor, ActorKind, Via
from services.dispatcher.api import answers
from services.dispatcher.api.quick import quick_route
from services.dispatcher.handlers.commands import Answer, Request
from services.dispatcher.payloads import bodies, requests
from services.dispatcher.payloads.examples import EXAMPLES
from services.runtime import codec
from services.runtime.auth import Principal, Role
from services.runtime.clock import Clock
from services.runtime.problems import Problem
from services.runtime.vault import Vault

Execute = Callable[[Request], Awaitable[Answer]]
Caller = Callable[..., Awaitable[Principal]]

_VIA: dict[Role, Via] = {
    Role.STATION: Via.API,
    Role.OPERATOR: Via.CONSOLE,
    Role.CHIEF: Via.CONSOLE,
    Role.TEAM: Via.PHONE,
    Role.SUPERVISOR: Via.CONSOLE,
}
MAY_SAY_VIA: dict[Role, frozenset[Via]] = {
    Role.STATION: frozenset({Via.API, Via.TELEPHONE}),
    Role.OPERATOR: frozenset({Via.CONSOLE, Via.TELEPHONE, Via.RADIO, Via.WEBHOOK}),
    Role.CHIEF: frozenset({Via.CONSOLE, Via.TELEPHONE, Via.RADIO}),
    Role.TEAM: frozenset({Via.PHONE, Via.RADIO}),
    Role.SUPERVISOR: frozenset({Via.CONSOLE}),
}
"""How each role may say that it learned of a thing."""

_allowed = cache(allowed_verbs)

_TOLD = frozenset({Via.TELEPHONE, Via.RADIO})
"""Ways in which somebody else's act comes to who reports it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What the acts need.

    Attributes:
        execute: Carries out a command.
        caller: The dependency that gives the caller.
    """

    execute: Execute
    caller: Caller
    vault: Vault
    clock: Clock


def router(acts: Acts) -> APIRouter:
    """Give the routes of all verbs."""
    routes = APIRouter(tags=["incidents"])
    for verb, (model, build) in requests.VERBS.items():
        routes.add_api_route(
            f"/v1/incidents/{{incident}}/{verb}",
            _endpoint(verb, model, build, acts),
            methods=["POST"],
            route_class_override=quick_route(model, acts.caller),
            name=verb,
            summary=(model.__doc__ or "").partition("\n")[0] if model is not bodies.Body else None,
            responses=answers.ACTED,
        )
    return routes


def _endpoint(
    verb: str, model: type[bodies.Body], build: requests.Build, acts: Acts
) -> Callable[..., Awaitable[Response]]:
    async def act(
        *,
        incident: Annotated[UUID, Path()],
        caller: Annotated[Principal, Depends(acts.caller)],
        idempotency_key: Annotated[
            str, Header(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")
        ],
        body: bodies.Body,
        if_match: Annotated[str | None, Header(pattern=r'^"?[1-9]\d{0,8}"?$')] = None,
    ) -> Response:
        request = _request(verb, IncidentId(incident), caller, body, build=build, acts=acts)
        version = None if if_match is None else int(if_match.strip('"'))
        answer = await acts.execute(replace(request, key=idempotency_key, version=version))
        return _respond(answer)

    annotated = Annotated[model, Body(openapi_examples=EXAMPLES.get(verb))]  # type: ignore[valid-type]  # made at run time
    act.__annotations__["body"] = annotated
    return act


def _request(
    verb: str,
    incident: IncidentId,
    caller: Principal,
    body: bodies.Body,
    *,
    build: requests.Build,
    acts: Acts,
) -> Request:
    body = _for_own_team(verb, caller, body)
    sealed, digest = _seal(incident, body.free_text, acts.vault)
    said = codec.encode([verb, str(incident), body.model_dump(mode="json")])
    return Request(
        caller=caller,
        incident=incident,
        verb=verb,
        command=_command(build, body, digest),
        context=_context(caller, body, acts.clock, verb=verb),
        key="",
        digest=acts.vault.digest(said),
        act=_given(body, "act"),
        desk=_given(body, "desk"),
        sealed=sealed,
    )


def _command(build: requests.Build, body: bodies.Body, digest: str | None) -> Command:
    return build(body, digest)


def _for_own_team(verb: str, caller: Principal, body: bodies.Body) -> bodies.Body:
    """A team's own key need not name its team; everybody else must."""
    act = _given(body, "act") or verb
    if act == "noted" and _given(body, "number") is None:
        raise Problem(422, "invalid", "number is missing", field="number")
    if _given(body, "team") is not None:
        return body
    if caller.role is Role.TEAM and "team" in type(body).model_fields:
        return body.model_copy(update={"team": caller.team})
    if act in requests.NEEDS_TEAM or verb == "report":
        raise Problem(422, "invalid", "team is missing", field="team")
    return body


def _given(body: bodies.Body, name: str) -> Any:  # noqa: ANN401  # a field of any type
    """A field, None where the form has none of that name: pydantic takes its time to say so."""
    return vars(body).get(name)


def _seal(incident: IncidentId, text: str | None, vault: Vault) -> tuple[str | None, str | None]:
    if text is None:
        return None, None
    said = codec.encode({"caller": None, "text": text, "visible_to": []})
    return vault.seal(said, f"alert:{incident}"), vault.digest(text.encode())


def _context(caller: Principal, body: bodies.Body, clock: Clock, *, verb: str) -> Context:
    allowed = MAY_SAY_VIA.get(caller.role, frozenset({Via.API}))
    by_radio = verb == "report" and Via.RADIO in allowed
    via = body.via or (Via.RADIO if by_radio else _VIA.get(caller.role, Via.API))
    if via not in allowed:
        choices = ", ".join(sorted(allowed))
        raise Problem(422, "invalid", f"via must be one of {choices}", field="via")
    if caller.person and body.person not in {None, caller.person} and via not in _TOLD:
        detail = f"This key is {caller.person}'s own; others are named for what they told by voice."
        raise Problem(422, "invalid", detail, field="person")
    machine = via is Via.WEBHOOK
    actor = Actor(
        kind=ActorKind.MACHINE if machine else ActorKind.PERSON,
        id=caller.key_id,
        role=caller.role.value,
        organisation=OrganisationId(caller.organisation),
        person=body.person or caller.person,
    )
    return Context(
        now=clock.now(), actor=actor, via=via, occurred_at=body.occurred_at, proof=body.proof
    )


def _respond(answer: Answer) -> Response:
    body = {
        "id": answer.id,
        "version": answer.version,
        "state": answer.state,
        "changed": answer.changed,
        "allowed": _allowed(State(answer.state)),
    }
    return Response(
        codec.encode(body),
        media_type="application/json",
        headers={"ETag": f'"{answer.version}"'},
    )
