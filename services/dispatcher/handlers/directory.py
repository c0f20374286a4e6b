"""The directory's life: a whole document is checked, compared with the present one, published.

There is one writer at a time. A document that says what stands already changes nothing and keeps
its version. Keys may be left out of a document: the present ones stay, and one that is listed
without its digest keeps the one it has, so that what was read can be changed and sent back.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from incident.directory import (
    Change,
    Directory,
    Fault,
    InvalidDirectoryError,
    difference,
    read_directory,
    to_document,
)
from incident.messages import DirectoryPublished
from services.dispatcher.handlers.outgoing import mark_of
from services.runtime import codec
from services.runtime.auth import KEY_ID, Principal

BOOTSTRAP = "bootstrap"
"""The id of the key in the settings; no key of a directory may bear it."""

MOST_BYTES = 900_000
"""The longest document that still fits into one Kafka record."""


class OtherVersionError(Exception):
    """The directory is not at the version the caller saw.

    Attributes:
        version: Where it stands.
    """

    def __init__(self, version: int) -> None:
        super().__init__(f"the directory is at version {version}")
        self.version = version


class NothingAppliedError(Exception):
    """No directory has been applied yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version there was.

    Attributes:
        applied_by: The id of the key that applied it.
        applied_at: Real time.
    """

    version: int
    applied_by: str
    applied_at: datetime


class Shelf(Protocol):
    """One transaction that holds the directory against every other writer."""

    async def read(self) -> DirectoryPublished | None:
        """Give the present directory."""
        ...

    async def publish(
        self, published: DirectoryPublished, *, by: str, marks: Mapping[str, str]
    ) -> None:
        """Put a version in force and tell the other services.

        Args:
            published: The new version.
            by: The id of the key that applied it.
            marks: The marks of the systems' addresses by center; what was noted of others goes.
        """
        ...


class Registry(Protocol):
    """Where the directory and its versions are kept."""

    def write(self) -> AbstractAsyncContextManager[Shelf]:
        """Begin a transaction; once it is committed, this process works from what it published."""
        ...

    async def list_versions(self, *, before: int | None, limit: int) -> list[Version]:
        """Give versions, newest first, those before one if it is given."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What documents are checked against.

    Attributes:
        kinds: Codes of the kinds that exist.
        profiles: Codes of the profiles that exist.
        now: Real time: tells which keys are live.
    """

    kinds: Collection[str]
    profiles: Collection[str]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A document as it was sent.

    Attributes:
        expected: The version the caller saw, 0 for none yet; None where it does not say.
        dry_run: Only say what would change.
    """

    caller: Principal
    document: Mapping[str, object]
    expected: int | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of a document.

    Attributes:
        version: The version in force now, 0 for none.
        changes: What it changed, or would change.
    """

    version: int
    changes: Sequence[Change]


async def apply_directory(proposal: Proposal, *, registry: Registry, known: Known) -> Applied:
    """Put a document in force, unless it says nothing new or is only tried.

    Raises:
        OtherVersionError: The caller saw another version.
        InvalidDirectoryError: It is no directory; everything wrong with it is listed.
    """
    async with registry.write() as shelf:
        present = await shelf.read()
        version = 0 if present is None else present.version
        if proposal.expected not in {None, version}:
            raise OtherVersionError(version)
        document, kept = _with_kept_keys(proposal.document, present)
        try:
            directory = check(document, version=version + 1, known=known)
        except InvalidDirectoryError as error:
            raise InvalidDirectoryError([_by_id(fault, kept) for fault in error.faults]) from error
        changes = compare(present, directory, known=known)
        if proposal.dry_run or not changes:
            return Applied(version=version, changes=changes)
        await publish(directory, shelf=shelf, by=proposal.caller.key_id, now=known.now)
    return Applied(version=directory.version, changes=changes)


def check(document: Mapping[str, object], *, version: int, known: Known) -> Directory:
    """Read a document as the directory of a version, with all that the service asks beyond that.

    Raises:
        InvalidDirectoryError: It is no directory; everything wrong with it is listed.
    """
    faults = list[Fault]()
    directory = None
    try:
        directory = read_directory(
            dict(document),
            version=version,
            now=known.now,
            kinds=known.kinds,
            profiles=known.profiles,
        )
    except InvalidDirectoryError as error:
        faults += error.faults
    noted = {fault.path for fault in faults}
    faults += [fault for fault in _key_id_faults(document) if fault.path not in noted]
    if directory is None or faults:
        raise InvalidDirectoryError(faults)
    _check_length(directory)
    return directory


def _check_length(directory: Directory) -> None:
    length = len(codec.encode(to_document(directory)))
    if length > MOST_BYTES:
        wrong = f"is {length} bytes long as it is published"
        raise InvalidDirectoryError([Fault(path="", wrong=wrong, allowed=f"at most {MOST_BYTES}")])


def compare(
    present: DirectoryPublished | None, directory: Directory, *, known: Known
) -> tuple[Change, ...]:
    """Say what changes; all of it if what stands cannot be read by the rules of today."""
    if present is None:
        return difference(None, directory)
    try:
        old = read_directory(present.document, version=present.version, now=known.now)
    except InvalidDirectoryError:
        old = None
    return difference(old, directory)


async def publish(directory: Directory, *, shelf: Shelf, by: str, now: datetime) -> None:
    """Put a checked directory in force."""
    published = DirectoryPublished(
        version=directory.version, document=dict(to_document(directory)), published_at=now
    )
    marks: dict[str, str] = {
        center.code: mark_of(center.webhook)
        for center in directory.centers
        if center.webhook is not None
    }
    await shelf.publish(published, by=by, marks=marks)


def _key_id_faults(document: Mapping[str, object]) -> Iterator[Fault]:
    """Key ids that no key could carry, or that only the key in the settings may."""
    keys = document.get("keys")
    for position, entry in enumerate(keys if isinstance(keys, list) else ()):
        key_id = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(key_id, str) and (key_id == BOOTSTRAP or not KEY_ID.fullmatch(key_id)):
            yield Fault(
                path=f"keys[{position}].id",
                wrong="is not an id of a key",
                allowed=f"lower-case letters, digits, hyphens, at most 63; not '{BOOTSTRAP}'",
            )


def _with_kept_keys(
    document: Mapping[str, object], present: DirectoryPublished | None
) -> tuple[dict[str, object], list[str] | None]:
    """Put in what a document leaves to the present keys.

    Returns:
        The whole document, and the ids of its keys if they are all the present ones.
    """
    stored = keys_of(present)
    given = document.get("keys")
    if given is None:
        return {**document, "keys": list(stored.values())}, list(stored)
    if not isinstance(given, list):
        return dict(document), None
    return {**document, "keys": [_with_digest(entry, stored) for entry in given]}, None


def keys_of(present: DirectoryPublished | None) -> dict[str, Mapping[str, object]]:
    """The entries of the present keys by id."""
    entries = [] if present is None else present.document.get("keys", [])
    assert isinstance(entries, list)  # noqa: S101  # it was read as a directory before it was kept
    return {entry["id"]: entry for entry in entries}


def _with_digest(entry: object, stored: Mapping[str, Mapping[str, object]]) -> object:
    if not isinstance(entry, dict) or "sha256" in entry:
        return entry
    known = stored.get(str(entry.get("id")))
    return entry if known is None else {**entry, "sha256": known["sha256"]}


def _by_id(fault: Fault, kept: Sequence[str] | None) -> Fault:
    """Name a kept key by its id: it has no position in the document that was sent."""
    opening, bracket, rest = fault.path.partition("[")
    position, closing, field = rest.partition("]")
    if kept is None or opening != "keys" or not bracket or not closing:
        return fault
    return replace(fault, path=f"keys[{kept[int(position)]}]{field}")
