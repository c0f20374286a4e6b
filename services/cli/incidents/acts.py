"""The acts on an incident by name, with their fields: one table, from which commands are made.

It says the same as the bodies of `POST /v1/incidents/{id}/<verb>`, without what those are checked
by: the service checks, and what it refuses is shown. A test compares both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.cli.errors import USAGE, CommandError


class Form(StrEnum):
    """How a field is written on the command line.

    Attributes:
        TEXT: As it stands.
        NUMBER: A whole number.
        FLAG: Given or not.
        CODES: Codes, the option given once for each.
        FIELDS: `name=value`, the option given once for each.
        POST: `organisation/post`.
    """

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    CODES = "codes"
    FIELDS = "fields"
    POST = "post"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an act.

    Attributes:
        name: In the body; the option is the same with `-` for `_`.
        required: Left out it is asked for by the service, so it must be given.
    """

    name: str
    about: str
    form: Form = Form.TEXT
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act.

    Attributes:
        verb: The last part of its path.
        about: What it does, as the help says it.
        command: What it is called on the command line, where the verb means something else there.
        by_station: It is the reporting station's, not the center's.
    """

    verb: str
    about: str
    fields: tuple[Field, ...] = ()
    command: str = ""
    by_station: bool = False

    @property
    def name(self) -> str:
        """The command's name."""
        return self.command or self.verb


def _must(name: str, about: str, form: Form = Form.TEXT) -> Field:
    return Field(name=name, about=about, form=form, required=True)


def _may(name: str, about: str, form: Form = Form.TEXT) -> Field:
    return Field(name=name, about=about, form=form)


COMMON = (
    _may("occurred_at", "When it happened, with its zone; else now."),
    _may("via", "How it was learned: console, telephone, radio, phone, api."),
    _may("proof", "What an arrival rests on: gate_qr, position, tap."),
    _may("person", "Who did it, by their code."),
)
"""What every act may say about itself."""

_TEXT = _may("text", "A remark; it is sealed.")
_REASON = _must("reason", "Why, as a code.")
_TEAM = _may("team", "Which team; a team's own key need not say.")
_NUMBER = _must("number", "Which one, by its number.", Form.NUMBER)
_RESULT = _may("result", "A field of the outcome, NAME=VALUE.", Form.FIELDS)

