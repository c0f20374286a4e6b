"""Examples of bodies, as the OpenAPI document shows them and tests send them."""

from typing import Any

ALERT: dict[str, Any] = {
    "reference": {"number": "3205072026030200117", "order": "1"},
    "revision": 1,
    "kind": "police-alert",
    "category": "纠纷",
    "severity": "orange",
    "status": "actual",
    "text": "二号门保安与外卖员争执，围观约十人",
    "place": {"place": "gate-2", "lon": 120.7312, "lat": 31.2643, "crs": "gcj02"},
    "reported_at": "2026-03-02T12:00:00+08:00",
    "caller": {"name": "王某", "phone": "13800000000"},
    "visible_to": [],
    "people": 10,
    "weapons": False,
    "injured": 0,
    "hazards": ["vehicles"],
}
UPDATE: dict[str, Any] = {
    "reference": {"number": "3205072026030200117", "order": "1"},
    "revision": 2,
    "severity": "red",
    "text": "一人持刀",
    "people": 10,
    "weapons": True,
    "injured": 1,
    "hazards": [],
}
CANCELLATION: dict[str, Any] = {
    "reference": {"number": "3205072026030200117", "order": "1"},
    "reason": "false_alarm",
    "text": "报警人称双方已和解离开",
}
BATCH: dict[str, Any] = {"sent_at": "2026-03-02T13:10:00+08:00", "alerts": [ALERT]}

_FOLLOW = "/v1/incidents/0b5b9a4e-9a43-5b0c-8f0e-6a2c1f6f3f11"
ACCEPTED: dict[str, Any] = {
    "id": "0b5b9a4e-9a43-5b0c-8f0e-6a2c1f6f3f11",
    "received_at": "2026-03-02T04:00:02.117000Z",
    "status": "accepted",
    "late": False,
    "follow": _FOLLOW,
}
BATCH_ANSWER: dict[str, Any] = {
    "accepted": 1,
    "refused": 1,
    "results": [
        {"status": 202, "accepted": ACCEPTED},
        {
            "status": 422,
            "problem": {
                "type": "/problems/invalid",
                "title": "The request is not valid",
                "status": 422,
                "detail": "severity is missing",
                "field": "severity",
                "errors": [{"field": "severity", "message": "is missing"}],
            },
        },
    ],
}
