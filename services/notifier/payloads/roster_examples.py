"""Rosters as the documentation shows them."""

from typing import Any

from pydantic.config import JsonDict

_CHANGE: JsonDict = {
    "version": 4,
    "what": "swap_consented",
    "by_key": "team-heling-duty-1",
    "by_role": "team",
    "by_person": "heling-02",
    "changed_at": "2026-03-02T04:00:00Z",
}
_POSTS: Any = [
    {
        "code": "operator",
        "name": {"zh": "值班员", "en": "Operator"},
        "group": "duty-linkage",
        "last_resort": ["heling-03"],
    }
]
_SHIFTS: Any = [
    {
        "code": "day",
        "post": "operator",
        "start": "08:00",
        "end": "20:00",
        "first": "2026-03-02",
        "turns": [["heling-01"], ["heling-02"]],
    },
    {
        "code": "night",
        "post": "operator",
        "start": "20:00",
        "end": "08:00",
        "first": "2026-03-02",
        "turns": [["heling-02"], ["heling-01"]],
    },
]

DOCUMENT: dict[str, Any] = {
    "time_zone": "Asia/Shanghai",
    "holidays": {"country": "CN", "free": ["2026-03-09"], "worked": []},
    "contacts": [
        {
            "code": "heling-01",
            "name": "张甲",
            "language": "zh",
            "channels": [
                {"type": "sms", "address": "+86 000 0000 0001"},
                {"type": "email", "address": "zhang@example.com"},
            ],
        },
        {
            "code": "heling-02",
            "name": "李乙",
            "channels": [{"type": "voice", "address": "000-0000-0002"}],
        },
        {
            "code": "heling-03",
            "name": "王丙",
            "channels": [
                {
                    "type": "wecom",
                    "address": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=example",
                }
            ],
        },
    ],
    "posts": _POSTS,
    "shifts": _SHIFTS,
}
"""What a roster may be put as."""

DOCUMENT_EXAMPLES: dict[str, Any] = {
    "two shifts": {"summary": "One post by day and by night, two people in turn", "value": DOCUMENT}
}

SWAP_BODY: dict[str, Any] = {
    "given": {"shift": "night", "day": "2026-03-04"},
    "giver": "heling-02",
    "taker": "heling-01",
    "returned": {"shift": "day", "day": "2026-03-06"},
}
SWAP_EXAMPLES: dict[str, Any] = {
    "exchange": {"summary": "A night for another's day", "value": SWAP_BODY}
}
OVERRIDE_BODY: dict[str, Any] = {
    "post": "operator",
    "since": "2026-03-05T18:00:00+08:00",
    "until": "2026-03-05T22:00:00+08:00",
    "people": ["heling-03"],
    "instead_of": "heling-01",
    "reason": "病假",
}
OVERRIDE_EXAMPLES: dict[str, Any] = {
    "illness": {"summary": "Somebody stands in for one who is ill", "value": OVERRIDE_BODY}
}

SWAP: JsonDict = {
    "id": "4e1a3c9c-8a57-5b0e-9a76-2f6c0d1e5b43",
    "version": 4,
    "state": "proposed",
    "given": {"shift": "night", "day": "2026-03-04"},
    "giver": "heling-02",
    "taker": "heling-01",
    "returned": None,
    "consented": ["heling-02"],
    "proposed_at": "2026-03-02T04:00:00Z",
}
OVERRIDE: JsonDict = {
    "id": "0f5be2c1-6c0e-5a0f-8d65-3b1c9a7e4d20",
    "version": 5,
    "post": "operator",
    "since": "2026-03-05T10:00:00Z",
    "until": "2026-03-05T14:00:00Z",
    "people": ["heling-03"],
    "instead_of": "heling-01",
    "reason": None,
    "made_at": "2026-03-02T04:00:00Z",
}
_SHOWN_CONTACT: JsonDict = {
    "code": "heling-01",
    "name": "张甲",
    "language": "zh",
    "channels": [
        {"type": "sms", "masked": "+86****0001"},
        {"type": "email", "masked": "z***@example.com"},
    ],
}
ROSTER: JsonDict = {
    "organisation": "heling-center",
    "version": 4,
    "last_change": _CHANGE,
    "document": {
        "time_zone": "Asia/Shanghai",
        "holidays": {"country": "CN", "free": [], "worked": []},
        "contacts": [_SHOWN_CONTACT],
        "posts": _POSTS,
        "shifts": _SHIFTS,
    },
    "overrides": [OVERRIDE],
    "swaps": [SWAP],
}
APPLIED: JsonDict = {"organisation": "heling-center", "version": 4, "changed": True}
LIST: JsonDict = {"rosters": [{"organisation": "heling-center", "last_change": _CHANGE}]}
HISTORY: JsonDict = {"organisation": "heling-center", "changes": [_CHANGE], "next": None}
DUTIES: JsonDict = {
    "organisation": "heling-center",
    "version": 4,
    "time_zone": "Asia/Shanghai",
    "moments": [
        {
            "at": "2026-03-02T04:00:00Z",
            "posts": [
                {
                    "post": "operator",
                    "group": None,
                    "why": "shift",
                    "people": [{"code": "heling-01", "name": "张甲", "channels": ["sms", "email"]}],
                }
            ],
            "groups": {},
        }
    ],
}
GAPS: JsonDict = {
    "organisation": "heling-center",
    "version": 4,
    "since": "2026-03-02T04:00:00Z",
    "until": "2026-03-09T04:00:00Z",
    "uncovered_seconds": 43200.0,
    "gaps": [
        {
            "post": "operator",
            "since": "2026-03-07T12:00:00Z",
            "until": "2026-03-08T00:00:00Z",
            "seconds": 43200.0,
            "last_resort": ["heling-03"],
        }
    ],
}
