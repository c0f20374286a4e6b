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
    "receipt": _example(
        "The console has shown it", {"desk": "5b0f5a52-6f0e-4c5c-9d8a-000000000115"}
    ),
    "shelve": _example("The same call again", {"reason": "duplicate", "minutes": 10}),
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
    "supervise": _example(
        "Until tomorrow noon",
        {
            "text": "请查明双方未和解的原因",
            "owner": {"organisation": "heling-center", "post": "chief"},
            "deadline": "2026-03-03T12:00:00+08:00",
        },
    ),
    "end-supervision": _example("What came of it", {"number": 1, "text": "已到位，予以解除"}),
    "ask": _example("By the station", {"text": "伤者是否已送医？"}),
    "answer": _example("By the center", {"number": 1, "text": "已由120送医"}),
    "confirm-outcome": _example("By the station", {}),
    "follow-up-call": _example("Somebody answered", {"reached": True, "satisfaction": 5}),
}

_ID = "0b0f5a52-6f0e-5c5c-9d8a-000000000115"
_GENESIS = "0" * 64
_HASH = "5f2a9c0e4b7d1836a0c5e8f1b2d3749605a8c7e6f9b1d2034c5e6f7a8b9c0d1e"
_RECEIVED = "2026-03-02T04:00:00Z"
_FACTS: dict[str, object] = {"people": 10, "weapons": False, "injured": None, "hazards": []}

INCIDENT: dict[str, Any] = {
    "id": _ID,
    "version": 1,
    "state": "open",
    "alert": {
        "id": _ID,
        "station": "qinghe-station",
        "reference": {"number": "3205072026030200117", "order": "1"},
        "revision": 1,
        "kind": "police-alert",
        "severity": "orange",
        "status": "actual",
        "source": "station",
        "place": {"center": "heling-center", "place": None, "point": None},
        "circumstances": _FACTS,
        "fingerprint": _HASH,
        "late": False,
        "reported_at": None,
        "received_at": _RECEIVED,
        "category": None,
        "details": [],
        "batch_sent_at": None,
    },
    "center": "heling-center",
    "fallback": False,
    "console": True,
    "dispositions": ["mediated_on_site", "handled_on_site", "false_alarm"],
    "severity": "orange",
    "circumstances": _FACTS,
    "place": None,
    "revision": 1,
    "fingerprints": [_HASH],
    "opened_at": "2026-03-02T04:00:00.014000Z",
    "updated_at": "2026-03-02T04:00:00.014000Z",
    "rounds": [
        {
            "number": 1,
            "cause": "opened",
            "organisation": "heling-center",
            "started_at": _RECEIVED,
            "ended_at": None,
        }
    ],
    "moments": [
        {
            "name": "received",
            "round": 1,
            "occurred_at": _RECEIVED,
            "recorded_at": _RECEIVED,
            "judged_at": _RECEIVED,
            "disbelieved": False,
            "actor": {
                "kind": "machine",
                "id": "dispatcher",
                "role": "dispatcher",
                "organisation": "dispatcher",
                "person": None,
            },
            "via": "automatic",
            "proof": None,
            "team": None,
        }
    ],
    "assignments": [],
    "legs": [
        {
            "code": "push",
            "start": "received",
            "end": "pushed",
            "scope": "round",
            "target": {"amount": 60, "unit": "seconds"},
            "warn_at_percent": [75],
        }
    ],
    "allowed": ["receipt", "acknowledge", "assign", "refuse"],
}
"""An incident as it was opened; `dispositions`, `legs` and `allowed` are shortened."""

EVENTS: dict[str, Any] = {
    "incident": _ID,
    "events": [
        {
            "version": 1,
            "id": "225ced5f-e4a7-53bf-926e-049cfe095025",
            "text": '{"body":{},"type":"incident.opened.v1","version":1}',
            "previous": _GENESIS,
            "hash": _HASH,
        }
    ],
}
PERSONAL: dict[str, Any] = {
    "incident": _ID,
    "personal": [
        {"version": 1, "caller": {"name": "王某", "phone": "13800000000"}, "text": "有人争执"},
        {"version": 3, "caller": None, "caller_withheld": True, "text": "门卫已在东门等候"},
    ],
}
BOARD: dict[str, Any] = {
    "center": "heling-center",
    "sequence": 17,
    "now": _RECEIVED,
    "real": _RECEIVED,
    "incidents": [INCIDENT],
    "teams": [
        {
            "code": "heling-duty-1",
            "name": "勤务联动一组",
            "organisation": "heling-center",
            "function_group": "duty-linkage",
            "place": "heling-b1",
            "on_duty": True,
            "resting_until": None,
            "members": [{"code": "heling-01", "name": "张甲"}],
            "engaged": False,
            "incident": None,
        }
    ],
    "watch": {"notifier_silent_seconds": 0.6},
    "desk": {"center": "heling-center", "away": False, "said": []},
}
HEADS: dict[str, Any] = {
    "heads": [{"incident": _ID, "version": 4, "hash": _HASH}],
    "next": None,
}
DIGESTS: dict[str, Any] = {
    "digests": [
        {
            "sequence": 1,
            "taken_at": "2026-03-02T05:00:00Z",
            "count": 12,
            "digest": _HASH,
            "previous": _GENESIS,
        }
    ],
    "next": None,
}
DIRECTORY: dict[str, Any] = {
    "version": 3,
    "directory": {
        "park": {
            "code": "park",
            "name": {"zh": "示例园区", "en": "Example Park"},
            "fallback_center": "park-center",
        },
        "centers": [{"code": "park-center", "name": "园区中心"}],
        "kinds": [{"code": "police-alert"}],
    },
}
VERSIONS: dict[str, Any] = {
    "versions": [{"version": 3, "applied_by": "k-admin", "applied_at": _RECEIVED}],
    "next": None,
}
APPLIED: dict[str, Any] = {
    "version": 4,
    "changes": [
        {"path": "teams[duty-1].on_duty", "kind": "changed", "before": True, "after": False}
    ],
}
KEY_MADE: dict[str, Any] = {
    "id": "operator-1",
    "key": "d115_operator-1_...",
    "expires_at": None,
    "version": 4,
}
KEY_TAKEN: dict[str, Any] = {"id": "operator-1", "version": 5}
FRAMES = (
    f'id: 18\nevent: incident.opened.v1\ndata: {{"event":{{"version":1}},"incident":'
    f'{{"id":"{_ID}"}}}}\n\n'
    f'event: heartbeat\ndata: {{"now":"{_RECEIVED}","real":"{_RECEIVED}"}}\n\n'
)
