"""Today's schema files, ready to check messages by."""

import json
from functools import cache
from typing import Any

from jsonschema_rs import Draft202012, Draft202012Validator, Registry

from schemas.generate import EVENTS

BASE = "https://schemas.test/"  # nothing is ever fetched: the registry holds every file


@cache
def files() -> dict[str, dict[str, Any]]:
    """Each file by its name."""
    return {path.name: json.loads(path.read_text()) for path in sorted(EVENTS.glob("*.json"))}


@cache
def validator(name: str) -> Draft202012Validator:
    """The check of one file, with everything it refers to."""
    registry = Registry(
        [(BASE + file, schema) for file, schema in files().items()], draft=Draft202012
    )
    return Draft202012Validator(
        {"$ref": BASE + name}, registry=registry, validate_formats=True, offline=True
    )


def faults(name: str, message: object) -> list[str]:
    """What a schema finds wrong with a message, each with its place."""
    return [
        f"{'.'.join(map(str, error.instance_path))}: {error.message}"
        for error in validator(name).iter_errors(message)
    ]