_TABLE = (
    Act(
        verb="receipt",
        about="Confirm that it reached a console (送达).",
        fields=(_may("desk", "The desk it reached; a program of the center's own has none."),),
    ),
    Act(verb="acknowledge", about="Take it (签收)."),
    Act(
        verb="assign",
        about="Send teams, or add them (下派, 加派).",
        fields=(
            _must("teams", "A team to send.", Form.CODES),
            _may("divert", "Take them from where they are.", Form.FLAG),
        ),
    ),
    Act(verb="accept", about="The team takes it (接令).", fields=(_TEAM,)),
    Act(
        verb="decline",
        about="The team declines.",
        fields=(_TEAM, _may("reason", "Why, as a code."), _TEXT),
    ),
    Act(verb="depart", about="The team sets off (出发).", fields=(_TEAM,)),
    Act(verb="arrive", about="The team is on scene (到场).", fields=(_TEAM,)),
    Act(verb="check-in", about="The team says that it is well (报平安).", fields=(_TEAM,)),
    Act(verb="release", about="Let a team go.", fields=(_TEAM,)),
    Act(
        verb="resolve",
        about="Report the outcome (处置反馈).",
        fields=(_TEAM, _may("disposition", "What came of it, as a code."), _RESULT, _TEXT),
    ),
    Act(verb="return", about="Send an outcome back (退回补充).", fields=(_REASON, _TEXT)),
    Act(
        verb="close",
        about="Close it with a disposition (办结).",
        fields=(
            _must("disposition", "What came of it, as a code."),
            _RESULT,
            _may("original", "Of a duplicate: the number of the first."),
            _TEXT,
        ),
    ),
    Act(verb="reopen", about="Open it again.", fields=(_REASON, _TEXT)),
    Act(
        verb="cancel", about="Take the alert back (撤销).", fields=(_REASON, _TEXT), by_station=True
    ),
    Act(verb="refuse", about="Refuse it (退单).", fields=(_REASON, _TEXT)),
    Act(verb="request-police", about="Ask for police (请求警力).", fields=(_REASON, _TEXT)),
    Act(verb="police-arrive", about="Police are on scene (民警到场)."),
    Act(
        verb="hand-over",
        about="Offer it to the police (移交).",
        fields=(_must("to", "The station it is offered to."), _REASON, _TEXT),
    ),
    Act(
        verb="accept-hand-over",
        about="Take what was offered.",
        fields=(_must("officer", "Who takes it, by the officer's id."),),
        by_station=True,
    ),
    Act(
        verb="update",
        about="Say what is new; raise the severity (提级).",
        fields=(
            _may("severity", "red, orange, yellow, blue."),
            _may("place", "Where it is, by the place's code."),
            _may("people", "How many people.", Form.NUMBER),
            _may("weapons", "There are weapons.", Form.FLAG),
            _may("injured", "How many are injured.", Form.NUMBER),
            _may("hazards", "A hazard, as a code.", Form.CODES),
            _TEXT,
        ),
    ),
    Act(verb="note", about="Write something down.", fields=(_must("text", "What; it is sealed."),)),
    Act(
        verb="noted",
        about="The team has noted an update (知悉).",
        fields=(_must("number", "Which update.", Form.NUMBER), _TEAM),
    ),
    Act(verb="urge", about="Urge the center (催办).", fields=(_TEXT,), by_station=True),
    Act(verb="request-help", about="Ask for help (求援).", fields=(_TEAM, _TEXT)),
    Act(
        verb="transfer",
        about="Give it to another center (转派).",
        fields=(_must("center", "Which center."), _REASON, _TEXT),
    ),
    Act(
        verb="merge",
        about="It is a duplicate (并警).",
        fields=(_must("into", "The id of the incident it duplicates."),),
    ),
    Act(
        verb="supervise",
        about="Put it under supervision (督办).",
        fields=(
            _must("text", "What is to be done; it is sealed."),
            _must("owner", "Who answers for it: ORGANISATION/POST.", Form.POST),
            _must("deadline", "Until when, with its zone."),
        ),
        by_station=True,
    ),
    Act(
        verb="end-supervision",
        about="End a supervision of one's own.",
        fields=(_NUMBER, _must("text", "Why; it is sealed.")),
        by_station=True,
    ),
    Act(
        verb="ask",
        about="Ask the center something.",
        fields=(_must("text", "What; it is sealed."),),
        by_station=True,
    ),
    Act(
        verb="answer",
        about="Answer a question.",
        fields=(_NUMBER, _must("text", "The answer; it is sealed.")),
    ),
    Act(verb="confirm-outcome", about="Confirm the outcome.", by_station=True),
    Act(
        verb="follow-up-call",
        about="Report a follow-up call (回访).",
        fields=(
            _must("reached", "Somebody was reached.", Form.FLAG),
            _may("satisfied", "They were satisfied.", Form.FLAG),
            _may("satisfaction", "From 1 to 5.", Form.NUMBER),
            _TEXT,
        ),
    ),
    Act(verb="split", about="It is no duplicate.", fields=(_REASON,)),
    Act(
        verb="shelve",
        about="Have it make no sound for a while (搁置).",
        fields=(
            _must("reason", "duplicate or test-source."),
            _must("minutes", "For how long, 30 at most.", Form.NUMBER),
        ),
    ),
    Act(
        verb="report",
        command="on-behalf",
        about="Report what a team told by radio (代报).",
        fields=(
            _must("act", "Of the team: accept, decline, depart, arrive, resolve, ..."),
            _TEAM,
            _may("reason", "Why, as a code."),
            _may("disposition", "What came of it, as a code."),
            _RESULT,
            _may("number", "Of an update that was noted.", Form.NUMBER),
            _TEXT,
        ),
    ),
)

ACTS: Mapping[str, Act] = {act.verb: act for act in _TABLE}
"""Every act by its verb."""


def body_of(act: Act, given: Mapping[str, Any]) -> dict[str, Any]:
    """Make the body of what was given; what was not is left out.

    Raises:
        CommandError: A field is not written as its form says; the code is 2.
    """
    body: dict[str, Any] = {}
    for field in (*act.fields, *COMMON):
        value = given.get(field.name)
        if value is None or value in ([], ()):
            continue
        body[field.name] = _READ.get(field.form, _as_it_is)(value)
    return body


def _as_it_is(value: object) -> object:
    return value


def _post(text: str) -> dict[str, str]:
    organisation, slash, post = text.partition("/")
    if not organisation or not slash or not post:
        raise CommandError(f"--owner {text}: should be organisation/post", code=USAGE)
    return {"organisation": organisation, "post": post}


def _pairs(entries: list[str]) -> dict[str, bool | int | str]:
    found: dict[str, bool | int | str] = {}
    for entry in entries:
        name, equals, value = entry.partition("=")
        if not name or not equals:
            raise CommandError(f"--result {entry}: should be name=value", code=USAGE)
        found[name] = _value(value)
    return found


def _value(text: str) -> bool | int | str:
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if text.isdecimal() and len(text) < 10 else text


_READ: Mapping[Form, Callable[[Any], object]] = {Form.FIELDS: _pairs, Form.POST: _post}
"""What turns what is written into what the body holds."""
