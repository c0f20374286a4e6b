"""Public states of invented incidents, as consoles get them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.cli.demo.case import Case

RECEIVED = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)
ID = UUID("0190b5a0-0000-7000-8000-000000000001")


def moment(name: str, seconds: float, *, round_number: int = 1) -> dict[str, Any]:
    at = (RECEIVED + timedelta(seconds=seconds)).isoformat()
    return {"name": name, "round": round_number, "judged_at": at}


def assignment(number: int, team: str, state: str = "assigned", **told: object) -> dict[str, Any]:
    entry: dict[str, Any] = {"number": number, "team": team, "state": state, "ended_at": None}
    return {**entry, "end_reason": None, "step": None, **told}


def a_case(**told: object) -> Case:
    """An incident that was just opened, but for what is told otherwise."""
    state = {
        "id": str(ID),
        "version": 1,
        "state": "open",
        "center": "heling-center",
        "severity": "yellow",
        "place": "heling-b1-f2",
        "alert": {
            "reference": {"number": "D0001", "order": "1"},
            "received_at": RECEIVED.isoformat(),
            "status": "actual",
            "category": "quarrel",
            "late": False,
        },
        "rounds": [{"number": 1, "cause": "opened"}],
        "moments": [moment("received", 0)],
        "assignments": [],
        "updates": [],
        "steps": [],
        "conflicts": 0,
        "handover": None,
        "merged_into": None,
        "disposition": None,
        "ended_at": None,
    }
    return Case({**state, **told})
