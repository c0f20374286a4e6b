"""The form of an export: a directory of NDJSON files, and a manifest that names them.

incidents.ndjson     the public state of each incident, as `GET /v1/incidents/{id}` shows it
events.ndjson        the chained events of each incident
timing.ndjson        the chained facts of each incident's clocks
heads.ndjson         the end of each chain, of both logs
digests.ndjson       the hourly digests of all ends, of both logs
figures.ndjson       compliance figures: what was asked, and what was answered
conservation.ndjson  what was answered about the conservation of alerts
manifest.json        the SHA-256 of each of these, and when the export was made
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from services.runtime import codec

FORMAT = "d115-export/1"
MANIFEST = "manifest.json"
INCIDENTS, TIMING = "incidents", "timing"
"""The two logs."""

T = TypeVar("T")


class NoArchiveError(Exception):
    """The directory holds no export; the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record of a log, as chained.

    Attributes:
        version: Its place in its incident's chain.
        text: The canonical text, exactly as its hash covers it.
    """

    incident: UUID
    version: int
    id: UUID
    text: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptHead:
    """The end of a chain, as kept outside it."""

    log: str
    incident: UUID
    version: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDigest:
    """A published digest of the ends of all chains of a log.

    Attributes:
        taken_at: Of each chain the last record from before this moment counts.
    """

    log: str
    sequence: int
    taken_at: datetime
    count: int
    digest: str
    previous: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Compliance figures.

    Attributes:
        asked: The query: `from`, `to`, `status`, perhaps `group_by`.
        told: The answer.
    """

    asked: dict[str, str]
    told: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file of an export."""

    records: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an export holds.

    Attributes:
        origin: Where it was made from.
        made_at: Real time.
        settled: Nothing moved while it was made: each chain ends at its head, and the figures are
            those of the states.
    """

    format: str
    origin: str
    made_at: datetime
    settled: bool
    files: dict[str, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A line that holds no record of its file."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that an export holds beside its manifest."""

    incidents: Sequence[dict[str, Any]] = ()
    events: Sequence[Record] = ()
    timing: Sequence[Record] = ()
    heads: Sequence[KeptHead] = ()
    digests: Sequence[KeptDigest] = ()
    figures: Sequence[Figures] = ()
    conservation: Sequence[dict[str, Any]] = ()


FILES: dict[str, type] = {
    "incidents": dict,
    "events": Record,
    "timing": Record,
    "heads": KeptHead,
    "digests": KeptDigest,
    "figures": Figures,
    "conservation": dict,
}
"""What a line of each file is, by the file's stem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An export as read.

    Attributes:
        changed: Files that are not what the manifest says.
        missing: Files that are not there.
    """

    manifest: Manifest
    content: Content
    unreadable: tuple[Unreadable, ...] = ()
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def write(folder: Path, content: Content, *, origin: str, made_at: datetime, settled: bool) -> None:
    """Write an export; files of an earlier one in that directory are replaced.

    Raises:
        OSError: It cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)  # an export cut short is none
    files: dict[str, Part] = {}
    for stem in FILES:
        entries: Sequence[object] = getattr(content, stem)
        data = b"".join(codec.encode(entry) + b"\n" for entry in entries)
        (folder / _name(stem)).write_bytes(data)
        files[_name(stem)] = Part(records=len(entries), sha256=hashlib.sha256(data).hexdigest())
    manifest = Manifest(format=FORMAT, origin=origin, made_at=made_at, settled=settled, files=files)
    (folder / MANIFEST).write_bytes(codec.encode(manifest) + b"\n")


def read(folder: Path) -> Archive:
    """Read an export, as much of it as can be read.

    Raises:
        NoArchiveError: There is no manifest, or one of another form.
    """
    manifest = _manifest(folder)
    unreadable: list[Unreadable] = []
    changed: list[str] = []
    missing: list[str] = []
    found: dict[str, list[Any]] = {stem: [] for stem in FILES}
    for stem, kind in FILES.items():
        name = _name(stem)
        try:
            data = (folder / name).read_bytes()
        except OSError:
            missing.append(name)
            continue
        part = manifest.files.get(name)
        if part is None or hashlib.sha256(data).hexdigest() != part.sha256:
            changed.append(name)
        for line in _lines(name, data, kind):
            (unreadable if isinstance(line, Unreadable) else found[stem]).append(line)
    return Archive(
        manifest=manifest,
        content=Content(**found),
        unreadable=tuple(unreadable),
        changed=tuple(changed),
        missing=tuple(missing),
    )


def manifest_digest(folder: Path) -> str:
    """SHA-256 of the manifest: who notes it down knows later that the export is the same."""
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def _name(stem: str) -> str:
    return f"{stem}.ndjson"


def _manifest(folder: Path) -> Manifest:
    try:
        manifest = codec.decode((folder / MANIFEST).read_bytes(), Manifest)
    except OSError as error:
        raise NoArchiveError(f"{folder / MANIFEST}: {error.strerror or error}") from error
    except codec.DecodeError as error:
        raise NoArchiveError(f"{folder / MANIFEST} is no manifest: {error}") from error
    if manifest.format != FORMAT:
        raise NoArchiveError(f"{folder} is of the form {manifest.format}, not {FORMAT}")
    return manifest


def _lines(name: str, data: bytes, kind: type[T]) -> Iterator[T | Unreadable]:
    for number, line in enumerate(_split(data), start=1):
        try:
            yield codec.decode(line, kind)
        except codec.DecodeError as error:
            yield Unreadable(file=name, line=number, reason=str(error))


def _split(data: bytes) -> Iterable[bytes]:
    return (line for line in data.split(b"\n") if line)
