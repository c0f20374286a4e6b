"""Answers as the documentation shows them."""

from pydantic.config import JsonDict

SUBSCRIPTION: JsonDict = {
    "station": "east-station",
    "url": "https://station.example/callbacks",
    "types": ["delivered", "closed"],
    "state": "active",
    "reason": None,
    "changed_at": "2026-03-02T04:00:00Z",
    "failing_since": None,
    "secrets": 1,
    "secret": None,
}
DELIVERY: JsonDict = {
    "id": "4f1e2d3c-5b1c-5c8e-9d2a-0c1d2e3f4a5b",
    "station": "east-station",
    "sequence": 41,
    "incident": "9d2f7e0a-5b1c-5c8e-9d2a-0c1d2e3f4a5b",
    "type": "delivered",
    "status": "actual",
    "state": "delivered",
    "attempts": 1,
    "outcome": "204",
    "produced_at": "2026-03-02T04:00:04.210000Z",
    "next_at": None,
    "settled_at": "2026-03-02T04:00:04.320000Z",
    "imported_at": None,
    "boundary_seconds": None,
    "tries": [{"at": "2026-03-02T04:00:04.320000Z", "attempt": 1, "outcome": "204"}],
}
FEED: JsonDict = {
    "station": "east-station",
    "callbacks": [
        {
            "sequence": 41,
            "produced_at": "2026-03-02T04:00:04.210000Z",
            "callback": {
                "id": "4f1e2d3c-5b1c-5c8e-9d2a-0c1d2e3f4a5b",
                "type": "callback.delivered.v1",
                "timestamp": "2026-03-02T04:00:04.200000Z",
                "data": {
                    "status": "actual",
                    "alert": "9d2f7e0a-5b1c-5c8e-9d2a-0c1d2e3f4a5b",
                    "reference": {"number": "JQ-2026-0311-0001", "order": "1"},
                    "kind": "police-alert",
                    "severity": "red",
                    "center": "heling-center",
                    "state": "pushed",
                    "version": 2,
                    "round": 1,
                    "follow": "/v1/incidents/9d2f7e0a-5b1c-5c8e-9d2a-0c1d2e3f4a5b",
                    "via": "console",
                },
            },
        }
    ],
    "next": 41,
    "last": 41,
    "confirmed": 40,
    "purged": 0,
}
