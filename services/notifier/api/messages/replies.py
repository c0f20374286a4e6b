"""The links in messages: a page that asks, and the act of acknowledging.

To look at the page does nothing: messengers fetch every link to show a preview. Only the page's
button acknowledges, once. Whoever holds the link acknowledges for the person it was sent to, so a
link says nothing of person and incident but the number. These are pages for people, and no part of
the interface that the OpenAPI document tells programs of.
"""

from dataclasses import dataclass
from html import escape
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from incident.roster import Language, PersonCode
from services.notifier.handlers.messages.links import PATH, LinkError, LinkFault, Links
from services.notifier.handlers.messages.measures import REPLIES
from services.notifier.handlers.messages.telling import Office
from services.notifier.handlers.messages.texts import text
from services.notifier.ports.message_reads import Linked, MessageReads
from services.runtime.clock import Clock
from services.runtime.problems import Problem

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>115 {title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:1.2rem sans-serif;margin:3rem 1rem;text-align:center}}
button{{font:inherit;padding:1rem 3rem}}</style></head>
<body><h1>115 {number}</h1><p>{said}</p>{form}</body></html>
"""
FORM = '<form method="post"><button>{button}</button></form>'
Token = Annotated[str, Path(min_length=1, max_length=200)]

_FAULTS = {
    LinkFault.MALFORMED: Problem(400, "link-malformed", "The link is not complete."),
    LinkFault.FORGED: Problem(403, "link-forged", "The link's signature is not ours."),
    LinkFault.EXPIRED: Problem(410, "link-expired", "The link has expired; nothing was done."),
}
UNKNOWN = Problem(404, "link-unknown", "There is no such message.")
USED = Problem(409, "link-used", "The link was used before; it is good for one time.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What the links need."""

    reads: MessageReads
    office: Office
    links: Links
    clock: Clock


def router(window: Window) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["messages"])
    _add_page(routes, window)
    _add_act(routes, window)
    return routes


def _add_page(routes: APIRouter, window: Window) -> None:
    @routes.get(PATH + "{token}", include_in_schema=False)
    async def page(token: Token, request: Request) -> Response:
        """Ask whether the message was seen; does nothing."""
        try:
            linked = await _find(window, token)
        except Problem as problem:
            return _refused(problem, request)
        language = _language(window.office, linked)
        if linked.used:
            return _html(text("page.used", language), language, number=linked.number or "")
        form = FORM.format(button=escape(text("page.button", language)))
        return _html(text("page.ask", language), language, number=linked.number or "", form=form)


def _add_act(routes: APIRouter, window: Window) -> None:
    @routes.post(PATH + "{token}", include_in_schema=False)
    async def acknowledge(token: Token, request: Request) -> Response:
        """Note the message as acknowledged by its person, once."""
        try:
            linked = await _find(window, token)
            at = {"now": window.clock.now(), "real": window.clock.real()}
            if linked.used or not await window.reads.acknowledge(linked.id, **at):
                raise USED
        except Problem as problem:
            REPLIES.labels(problem.kind).inc()
            return _refused(problem, request)
        REPLIES.labels("acknowledged").inc()
        language = _language(window.office, linked)
        return _html(text("page.done", language), language, number=linked.number or "")


async def _find(window: Window, token: str) -> Linked:
    """Give the message of a token.

    Raises:
        Problem: It is none of ours, has expired, or its message is not there.
    """
    try:
        message = window.links.read(token, real=window.clock.real())
    except LinkError as error:
        raise _FAULTS[error.fault] from None
    linked = await window.reads.find(message)
    if linked is None:
        raise UNKNOWN
    return linked


def _language(office: Office, linked: Linked) -> Language:
    person = linked.person
    contact = office.people.contact(person.organisation, PersonCode(person.code))
    return Language.ZH if contact is None else contact.language


def _refused(problem: Problem, request: Request) -> Response:
    """Answer a browser with a page in both languages, a program with the problem."""
    if "text/html" not in request.headers.get("accept", ""):
        return problem.response(PATH + "…")  # the token itself is not repeated
    code = f"page.{problem.kind.removeprefix('link-')}"
    said = f"{text(code, Language.ZH)} {text(code, Language.EN)}"
    return _html(said, Language.ZH, status=problem.status)


def _html(
    said: str, language: Language, *, number: str = "", form: str = "", status: int = 200
) -> Response:
    page = PAGE.format(
        lang=language.value,
        title=escape(text("page.title", language)),
        number=escape(number),
        said=escape(said),
        form=form,
    )
    return Response(page, status, HEADERS, "text/html; charset=utf-8")
