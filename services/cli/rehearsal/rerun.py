"""`d115 ladder dry-run`: an edited profile played over incidents that were."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from incident.events import Event
from incident.ladder import Step
from incident.profile import Profile
from incident.rehearsal import Difference
from incident.rehearsal import dry_run as play
from incident.rehearsal.rerunning import Moved
from incident.replay import BrokenHistoryError
from services.cli.client import Client, open_session
from services.cli.errors import CommandError
from services.cli.reach import Reached
from services.cli.rehearsal.profiles import USAGE, read
from services.cli.rehearsal.words import doing, word
from services.cli.texts import Language
from services.runtime import codec, eventlog
from services.runtime.clock import SystemClock

WEEK = timedelta(days=7)
BEIJING = timedelta(hours=8)
PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for, as typed.

    Attributes:
        since: The first moment of receipt, with its zone; None for seven days ago.
        until: The moment before which they were received; None for now.
        week: A week of Beijing time instead, such as `2026-W47`.
    """

    profile: Path
    since: str | None = None
    until: str | None = None
    week: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From when to when incidents were received, the end excluded."""

    since: datetime
    until: datetime


def lines(reached: Reached, wanted: Wanted, language: Language, *, as_json: bool) -> Iterator[str]:
    """Give what is printed; as JSON, one line for each incident that would have been otherwise.

    Raises:
        ClientError: The instance does not answer, or the key may not read incidents.
        CommandError: The profile, a moment or a week is faulty, or an event is of a type unknown
            here; the code is 2.
    """
    profile = read(wanted.profile)
    now = SystemClock().real()
    histories = asyncio.run(_fetch(reached, stretch_of(wanted, now=now)))
    found = compare(histories, profile, now=now)
    changed = [entry for entry in found if not entry.is_none]
    if as_json:
        yield from (codec.text(plain(entry)) for entry in changed)
        return
    for entry in changed:
        yield from _lines(entry, language)
    same = len(found) - len(changed)
    yield (
        f"{len(found)} {word('incidents', language)}, {same} {word('unchanged', language)}: "
        + ", ".join(f"{word(name, language)} {count}" for name, count in counts(changed).items())
    )


def stretch_of(wanted: Wanted, *, now: datetime) -> Stretch:
    """Say which stretch of time is meant.

    Raises:
        CommandError: It cannot be read, or ends before it begins; the code is 2.
    """
    if wanted.week is not None:
        if wanted.since or wanted.until:
            raise CommandError("say --week, or --from and --to", code=USAGE)
        try:
            began = datetime.strptime(f"{wanted.week}-1", "%G-W%V-%u").replace(tzinfo=UTC) - BEIJING
        except ValueError as error:
            raise CommandError(f"--week: no week {wanted.week}, as 2026-W47", code=USAGE) from error
        return Stretch(since=began, until=began + WEEK)
    until = now if wanted.until is None else _moment("--to", wanted.until)
    since = until - WEEK if wanted.since is None else _moment("--from", wanted.since)
    if since >= until:
        raise CommandError("--from is not before --to", code=USAGE)
    return Stretch(since=since, until=until)


def compare(
    histories: list[list[Event]], profile: Profile, *, now: datetime
) -> tuple[Difference, ...]:
    """Play the profile over the histories.

    Raises:
        CommandError: A history is broken; the code is 1.
    """
    try:
        return play(histories, profile, now=now)
    except BrokenHistoryError as error:
        raise CommandError(f"an incident's events are no history: {error}") from error


def counts(changed: list[Difference]) -> dict[str, int]:
    """How many steps would have been otherwise, and how."""
    return {
        "added": sum(len(entry.added) for entry in changed),
        "removed": sum(len(entry.removed) for entry in changed),
        "moved": sum(len(entry.moved) for entry in changed),
        "altered": sum(len(entry.altered) for entry in changed),
    }


def plain(entry: Difference) -> dict[str, object]:
    """What would have been otherwise for one incident, as JSON."""
    return {
        "incident": entry.incident,
        "added": [_plain(step) for step in entry.added],
        "removed": [_plain(step) for step in entry.removed],
        "moved": [_plain_pair(pair) for pair in entry.moved],
        "altered": [_plain_pair(pair) for pair in entry.altered],
    }


async def _fetch(reached: Reached, stretch: Stretch) -> list[list[Event]]:
    """The events of every incident received in a stretch of time."""
    async with open_session() as session:
        client = Client(session, reached.origins, key=reached.key)
        query = {"from": _text(stretch.since), "to": _text(stretch.until)}
        ids = [entry["id"] async for entry in client.list_incidents(**query)]
        return [await _history(client, id_) for id_ in ids]


async def _history(client: Client, id_: str) -> list[Event]:
    events: list[Event] = []
    while True:
        after = str(events[-1].version if events else 0)
        path = f"/v1/incidents/{id_}/events"
        page = (await client.get(path, after=after, limit=str(PAGE)))["events"]
        try:
            events += [eventlog.from_text(entry["text"]) for entry in page]
        except eventlog.UnknownTypeError as error:
            raise CommandError(f"incident {id_}: {error}", code=USAGE) from error
        if len(page) < PAGE:
            return events


def _moment(option: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{option}: no moment {text}", code=USAGE) from error
    if moment.tzinfo is None:
        raise CommandError(f"{option}: {text} has no zone, such as +08:00", code=USAGE)
    return moment.astimezone(UTC)


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _lines(entry: Difference, language: Language) -> Iterator[str]:
    yield str(entry.incident)
    for name, steps in (("added", entry.added), ("removed", entry.removed)):
        for step in steps:
            yield f"  {word(name, language)}  {_text(step.due_at)}  {_said(step, language)}"
    for name, pairs in (("moved", entry.moved), ("altered", entry.altered)):
        for pair in pairs:
            after = f"{_text(pair.after.due_at)}  {_said(pair.after, language)}"
            yield f"  {word(name, language)}  {_text(pair.before.due_at)} -> {after}"


def _said(step: Step, language: Language) -> str:
    return f"{step.code:<26} {doing(step, language)}"


def _plain(step: Step) -> dict[str, object]:
    rung = step.rung
    return {
        "step": step.key,
        "rung": rung.code,
        "action": rung.action.value,
        "post": rung.post,
        "of": rung.of.value,
        "callback": rung.callback,
        "due_at": step.due_at,
    }


def _plain_pair(pair: Moved) -> dict[str, object]:
    return {"before": _plain(pair.before), "after": _plain(pair.after)}
