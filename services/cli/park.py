"""Directory files: the demo's park, and those that are given."""

from datetime import date
from itertools import count
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from services.cli.errors import CommandError

DEMO_PARK = Path(__file__).parents[2] / "deploy" / "local" / "demo-park.yaml"


MOST_VALUES = 2_000_000
"""In one document: aliases can make a page of YAML unfold to more than any memory holds."""


def read_document(path: Path) -> dict[str, Any]:
    """Read a directory's document from YAML (or JSON, which is YAML too).

    Returns:
        Plain JSON values; moments and days, which YAML reads as such, are text again.

    Raises:
        CommandError: There is no such file, or it holds no document.
    """
    try:
        document = _plain(yaml.safe_load(path.read_text(encoding="utf-8")), count(1))
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from error
    except RecursionError as error:
        raise CommandError(f"{path} is nested too deeply, or in itself") from error
    except (yaml.YAMLError, ValueError) as error:  # a day or a number that is none is a ValueError
        said = " ".join(str(error).split())
        raise CommandError(f"{path} is not YAML: {said}") from error
    if not isinstance(document, dict):
        raise CommandError(f"{path} holds no directory: it should be a mapping with a park in it")
    return document


def _plain(value: object, counted: "count[int]") -> object:
    """Turn what YAML reads into what JSON can say.

    Raises:
        ValueError: It cannot be said in JSON, or there is too much of it.
    """
    if next(counted) > MOST_VALUES:
        raise ValueError(f"it unfolds to over {MOST_VALUES} values")
    match value:
        case dict():
            return {_name(name): _plain(part, counted) for name, part in value.items()}
        case list():
            return [_plain(part, counted) for part in value]
        case date():
            return value.isoformat()
        case str():
            value.encode()  # half a character is no text
            return value
        case float() if not isfinite(value):
            raise ValueError(f"{value} is no number of a directory")
        case bool() | int() | float() | None:
            return value
        case _:
            raise ValueError(f"a directory holds no {type(value).__name__}")


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise ValueError(f"{name!r} is no field's name: it should be text")  # noqa: TRY004  # a fault of the file
    name.encode()
    return name
