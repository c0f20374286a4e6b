"""The clocks of an incident as text: a bar that fills, digits, and a sign beside them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.cli.texts import Language, text

WIDTH = 10
AT_RISK_PERCENT = 75


def ring(leg: Mapping[str, Any], now: datetime, language: Language) -> str:
    """Draw one leg of `GET /v1/timing/{id}` at `now`: `下派 [████······] 0:24/1:00`."""
    name = text("arrive" if leg["leg"] == "on_scene" else leg["leg"], language)
    target = None if leg["target_seconds"] is None else float(leg["target_seconds"])
    match leg["outcome"]:
        case "met":
            return f"{name} ✔ {_length(leg['seconds'])}"
        case "breached" if leg["end"] is not None:
            return f"{name} ✘ {_length(leg['seconds'])}"
        case "measured":
            return f"{name} {_length(leg['seconds'])}"
        case "pending" | "breached" if leg["start"] is not None:
            return f"{name} {_running(leg, now, target, language)}"
        case _:
            return f"{name} –"


def shown(legs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The legs worth showing: those of the last round that have begun or are over."""
    last = max((leg["round"] for leg in legs), default=1)
    return [
        leg
        for leg in legs
        if leg["start"] is not None and (leg["round"] == last or leg["outcome"] == "pending")
    ]


def is_late(legs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether any target was breached."""
    return any(leg["outcome"] == "breached" for leg in legs)


def _running(
    leg: Mapping[str, Any], now: datetime, target: float | None, language: Language
) -> str:
    gone = max(0.0, (now - datetime.fromisoformat(leg["start"])).total_seconds())
    if target is None:
        return _length(gone)
    if gone > target:
        return f"[{'▓' * WIDTH}] ✘ {text('over', language)} +{_length(gone - target)}"
    filled = int(WIDTH * gone / target)
    risk = " !" if gone * 100 >= target * AT_RISK_PERCENT else ""
    bar = "█" * filled + "·" * (WIDTH - filled)
    return f"[{bar}]{risk} {_length(gone)}/{_length(target)}"


def _length(seconds: float) -> str:
    whole = timedelta(seconds=int(seconds))
    minutes, rest = divmod(int(whole.total_seconds()), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
