"""Answers as the documentation shows them, one of each page, and of the watch."""

from pydantic.config import JsonDict

_GENESIS = "0" * 64
_HASH = "5b6c2445ec481589c628ffa77b5335062727eceeda4f1908fc51d76c7182a52b"
_INCIDENT = "9d2f7e0a-5b1c-5c8e-9d2a-0c1d2e3f4a5b"

EVENTS: JsonDict = {
    "incident": _INCIDENT,
    "head": {"sequence": 1, "hash": _HASH},
    "events": [
        {
            "sequence": 1,
            "id": "172f24bc-92fe-5da1-be49-cfa477818b80",
            "type": "step.due.v1",
            "text": '{"data":{"due_at":"2026-03-02T04:00:45Z"},"fact":"step/1/auto-assign/1"}',
            "previous": _GENESIS,
            "hash": _HASH,
        }
    ],
}
HEADS: JsonDict = {
    "heads": [{"incident": _INCIDENT, "sequence": 1, "hash": _HASH}],
    "next": None,
}
DIGESTS: JsonDict = {
    "digests": [
        {
            "sequence": 1,
            "taken_at": "2026-03-02T05:00:00Z",
            "count": 12,
            "digest": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "previous": _GENESIS,
        }
    ],
    "next": None,
}
WATCH: JsonDict = {
    "as_of": "2026-03-02T04:01:40Z",
    "services": [
        {
            "service": "dispatcher",
            "silent": False,
            "age_seconds": 0.7,
            "instances": [{"instance": "dispatcher-0", "sent_at": "2026-03-02T04:01:39.300000Z"}],
        }
    ],
    "clocks_age_seconds": 0.02,
}
