"""What is kept of a drill: enough to end it after this process is gone, and then its report."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from services.cli.errors import USAGE, CommandError
from services.runtime import codec

FOLDER = "drills"
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")


class DrillState(StrEnum):
    """Whether it still runs."""

    RUNNING = "running"
    ENDED = "ended"


@dataclass(slots=True, kw_only=True)
class SentAlert:
    """One alert of a drill.

    Attributes:
        body: As it is sent, with its reference: sending it again is the same alert.
        after: Seconds from the beginning, without pauses.
        sending: It may have been sent.
        id: The incident's; None until the answer came.
    """

    after: int
    body: dict[str, Any]
    sending: bool = False
    id: str | None = None
    sent_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Pause:
    """A real alert was open in the center."""

    began_at: datetime
    because: str
    ended_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Drill:
    """A drill; moments are real time.

    Attributes:
        ends_at: When it is over at the latest.
        why_ended: over, time, stopped, or ended (by a later command).
        left_open: Incidents that could not be ended.
        report: Who did what when, once it has ended.
    """

    id: str
    name: str
    center: str
    began_at: datetime
    ends_at: datetime
    state: DrillState = DrillState.RUNNING
    ended_at: datetime | None = None
    why_ended: str | None = None
    alerts: list[SentAlert] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    left_open: list[str] = field(default_factory=list)
    report: dict[str, Any] | None = None


def save(data: Path, drill: Drill) -> Path:
    """Write a drill; a crash leaves the old or the new, never half. Only its owner may read it."""
    folder = data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path, fresh = folder / f"{drill.id}.json", folder / f".{drill.id}.new"
    fresh.write_bytes(codec.encode(drill))
    fresh.chmod(0o600)
    fresh.replace(path)
    return path


def load(data: Path, id_: str) -> Drill:
    """Read a drill.

    Raises:
        CommandError: There is none of this id.
    """
    path = data / FOLDER / f"{id_}.json"
    if not _ID.fullmatch(id_) or not path.is_file():
        raise CommandError(f"no drill {id_} is kept in {data / FOLDER}", code=USAGE)
    try:
        return codec.decode(path.read_bytes(), Drill)
    except (codec.DecodeError, OSError) as error:
        raise CommandError(f"{path} cannot be read as a drill: {error}") from error


def load_all(data: Path) -> Iterator[Drill]:
    """Read all drills, the newest first."""
    for path in sorted((data / FOLDER).glob("*.json"), reverse=True):
        if _ID.fullmatch(path.stem):
            yield load(data, path.stem)


def newest(data: Path) -> Drill:
    """Read the newest drill.

    Raises:
        CommandError: There is none.
    """
    for drill in load_all(data):
        return drill
    raise CommandError(f"no drill is kept in {data / FOLDER}", code=USAGE)
