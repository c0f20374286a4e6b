"""Looking at incidents: lists, one, its events, its personal data, and a center's board."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from incident.alert import IncidentId, Severity, Status
from incident.lifecycle import Incident, State
from services.dispatcher.access import CENTER_ROLES, LENT_FOR, PARK_ROLES
from services.dispatcher.api.acts import Caller
from services.dispatcher.api.faults import hidden
from services.dispatcher.handlers.reading import (
    After,
    Filter,
    Reads,
    is_lent,
    read_events,
    read_incident,
    read_personal,
    scope_of,
)
from services.dispatcher.payloads.views import lent_view, view
from services.dispatcher.ports import Atlas, Watch
from services.runtime import codec
from services.runtime.auth import Principal
from services.runtime.clock import Clock
from services.runtime.fields import Moment
from services.runtime.problems import Problem
from services.runtime.vault import Vault, VaultError

PAGE_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What looking needs.

    Attributes:
        watch: Says whether the notifier is silent.
    """

    reads: Reads
    caller: Caller
    atlas: Atlas
    vault: Vault
    clock: Clock
    watch: Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The query of a list, as FastAPI reads it."""

    state: State | None = None
    live: bool | None = None
    center: Annotated[str | None, Query(max_length=64)] = None
    kind: Annotated[str | None, Query(max_length=64)] = None
    severity: Severity | None = None
    status: Status | None = None
    since: Annotated[Moment | None, Query()] = None
    until: Annotated[Moment | None, Query()] = None


def router(looks: Looks) -> APIRouter:
    """Give the routes that only look."""
    routes = APIRouter(tags=["incidents"])
    _add_lists(routes, looks)
    _add_one(routes, looks)
    _add_board(routes, looks)
    return routes


def _add_lists(routes: APIRouter, looks: Looks) -> None:
    @routes.get("/v1/incidents")
    async def list_incidents(
        *,
        caller: Annotated[Principal, Depends(looks.caller)],
        wanted: Annotated[Wanted, Depends()],
        after: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
    ) -> Response:
        """List incidents, newest received first; `next` continues, null at the end."""
        now = looks.clock.now()
        found = await looks.reads.list_incidents(
            _filter(wanted),
            scope_of(caller, lent_since=now - LENT_FOR),
            after=None if after is None else _read_cursor(after),
            limit=limit + 1,
        )
        page = found[:limit]
        body = {
            "incidents": [_shown(caller, incident, now=now) for incident in page],
            "next": _cursor(page[-1]) if len(found) > limit else None,
        }
        return _json(body)


def _add_one(routes: APIRouter, looks: Looks) -> None:
    @routes.get("/v1/incidents/{incident}")
    async def read(incident: UUID, caller: Annotated[Principal, Depends(looks.caller)]) -> Response:
        """Give the public state of an incident."""
        now = looks.clock.now()
        found, _ = await read_incident(caller, IncidentId(incident), reads=looks.reads, now=now)
        answer = _json(_shown(caller, found, now=now))
        answer.headers["ETag"] = f'"{found.version}"'
        return answer

    @routes.get("/v1/incidents/{incident}/events")
    async def events(
        *,
        incident: UUID,
        caller: Annotated[Principal, Depends(looks.caller)],
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 500,
    ) -> Response:
        """Give the events as chained: each text exactly as its hash covers it."""
        now = looks.clock.now()
        logged = await read_events(
            caller,
            IncidentId(incident),
            reads=looks.reads,
            now=now,
            after=after,
            limit=limit,
        )
        return _json({"incident": incident, "events": list(logged)})

    @routes.get("/v1/incidents/{incident}/personal")
    async def personal(
        incident: UUID, caller: Annotated[Principal, Depends(looks.caller)]
    ) -> Response:
        """Give caller, telephone and texts to those on the case; that they saw it is recorded."""
        now = looks.clock.now()
        found, sealed = await read_personal(
            caller, IncidentId(incident), reads=looks.reads, now=now
        )
        ids = (found.id, *(link.other for link in found.links))
        texts = [
            {"version": entry.version} | _opened(looks.vault, entry.sealed, ids) for entry in sealed
        ]
        return _json({"incident": incident, "personal": texts})


def _add_board(routes: APIRouter, looks: Looks) -> None:
    @routes.get("/v1/centers/{center}/board")
    async def board(center: str, caller: Annotated[Principal, Depends(looks.caller)]) -> Response:
        """Give what a console shows, with the sequence it was read at: the stream goes on there."""
        if not may_watch_center(caller, center) or center not in looks.atlas.lookup.centers:
            raise hidden()
        sequence, incidents, engaged = await looks.reads.read_board(center)
        now = looks.clock.now()
        teams = [
            codec.to_builtins(team) | {"incident": engaged.get(team.code)}
            for team in looks.atlas.lookup.teams_for(center)
        ]
        silent = looks.watch.silent_seconds()
        body = {
            "center": center,
            "sequence": sequence,
            "now": now,
            "real": looks.clock.real(),
            "incidents": [_for_center(center, incident) for incident in incidents],
            "teams": teams,
            "watch": {"notifier_silent_seconds": silent},
        }
        return _json(body)


def may_watch_center(caller: Principal, center: str) -> bool:
    """Whether a caller may watch a center: its own people, and the park's."""
    if caller.role in PARK_ROLES:
        return True
    return caller.role in CENTER_ROLES and caller.organisation == center


def _for_center(center: str, incident: Incident) -> dict[str, object]:
    return view(incident) if incident.center == center else lent_view(incident, center)


def _shown(caller: Principal, incident: Incident, *, now: datetime) -> dict[str, object]:
    if is_lent(caller, incident, now=now):
        return lent_view(incident, caller.organisation)
    return view(incident)


def _filter(wanted: Wanted) -> Filter:
    return Filter(
        state=wanted.state,
        live=wanted.live,
        center=wanted.center,
        kind=wanted.kind,
        severity=wanted.severity,
        status=wanted.status,
        since=wanted.since,
        until=wanted.until,
    )


def _cursor(last: Incident) -> str:
    text = f"{last.alert.received_at.isoformat()}|{last.id}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_cursor(text: str) -> After:
    try:
        received_at, _, id_ = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
        moment = datetime.fromisoformat(received_at).astimezone(UTC)
        return After(received_at=moment, id=IncidentId(UUID(id_)))
    except (ValueError, OverflowError) as error:
        detail = "after must be the `next` of an earlier page"
        raise Problem(422, "invalid", detail, field="after") from error


def _opened(vault: Vault, sealed: str, ids: tuple[IncidentId, ...]) -> dict[str, object]:
    """Open a sealed text; one told beside an ended incident was sealed for that one."""
    for id_ in ids:
        try:
            opened: dict[str, object] = codec.decode(vault.open(sealed, f"alert:{id_}"), dict)
        except VaultError:
            continue
        return opened
    return {"unreadable": True}


def _json(body: object) -> Response:
    return Response(
        codec.encode(body), media_type="application/json", headers={"Cache-Control": "no-store"}
    )
