"""One example of each body, for the API's document."""

from typing import Any


def _example(summary: str, value: dict[str, object]) -> dict[str, Any]:
    return {"usual": {"summary": summary, "value": value}}


ANSWER: dict[str, object] = {
    "id": "0b0f5a52-6f0e-5c5c-9d8a-000000000115",
    "version": 4,
    "state": "assigned",
    "changed": True,
    "allowed": ["receipt", "acknowledge", "assign", "accept"],
}
"""What an act is answered with; `allowed` is shortened."""

EXAMPLES: dict[str, dict[str, Any]] = {
    "receipt": _example("The console has shown it", {}),
    "acknowledge": _example("Told by telephone", {"via": "telephone", "person": "zhang-jia"}),
    "assign": _example("One team", {"teams": ["heling-duty-1"]}),
    "accept": _example("From the team's phone", {}),
    "decline": _example("Before departure", {"reason": "engaged-elsewhere"}),
    "depart": _example("Queued while offline", {"occurred_at": "2026-03-02T12:01:10+08:00"}),
    "arrive": _example("Proved by the gate's code", {"proof": "gate_qr"}),
    "check-in": _example("From the team's phone", {}),
    "release": _example("Told by radio", {"team": "heling-duty-1", "via": "radio"}),
    "resolve": _example("The outcome", {"disposition": "mediated_on_site", "text": "双方已和解"}),
    "return": _example("What is missing", {"reason": "photos-missing"}),
    "close": _example("With a disposition", {"disposition": "mediated_on_site"}),
    "reopen": _example("It began again", {"reason": "recurred"}),
    "cancel": _example("By the station", {"reason": "caller-withdrew"}),
    "refuse": _example("Not ours", {"reason": "outside-area"}),
    "request-police": _example("A weapon was seen", {"reason": "weapon"}),
    "police-arrive": _example("Told by telephone", {"via": "telephone"}),
    "hand-over": _example("To a station", {"to": "station-east", "reason": "crime"}),
    "accept-hand-over": _example("By a named officer", {"officer": "east-0417"}),
    "update": _example("It got worse", {"severity": "red", "people": 5, "weapons": True}),
    "note": _example("A remark", {"text": "门卫已在东门等候"}),
    "noted": _example("The first update", {"number": 1}),
    "urge": _example("By a supervisor", {"text": "三分钟未出发"}),
    "request-help": _example("For a team", {"team": "heling-duty-1"}),
    "transfer": _example("To a neighbour", {"center": "center-chengshi", "reason": "their-area"}),
    "merge": _example("The same fight", {"into": "0b0f5a52-6f0e-5c5c-9d8a-000000000115"}),
    "split": _example("Another fight", {"reason": "different-people"}),
    "report": _example("By radio", {"act": "arrive", "team": "heling-duty-1"}),
}
