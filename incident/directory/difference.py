"""What changes from one directory to another, for the dry run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from incident.chain import JSON
from incident.directory.document import to_document
from incident.directory.parts import Directory

HIDDEN = "(not shown)"
"""Stands where a key's digest would."""


class ChangeKind(StrEnum):
    """What became of something."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is not as before.

    Attributes:
        path: Where, by code: `teams[heling-duty-1].on_duty`, `centers[heling]`.
        before: What stood there; None if it is new.
        after: What stands there; None if it is gone.
    """

    path: str
    kind: ChangeKind
    before: JSON
    after: JSON


def difference(old: Directory | None, new: Directory) -> tuple[Change, ...]:
    """What changes, in the order of the new document; entries are the same if their code is.

    An entry that came or went is one change. The order of entries does not matter, and no
    key's digest is shown. With no old directory everything is new.
    """
    before = {} if old is None else to_document(old)
    return tuple(_changes("", before, to_document(new)))


def _changes(path: str, before: JSON, after: JSON) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _field_changes(path, before, after)
    elif path.endswith(".sha256"):
        if before != after:
            yield Change(path=path, kind=ChangeKind.CHANGED, before=HIDDEN, after=HIDDEN)
    elif before != after:
        yield Change(path=path, kind=ChangeKind.CHANGED, before=before, after=after)


def _field_changes(
    path: str, before: Mapping[str, JSON], after: Mapping[str, JSON]
) -> Iterator[Change]:
    for name in (*after, *(name for name in before if name not in after)):
        below = f"{path}.{name}" if path else name
        old, new = before.get(name), after.get(name)
        if isinstance(old or new, list) and _are_entries(old or new):
            yield from _entry_changes(below, _by_code(old), _by_code(new))
        elif old is None or new is None:
            yield _whole(below, old, new)
        else:
            yield from _changes(below, old, new)


def _entry_changes(
    path: str, before: Mapping[str, JSON], after: Mapping[str, JSON]
) -> Iterator[Change]:
    for code in (*after, *(code for code in before if code not in after)):
        below = f"{path}[{code}]"
        if code in before and code in after:
            yield from _changes(below, before[code], after[code])
        else:
            yield _whole(below, before.get(code), after.get(code))


def _are_entries(listed: JSON) -> bool:
    """Whether a list is one of entries with codes, not of plain texts."""
    return isinstance(listed, list) and all(isinstance(entry, Mapping) for entry in listed)


def _whole(path: str, before: JSON, after: JSON) -> Change:
    kind = ChangeKind.ADDED if before is None else ChangeKind.REMOVED
    return Change(path=path, kind=kind, before=_shown(before), after=_shown(after))


def _by_code(entries: JSON) -> dict[str, JSON]:
    """Entries by their code; keys are named by their id."""
    listed = entries if isinstance(entries, list) else []
    named = (entry for entry in listed if isinstance(entry, Mapping))
    return {str(entry.get("code", entry.get("id"))): entry for entry in named}


def _shown(value: JSON) -> JSON:
    if isinstance(value, Mapping):
        return {name: HIDDEN if name == "sha256" else _shown(v) for name, v in value.items()}
    return value
