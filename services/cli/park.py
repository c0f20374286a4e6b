"""Directory files: the demo's park, and those that are given."""

from pathlib import Path
from typing import Any

import yaml

from services.cli.errors import CommandError

DEMO_PARK = Path(__file__).parents[2] / "deploy" / "local" / "demo-park.yaml"


def read_document(path: Path) -> dict[str, Any]:
    """Read a directory's document from YAML (or JSON, which is YAML too).

    Raises:
        CommandError: There is no such file, or it holds no document.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())
        raise CommandError(f"{path} is not YAML: {said}") from error
    if not isinstance(document, dict):
        raise CommandError(f"{path} holds no directory: it should be a mapping with a park in it")
    return document
