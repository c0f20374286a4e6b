"""Writes letters: number, level, kind, place code and link, in the person's language.

They pass through outside services, so nothing else stands in them: no word a person wrote, no name,
no telephone number. All words are the catalogue's (`texts`).
"""

from collections.abc import Mapping

from incident.alert import Status
from incident.profile import Kind
from incident.roster import Language
from services.notifier.handlers.messages.texts import TEXTS, text, text_or
from services.notifier.ports.messages import About, Letter, Purpose, Queued

MOST_LISTED = 20
TESTS = {Purpose.TEST, Purpose.MONTHLY}
TOGETHER = {Purpose.BUNDLE, Purpose.DIGEST}


def write(
    message: Queued, *, language: Language, link: str | None, kinds: Mapping[str, Kind]
) -> Letter:
    """Write one message.

    Args:
        message: With what goes in it.
        language: The person's.
        link: To acknowledge by; None where there are no links.
        kinds: What kinds are called.
    """
    title = _prefix(message, language) + _title(message, language)
    lines = [title, *_lines(message, language, kinds)]
    if message.why == "last_resort":
        lines.append(text("last_resort", language))
    if link is not None:
        ask = "confirm" if message.purpose in TESTS else "link"
        lines.append(text(ask, language).format(link=link))
    elif message.purpose in TESTS:
        lines.append(text("confirm.unlinked", language))
    return Letter(
        id=message.id,
        title=title,
        text="\n".join(lines),
        language=language,
        fields=_fields(message, link),
    )


def _prefix(message: Queued, language: Language) -> str:
    statuses = {about.status for about in _abouts(message)}
    if message.purpose in TESTS or statuses == {Status.TEST}:
        return text("test", language)
    return text("drill", language) if statuses == {Status.EXERCISE} else ""


def _title(message: Queued, language: Language) -> str:
    pattern = text(f"title.{message.purpose}", language)
    about = message.about
    if about is None:
        return pattern.format(count=len(message.members))
    return pattern.format(level=text(about.severity, language), number=about.number)


def _lines(message: Queued, language: Language, kinds: Mapping[str, Kind]) -> list[str]:
    abouts = _abouts(message)
    lines = [_line(message, about, language, kinds) for about in abouts[:MOST_LISTED]]
    if len(abouts) > MOST_LISTED:
        lines.append(text("more", language).format(count=len(abouts) - MOST_LISTED))
    return lines


def _line(message: Queued, about: About, language: Language, kinds: Mapping[str, Kind]) -> str:
    kind = kinds.get(about.kind)
    unknown = text("kind.unknown", language)
    name = unknown if kind is None else kind.zh if language is Language.ZH else kind.en
    said = text("line", language).format(
        number=about.number, level=text(about.severity, language), kind=name, place=about.place
    )
    mark = _mark(about, language) if message.purpose in TOGETHER else ""
    if message.purpose is Purpose.STAND_DOWN or about.over:
        return f"{mark}{said}\n{text('over', language)}"
    what = text_or(f"rung.{about.rung}", language, otherwise="rung")
    return f"{mark}{said}\n{what}"


def _mark(about: About, language: Language) -> str:
    """A drill among others is told apart where it stands."""
    marks = {Status.EXERCISE: "drill", Status.TEST: "test"}
    code = marks.get(Status(about.status))
    return "" if code is None else text(code, language)


def _abouts(message: Queued) -> list[About]:
    return list(message.members) if message.about is None else [message.about]


def _fields(message: Queued, link: str | None) -> dict[str, object]:
    abouts = [_codes(about) for about in _abouts(message)]
    codes: dict[str, object] = {"purpose": message.purpose, "link": link}
    return codes | ({"incidents": abouts} if message.purpose in TOGETHER else dict(*abouts))


def _codes(about: About) -> dict[str, object]:
    return {
        "number": about.number,
        "level": about.severity,
        "kind": about.kind,
        "place": about.place,
        "status": about.status,
        "rung": about.rung,
    }


def has_texts(rung: str) -> bool:
    """Whether the catalogue says what is to be seen to on a rung."""
    return f"rung.{rung}" in TEXTS
