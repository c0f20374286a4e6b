"""The weekly bulletin over HTTP: as JSON, as a page to print, as a workbook."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response

from incident.directory import Lookup
from incident.figures.closure import REPEAT_HOURS
from services.notifier.api.access import scope_of
from services.notifier.api.asking import NO_PARK, Records, too_many
from services.notifier.handlers.bulletins import Wanted, make_edition
from services.notifier.handlers.periods import NoSuchWeekError, week_from, week_of
from services.notifier.payloads.bulletin_forms import page_of, workbook_of
from services.notifier.payloads.bulletins import WeeklyBulletin, bulletin_document
from services.notifier.ports import Atlas
from services.notifier.ports.figures import TooManyCasesError
from services.runtime.auth import Principal
from services.runtime.openapi import refusals
from services.runtime.problems import Problem, invalid

BULLETIN = """
The bulletin (通报) of an ISO week, as `2026-W10`: received and valid alerts, their daily mean,
beside last week and the same week last year, by kind, center and hour; how long 签收, 出警 and
反馈 took, by person and machine, with the slowest named; unfinished, refused, reopened, repeated;
督办 and 回访. Drills and tests are counted apart and enter nothing.

It is computed as of a moment, by default the last settled one: the same week and `as_of` give the
same bytes. It is issued at nine on the Monday after. Whatever is recorded later of the cases it
stands on makes a numbered correction (更正), which says what changed since the issue.

An operator and a chief get what is their center's, a station its own alerts. `format` goes before
`Accept`.
"""

JSON = "application/json"
HTML = "text/html; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Form(StrEnum):
    """What a bulletin is given as."""

    JSON = "json"
    HTML = "html"
    XLSX = "xlsx"


_TYPES = {Form.JSON: JSON, Form.HTML: HTML, Form.XLSX: XLSX}
_ASKED = {JSON: Form.JSON, "text/html": Form.HTML, XLSX: Form.XLSX, "*/*": Form.JSON}

_NOT_ACCEPTABLE = Problem(
    406,
    "not-acceptable",
    f"A bulletin is given as {', '.join(list(_ASKED)[:3])}.",
)


def router(records: Records) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["bulletins"])

    @routes.get(
        "/v1/bulletins/{park}/{week}",
        summary="The bulletin of a week",
        description=BULLETIN,
        response_model=WeeklyBulletin,
        responses={
            **refusals(401, 403, NO_PARK, _NOT_ACCEPTABLE, 422, 503),
            200: {
                "content": {
                    "text/html": {"schema": {"type": "string"}},
                    XLSX: {"schema": {"type": "string", "format": "binary"}},
                }
            },
        },
    )
    async def bulletin(  # noqa: PLR0913  # parameters of a question, each by its name
        *,
        park: str,
        week: str,
        as_of: datetime | None = None,
        form: Annotated[Form | None, Query(alias="format")] = None,
        hours: Annotated[int, Query(alias="repeat_hours", ge=1, le=720)] = REPEAT_HOURS,
        accept: Annotated[str | None, Header(max_length=1000)] = None,
        caller: Annotated[Principal, Depends(records.caller)],
    ) -> Response:
        scope = scope_of(caller)
        lookup = records.lookup_of(park)
        try:
            monday = week_of(week)
        except NoSuchWeekError as error:
            raise invalid([("week", str(error))]) from error
        wanted = Wanted(
            monday=monday,
            zone=records.zone,
            as_of=records.as_of(as_of),
            scope=scope,
            repeat_hours=hours,
        )
        if week_from(monday, records.zone).since >= wanted.as_of:
            raise invalid([("week", "must have begun by as_of")])
        given = form or _form_in(accept)
        try:
            edition = await make_edition(records.cases, wanted)
        except TooManyCasesError as error:
            raise too_many(error) from error
        document = bulletin_document(edition, lookup)
        return Response(
            _written(document, given, _names(lookup, records.atlas)), media_type=_TYPES[given]
        )

    return routes


def _form_in(accept: str | None) -> Form:
    """What a header asks for, the first that can be given.

    Raises:
        Problem: 406, if it names nothing of what can be given.
    """
    if not accept:
        return Form.JSON
    for asked in accept.split(","):
        form = _ASKED.get(asked.partition(";")[0].strip().lower())
        if form is not None:
            return form
    raise _NOT_ACCEPTABLE


def _written(document: WeeklyBulletin, form: Form, names: Mapping[str, str]) -> bytes:
    if form is Form.HTML:
        return page_of(document, names).encode()
    if form is Form.XLSX:
        return workbook_of(document, names)
    return document.model_dump_json(by_alias=True).encode()


def _names(lookup: Lookup, atlas: Atlas) -> Mapping[str, str]:
    """What kinds, centers and teams are called, as the directory has them now."""
    directory = lookup.directory
    return {
        **{kind.code: kind.zh for kind in atlas.kinds.values()},
        **{team.code: team.name for team in directory.teams},
        **{station.code: station.name for station in directory.stations},
        **{center.code: center.name for center in directory.centers},
    }
