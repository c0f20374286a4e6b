"""The report of a drill: who did what when, and every clock, from the events and the timing."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from services.cli.answers import ClientError, Json
from services.cli.client import Client
from services.cli.drills.kept import Drill, SentAlert
from services.cli.texts import Language, text
from services.runtime import codec

_ABOUT = ("team", "post", "of", "step", "outcome", "reason", "disposition", "mark", "to")
"""What is told of an event beside its type; nothing personal is among it."""

_PARK = timedelta(hours=8)
_MOST_EVENTS = 1000


async def tell(drill: Drill, client: Client) -> dict[str, Any]:
    """Make the report as plain JSON values."""
    return {
        "drill": drill.id,
        "name": drill.name,
        "center": drill.center,
        "began_at": _text(drill.began_at),
        "ended_at": _text(drill.ended_at),
        "why_ended": drill.why_ended,
        "pauses": [
            {
                "from": _text(pause.began_at),
                "to": _text(pause.ended_at),
                "because": pause.because,
            }
            for pause in drill.pauses
        ],
        "alerts": [await _alert(alert, client) for alert in drill.alerts],
        "left_open": list(drill.left_open),
    }


def verdict(report: Mapping[str, Any]) -> str:
    """Say whether it was in time: `met`, `late` or `left_open`."""
    if report["left_open"]:
        return "left_open"
    legs = (leg for alert in report["alerts"] for leg in alert["legs"])
    return "late" if any(leg["outcome"] == "breached" for leg in legs) else "met"


def lines(report: Mapping[str, Any], language: Language) -> Iterator[str]:
    """Write a report as lines to read."""
    yield f"{report['name']}  {report['center']}  {report['began_at']} – {report['ended_at']}"
    why = text(f"drill_why_{report['why_ended']}", language)
    yield f"{text('drill_why', language)}: {why}"
    for pause in report["pauses"]:
        yield f"{text('drill_pause', language)}: {pause['from']} – {pause['to']} {pause['because']}"
    for number, alert in enumerate(report["alerts"], start=1):
        yield f"{number}. {text(alert['severity'], language)} {alert['id'] or '–'} " + text(
            alert["state"] or "unsent", language
        )
        for entry in alert["timeline"]:
            yield "   " + "  ".join(_spoken(entry))
        for leg in alert["legs"]:
            name = "arrive" if leg["leg"] == "on_scene" else leg["leg"]
            seconds = "–" if leg["seconds"] is None else f"{leg['seconds']:.0f} s"
            yield f"   {text(name, language)}: {text(leg['outcome'], language)} {seconds}"
    for entry in report["left_open"]:
        yield f"{text('drill_left', language)}: {entry}"


async def _alert(alert: SentAlert, client: Client) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": alert.id,
        "reference": alert.body["reference"],
        "place": alert.body["place"],
        "severity": alert.body["severity"],
        "sent_at": _text(alert.sent_at),
        "state": None,
        "legs": [],
        "timeline": [],
    }
    if alert.id is None:
        return told
    try:
        incident = await client.get(f"/v1/incidents/{alert.id}")
        logged = await client.get(f"/v1/incidents/{alert.id}/events", limit=str(_MOST_EVENTS))
        told |= {
            "state": incident["state"],
            "timeline": [_event(entry) for entry in logged["events"]],
        }
        timing = await client.get(f"/v1/timing/{alert.id}")
        told["legs"] = [_leg(leg) for leg in timing["legs"] if leg["start"] is not None]
    except ClientError as error:
        told["fault"] = str(error)
    return told


def _event(entry: Json) -> dict[str, Any]:
    event: Json = codec.decode(entry["text"], dict)
    body = event["body"]
    return {
        "at": event["occurred_at"],
        "recorded_at": event["recorded_at"],
        "what": event["type"].removeprefix("incident.").removesuffix(".v1"),
        "by": event["actor"]["kind"],
        "role": event["actor"]["role"],
        "organisation": event["actor"]["organisation"],
        "person": event["actor"]["person"],
        "via": event["via"],
        "about": {name: body[name] for name in _ABOUT if body.get(name) is not None},
    }


def _leg(leg: Json) -> dict[str, Any]:
    kept = ("leg", "round", "outcome", "target_seconds", "seconds", "by", "proof")
    return {name: leg[name] for name in kept}


def _spoken(entry: Mapping[str, Any]) -> Iterator[str]:
    at = datetime.fromisoformat(entry["at"]) + _PARK
    yield at.strftime("%H:%M:%S")
    yield str(entry["what"])
    yield f"{entry['organisation']}/{entry['person'] or entry['role']}"
    yield from (f"{name}={value}" for name, value in entry["about"].items())


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
