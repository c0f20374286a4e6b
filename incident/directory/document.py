"""A directory back as a plain document, to be published, saved and compared."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime

from incident.chain import JSON, canonical, sha256_hex
from incident.directory.parts import Directory, Park


def to_document(directory: Directory) -> dict[str, JSON]:
    """The document `read_directory` reads the same directory from, without the version.

    Fields that stand at nothing are left out; moments are ISO 8601 text in UTC.
    """
    document = {
        name: _plain(getattr(directory, name))
        for name in (field.name for field in fields(directory))
        if name not in {"version", "park"}
    }
    return {"park": _park(directory.park), **document}


def digest(directory: Directory) -> str:
    """SHA-256 of the canonical document: the same content has the same digest in any version."""
    return sha256_hex(canonical(to_document(directory)))


def _park(park: Park) -> JSON:
    return {
        "code": park.code,
        "name": {"zh": park.name_zh, "en": park.name_en},
        "fallback_center": park.fallback_center,
        "time_zone": park.time_zone,
    }


def _plain(value: object) -> JSON:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    if is_dataclass(value):
        named = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: _plain(entry) for name, entry in named if entry not in (None, ())}
    return value if isinstance(value, bool) else str(value)
