"""`d115 ladder explain`: a made-up incident played through a profile, a section a situation."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from incident.alert import Severity, Source
from incident.profile import Kind
from incident.rehearsal import About, Line, Situation
from incident.rehearsal import explain as play
from services.cli.errors import CommandError
from services.cli.rehearsal.profiles import USAGE, named
from services.cli.rehearsal.words import clock, doing, word
from services.cli.texts import Language
from services.runtime import codec
from services.runtime.kinds import load_kinds

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for, as typed."""

    profile: str
    severity: str
    kind: str
    source: str
    about: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    console: bool = True
    late: bool = False


def lines(wanted: Wanted, language: Language, *, as_json: bool) -> Iterator[str]:
    """Give what is printed; as JSON, one line for each thing done.

    Raises:
        CommandError: A name is unknown; the code is 2.
    """
    profile, about = named(wanted.profile), _about(wanted)
    situations = [_chosen("--after", text, Situation) for text in wanted.after] or list(Situation)
    for situation in situations:
        played = play(profile, about, situation=situation)
        if as_json:
            yield from (codec.text(_plain(line, situation)) for line in played)
            continue
        yield f"{word(f'after.{situation}', language)} ({wanted.profile}, {wanted.severity})"
        for line in played:
            yield _line(line, language)
        if not played:
            yield f"  {word('quiet', language)}"


def _about(wanted: Wanted) -> About:
    return About(
        severity=_chosen("--severity", wanted.severity, Severity),
        source=_chosen("--source", wanted.source, Source),
        console=wanted.console,
        late=wanted.late,
        police_required=_kind(wanted.kind).police_required,
        circumstances=wanted.about,
    )


def _kind(code: str) -> Kind:
    kinds, _ = load_kinds()
    if code not in kinds:
        raise CommandError(f"no kind {code}; there are: {', '.join(sorted(kinds))}", code=USAGE)
    return kinds[code]


def _chosen(option: str, text: str, choices: type[Choice]) -> Choice:
    if text not in choices.__members__.values():
        raise CommandError(f"{option}: no {text}; one of {', '.join(choices)}", code=USAGE)
    return choices(text)


def _line(line: Line, language: Language) -> str:
    said = doing(line.step, language, at_once=line.at_once)
    sent = f" -> {line.team}" if line.outcome == "team_assigned" else ""
    nobody = f" -> {word('no_team', language)}" if line.outcome == "no_team" else ""
    return f"  {clock(line.seconds)}  {line.step.code:<26} {said}{sent}{nobody}"


def _plain(line: Line, situation: Situation) -> dict[str, object]:
    rung = line.step.rung
    return {
        "after": situation.value,
        "seconds": line.seconds,
        "step": line.step.key,
        "rung": rung.code,
        "action": rung.action.value,
        "outcome": line.outcome,
        "team": line.team,
        "post": rung.post,
        "of": rung.of.value if rung.post or rung.callback else None,
        "callback": rung.callback,
        "voice": rung.voice,
        "digest": not line.at_once,
        "level": rung.level,
        "mark": rung.mark,
    }
