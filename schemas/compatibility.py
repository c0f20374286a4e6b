"""Finds what in today's schemas would break those who work by a released version's.

Allowed: a new file, a new optional property, a relaxed limit, a new value under
`x-extensible-enum`. Everything below is forbidden, because either a consumer of the release could
not read what is written today, or today's code could not read what was written then.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]
Files: TypeAlias = Mapping[str, Schema]

LOWER_LIMITS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER_LIMITS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
FIXED = ("format", "const", "default", "contentMediaType", "contentSchema")
"""Keywords whose every change is one of meaning."""
TIGHTENING = ("pattern", "multipleOf", "uniqueItems")
"""Keywords that may go and must not come or change."""


def breaking_changes(old: Files, new: Files) -> list[str]:
    """Name every forbidden change, as `file: path: what`.

    Args:
        old: The schema files of a release, by name.
        new: Today's.
    """
    found: list[str] = []
    for name, document in sorted(old.items()):
        if name not in new:
            found.append(f"{name}: the file was removed")
        else:
            changes = _Documents(document, new[name]).changes("", document, new[name])
            found += [f"{name}: {change}" for change in changes]
    return found


class _Documents:
    """Two versions of one file, walked through together."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self.old, self.new = old, new

    def changes(self, path: str, old: Schema, new: Schema) -> Iterator[str]:
        old, new = _resolved(old, self.old), _resolved(new, self.new)
        before, after = _branches(old, self.old), _branches(new, self.new)
        if before.keys() != after.keys():
            yield _at(path, f"type changed from {_names(before)} to {_names(after)}")
            return
        yield from (_at(path, what) for what in _keyword_changes(old, new))
        for kind, part in before.items():
            other = after[kind]
            if part is not old:
                yield from (_at(path, what) for what in _keyword_changes(part, other))
            yield from self._members(path, part, other)
            yield from self._elements(path, part, other)

    def _members(self, path: str, old: Schema, new: Schema) -> Iterator[str]:
        """Changes of an object's properties."""
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in sorted(before.keys() - after.keys()):
            yield _at(path, f"property {name} was removed")
        for name in sorted(before.keys() & after.keys()):
            yield from self.changes(f"{path}.{name}".lstrip("."), before[name], after[name])
        was, now = set(old.get("required", ())), set(new.get("required", ()))
        yield from (_at(path, f"property {name} is newly required") for name in sorted(now - was))
        gone = sorted((was - now) & after.keys())
        yield from (_at(path, f"property {name} is no longer always there") for name in gone)
        rest, others = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if isinstance(rest, dict) and isinstance(others, dict):
            yield from self.changes(f"{path}.*".lstrip("."), rest, others)
        elif rest != others:
            yield _at(path, "which further properties it takes was changed")

    def _elements(self, path: str, old: Schema, new: Schema) -> Iterator[str]:
        """Changes of an array's elements."""
        before, after = old.get("prefixItems", []), new.get("prefixItems", [])
        if len(before) != len(after):
            yield _at(path, f"type changed from {len(before)} leading elements to {len(after)}")
        for index, (part, other) in enumerate(zip(before, after, strict=False)):
            yield from self.changes(f"{path}[{index}]", part, other)
        rest, others = old.get("items", True), new.get("items", True)
        if isinstance(rest, dict) and isinstance(others, dict):
            yield from self.changes(f"{path}[]", rest, others)
        elif rest != others:
            yield _at(path, "type of its elements changed")


def _keyword_changes(old: Schema, new: Schema) -> Iterator[str]:
    """Changes of the keywords that speak of the value itself."""
    for key in FIXED:
        if old.get(key) != new.get(key):
            yield f"{key} changed"
    yield from _limit_changes(old, new)
    if ("enum" in old) != ("enum" in new):
        yield "a closed list of values became an open one, or the reverse"
    was, now = old.get("enum", []), new.get("enum", [])
    yield from (f"value {value!r} was removed" for value in was if value not in now)
    yield from (f"value {value!r} was added to a closed list" for value in now if value not in was)
    rules = new.get("allOf", [])
    yield from (f"rule {rule} was removed" for rule in old.get("allOf", []) if rule not in rules)


def _limit_changes(old: Schema, new: Schema) -> Iterator[str]:
    for key in TIGHTENING:
        if key in new and old.get(key) != new[key]:
            yield f"limit tightened: {key}"
    for key in LOWER_LIMITS:
        if key in new and (key not in old or new[key] > old[key]):
            yield f"limit tightened: {key}"
    for key in UPPER_LIMITS:
        if key in new and (key not in old or new[key] < old[key]):
            yield f"limit tightened: {key}"


def _resolved(schema: Schema, document: Schema) -> Schema:
    """What a reference within the file points at, with what stands beside the reference.

    A reference to another file stays: that file is compared by itself.
    """
    reference = schema.get("$ref", "")
    if not reference.startswith("#/$defs/"):
        return schema
    target = document["$defs"][reference.removeprefix("#/$defs/")]
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return _resolved({**target, **beside}, document)


def _branches(schema: Schema, document: Schema) -> dict[str, Schema]:
    """The types a value may have, each with its schema."""
    if "anyOf" not in schema:
        return {_kind(schema): schema}
    parts = [_resolved(part, document) for part in schema["anyOf"]]
    return {_kind(part): part for part in parts}


def _kind(schema: Schema) -> str:
    return str(schema.get("$ref") or schema.get("type") or "anything")


def _names(branches: Mapping[str, Schema]) -> str:
    return " or ".join(sorted(branches))


def _at(path: str, what: str) -> str:
    return f"{path}: {what}" if path else what
