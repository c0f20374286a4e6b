"""Reads how people are written to from the file beside the service."""

import tomllib
from datetime import timedelta
from pathlib import Path

from services.notifier.handlers.messages.rules import Limit, Rules

FILE = Path(__file__).parents[1] / "messages.toml"


def load_rules(path: Path = FILE) -> Rules:
    """Read the rules.

    Raises:
        KeyError: One is missing.
    """
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    retry, monthly = found["retry"], found["monthly"]
    return Rules(
        flood=timedelta(seconds=found["flood"]["window_seconds"]),
        digest=timedelta(seconds=found["digest"]["window_seconds"]),
        late_after=timedelta(seconds=found["late"]["after_seconds"]),
        waits=tuple(retry["waits"]),
        last_waits=tuple(retry["last_waits"]),
        patience=retry["patience_seconds"],
        valid=timedelta(seconds=found["links"]["valid_seconds"]),
        month_day=monthly["day"],
        month_hour=monthly["hour"],
        limits={way: Limit(**limit) for way, limit in found["limits"].items()},
    )
