"""Looking at incidents: lists, one, its events, its personal data, and a center's board."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from incident.alert import IncidentId, Severity, Status
from incident.directory import Team
from incident.lifecycle import Incident, State
from services.dispatcher.access import CENTER_ROLES, LENT_FOR, PARK_ROLES
from services.dispatcher.api import answers
from services.dispatcher.api.acts import Caller
from services.dispatcher.api.faults import hidden
from services.dispatcher.handlers.presence import Desks
from services.dispatcher.handlers.reading import (
    After,
    Board,
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
LAST_VERSION = 2**31 - 1  # the column's type holds no more
CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


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
    desks: Desks


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The query of a list, as FastAPI reads it."""

    state: State | None = None
    live: bool | None = None
    center: Annotated[str | None, Query(pattern=CODE)] = None
    kind: Annotated[str | None, Query(pattern=CODE)] = None
    severity: Severity | None = None
    status: Status | None = None
    since: Annotated[Moment | None, Query(alias="from")] = None
    until: Annotated[Moment | None, Query(alias="to")] = None


def router(looks: Looks) -> APIRouter:
    """Give the routes that only look."""
    routes = APIRouter(tags=["incidents"])
    _add_lists(routes, looks)
    _add_one(routes, looks)
    _add_board(routes, looks)
    return routes


def _add_lists(routes: APIRouter, looks: Looks) -> None:
    @routes.get("/v1/incidents", responses=answers.INCIDENTS)
    async def list_incidents(
        *,
        caller: Annotated[Principal, Depends(looks.caller)],
        wanted: Annotated[Wanted, Depends()],
        after: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
    ) -> Response:
        """List incidents, newest received first; `next` continues as `after`, null at the end.

        `from` and `to` are moments of receipt, the second one excluded.
        """
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
    @routes.get("/v1/incidents/{incident}", responses=answers.INCIDENT)
    async def read(incident: UUID, caller: Annotated[Principal, Depends(looks.caller)]) -> Response:
        """Give the public state of an incident."""
        now = looks.clock.now()
        found, _ = await read_incident(caller, IncidentId(incident), reads=looks.reads, now=now)
        answer = _json(_shown(caller, found, now=now))
        answer.headers["ETag"] = f'"{found.version}"'
        return answer

    @routes.get("/v1/incidents/{incident}/events", responses=answers.EVENTS)
    async def events(
        *,
        incident: UUID,
        caller: Annotated[Principal, Depends(looks.caller)],
        after: Annotated[int, Query(ge=0, le=LAST_VERSION)] = 0,
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

    @routes.get("/v1/incidents/{incident}/personal", responses=answers.PERSONAL)
    async def personal(
        incident: UUID, caller: Annotated[Principal, Depends(looks.caller)]
    ) -> Response:
        """Give caller, telephone and texts to those on the case; that they saw it is recorded."""
        now = looks.clock.now()
        found, sealed = await read_personal(
            caller, IncidentId(incident), reads=looks.reads, now=now
        )
        ids = (found.id, *(link.other for link in found.links))
        sent = caller.organisation == found.alert.station
        texts = [
            {"version": entry.version}
            | _withheld(_opened(looks.vault, entry.sealed, ids), caller, sent=sent)
            for entry in sealed
        ]
        return _json({"incident": incident, "personal": texts})


def _add_board(routes: APIRouter, looks: Looks) -> None:
    @routes.get("/v1/centers/{center}/board", responses=answers.BOARD)
    async def board(center: str, caller: Annotated[Principal, Depends(looks.caller)]) -> Response:
        """Give what a console shows, with the sequence it was read at: the stream goes on there."""
        if not may_watch_center(caller, center) or center not in looks.atlas.lookup.centers:
            raise hidden()
        teams = looks.atlas.lookup.teams_for(center)
        board = await looks.reads.read_board(center, [team.code for team in teams])
        body = {
            "center": center,
            "sequence": board.sequence,
            "now": looks.clock.now(),
            "real": looks.clock.real(),
            "incidents": [_for_center(center, incident) for incident in board.incidents],
            "teams": [_team(team, board) for team in teams],
            "watch": {"notifier_silent_seconds": looks.watch.silent_seconds()},
            "desk": await looks.desks.read(center, now=looks.clock.now()),
        }
        return _json(body)


def may_watch_center(caller: Principal, center: str) -> bool:
    """Whether a caller may watch a center: its own people, and the park's."""
    if caller.role in PARK_ROLES:
        return True
    return caller.role in CENTER_ROLES and caller.organisation == center


def _for_center(center: str, incident: Incident) -> dict[str, object]:
    return view(incident) if incident.center == center else lent_view(incident, center)


def _team(team: Team, board: Board) -> dict[str, object]:
    """A team with whether it is engaged, and on which incident if that is on the board."""
    engaged_on = board.engaged.get(team.code)
    shown: dict[str, object] = codec.to_builtins(team)
    on_board = any(incident.id == engaged_on for incident in board.incidents)
    return shown | {
        "engaged": engaged_on is not None,
        "incident": engaged_on if on_board else None,
    }


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


def _withheld(opened: dict[str, object], caller: Principal, *, sent: bool) -> dict[str, object]:
    """What a caller may see of an opened text.

    Who called the station is for the sender, and for those the sender named; all on the case may
    read what was said.
    """
    shown = dict(opened)
    visible_to = shown.pop("visible_to", None) or ()
    named = isinstance(visible_to, list) and caller.organisation in visible_to
    if not (sent or named) and shown.get("caller") is not None:
        shown |= {"caller": None, "caller_withheld": True}
    return shown


def _json(body: object) -> Response:
    return Response(
        codec.encode(body), media_type="application/json", headers={"Cache-Control": "no-store"}
    )
