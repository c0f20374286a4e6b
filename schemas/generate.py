"""Writes `schemas/events/*.json` and `schemas/asyncapi.yaml`, and keeps a copy of a release.

`python -m schemas.generate` writes the files; `python -m schemas.generate --release 0.2.0` keeps
the schemas in `schemas/released/0.2.0.json`, which later versions are compared with. The classes
are the source; a test says when the files no longer follow from them.
"""

import argparse
import inspect
import json
import re
import textwrap
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from incident.alert import Point
from incident.events import BODIES
from incident.lifecycle import Incident
from incident.messages import TYPES, HeadsDigest, IncidentChanged
from schemas import asyncapi
from services.runtime.eventlog import EventText

Schema: TypeAlias = dict[str, Any]

HERE = Path(__file__).parent
EVENTS = HERE / "events"
RELEASED = HERE / "released"
ASYNCAPI = HERE / "asyncapi.yaml"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

EVENT, INCIDENT, CHANGED = "event.json", "incident.json", "incident.changed.json"

OPEN_CODES: dict[tuple[type, str], list[str]] = {
    (Point, "crs"): ["wgs84", "cgcs2000", "gcj02", "bd09"],
    (HeadsDigest, "log"): ["incidents", "timing"],
}
"""Texts that hold one of these codes today; consumers take others as they come."""

FIRST_KEYS = (
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "type",
    "properties",
    "required",
)
ATTRIBUTE = re.compile(r"^(\w+): (.*?)(?=^\w+: |\Z)", re.DOTALL | re.MULTILINE)


def documents() -> dict[str, Schema]:
    """Every schema file by its name, as it follows from the classes."""
    sources = {f"{name}.json": cls for name, cls in {**BODIES, **TYPES}.items()}
    sources |= {EVENT: EventText, INCIDENT: Incident, CHANGED: IncidentChanged}
    made = {name: _document(name, cls) for name, cls in sorted(sources.items())}
    made[EVENT]["allOf"] = [_body_of(name) for name in sorted(BODIES)]
    changed = made[CHANGED]["properties"]
    changed["event"] |= {"contentMediaType": "application/json", "contentSchema": {"$ref": EVENT}}
    changed["incident"] = {"$ref": INCIDENT}
    del made[CHANGED]["$defs"]
    return {name: json.loads(json.dumps(document)) for name, document in made.items()}


def text_of(document: object) -> str:
    """A schema as its file holds it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def released() -> dict[str, dict[str, Schema]]:
    """The schema files of every released version, by version and name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(RELEASED.glob("*.json"))}


def product_version() -> str:
    """The version of the product, as its package says it."""
    package = tomllib.loads((HERE.parent / "pyproject.toml").read_text())
    return str(package["project"]["version"])


def _document(name: str, cls: type) -> Schema:
    """The schema of a class, with everything it refers to inside."""
    (_,), components = msgspec.json.schema_components(
        [cls],
        schema_hook=lambda _: {"description": "Any JSON value."},
        ref_template="#/$defs/{name}",
    )
    classes = dict(_classes(cls))
    defs = {key: _described(schema, classes.get(key)) for key, schema in components.items()}
    body = defs.pop(cls.__name__)
    head = {
        "$schema": DIALECT,
        "$id": name,
        "$comment": f"Generated from {cls.__module__}.{cls.__name__} by schemas/generate.py.",
    }
    used = dict(sorted(defs.items()))
    return _ordered({**head, **body, **({"$defs": used} if used else {})})


def _body_of(name: str) -> Schema:
    return {
        "if": {"properties": {"type": {"const": name}}},
        "then": {"properties": {"body": {"$ref": f"{name}.json"}}},
    }


def _classes(cls: Any) -> Iterator[tuple[str, type]]:  # noqa: ANN401 - any annotation
    """The class and every class that its fields name, however deep."""
    for part in getattr(cls, "__args__", ()):
        yield from _classes(part)
    if isinstance(cls, type) and cls.__module__.startswith(("incident.", "services.")):
        yield cls.__name__, cls
        for annotation in inspect.get_annotations(cls).values():
            yield from _classes(annotation)


def _described(schema: Schema, cls: type | None) -> Schema:
    """Give a class's schema the class's words, and its moments their form."""
    if cls is None:
        return schema
    paragraphs = inspect.cleandoc(cls.__doc__ or "").split("\n\n")
    described = {**schema, "description": " ".join(paragraphs[0].split())}
    if "enum" in schema:
        return _ordered({**described, "type": "string"})
    attributes = next((text for text in paragraphs if text.startswith("Attributes:")), "")
    told = dict(ATTRIBUTE.findall(textwrap.dedent(attributes.partition("\n")[2])))
    properties = described["properties"] = dict(schema["properties"])
    for name, annotation in inspect.get_annotations(cls).items():
        if datetime in (annotation, *getattr(annotation, "__args__", ())):
            properties[name] = _in_utc(properties[name])
        if name in told:
            properties[name] |= {"description": " ".join(told[name].split())}
        if (cls, name) in OPEN_CODES:
            properties[name] |= {"x-extensible-enum": OPEN_CODES[cls, name]}
    return _ordered(described)


def _in_utc(schema: Schema) -> Schema:
    """The schema of a moment, or of one that may be missing."""
    if "anyOf" in schema:
        return schema | {"anyOf": [_in_utc(part) for part in schema["anyOf"]]}
    return (
        schema | {"format": "date-time", "pattern": "Z$"} if schema["type"] == "string" else schema
    )


def _ordered(schema: Schema) -> Schema:
    first = {key: schema[key] for key in FIRST_KEYS if key in schema}
    return first | {key: schema[key] for key in sorted(schema) if key not in first}


def main() -> None:
    """Write the files, or keep them as a release."""
    parser = argparse.ArgumentParser(description="Write the JSON Schema files.")
    parser.add_argument("--release", metavar="VERSION", help="keep today's files as this release")
    version = parser.parse_args().release
    made = documents()
    if version is not None:
        with (RELEASED / f"{version}.json").open("x") as kept:  # a release is never written again
            kept.write(text_of(made))
        return
    for path in EVENTS.glob("*.json"):
        if path.name not in made:
            path.unlink()
    for name, document in made.items():
        (EVENTS / name).write_text(text_of(document))
    ASYNCAPI.write_text(asyncapi.text_of(product_version()))


if __name__ == "__main__":
    main()
