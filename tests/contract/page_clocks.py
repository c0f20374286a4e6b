"""What `incident.timing` says of the recorded histories, for the pages' own clocks to agree with.

`python -m tests.contract.page_clocks` writes it anew; the pages' tests read it.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from incident.events import Event
from incident.lifecycle import Incident
from incident.replay import replay
from incident.timing import SUPERVISION, judge
from services.runtime.codec import to_builtins
from services.runtime.eventlog import from_text
from tests.contract.lives import HISTORIES

CASES = Path("web/src/lib/legs.cases.json")
LATER = (0, 50, 61, 320, 2000)
"""Seconds after the last event."""


def cases() -> dict[str, Any]:
    """Give the legs, and each state of each incident with what is said of it a while later."""
    legs: list[Any] = []
    found = []
    for path in sorted(HISTORIES.glob("*.jsonl")):
        events: dict[str, list[Event]] = {}
        for line in path.read_text().splitlines():
            event = from_text(line)
            events.setdefault(str(event.incident), []).append(event)
        for log in events.values():
            for count in range(1, len(log) + 1):
                incident = replay(log[:count])
                of_profile = to_builtins(incident.profile.legs)
                if of_profile not in legs:
                    legs.append(of_profile)
                seconds = LATER[count % len(LATER)]
                now = log[count - 1].recorded_at + timedelta(seconds=seconds)
                found.append(_case(incident, now) | {"legs": legs.index(of_profile)})
    return {"legs": legs, "cases": found}


def _case(incident: Incident, now: datetime) -> dict[str, Any]:
    moments = [
        [each.name, each.round, _time(each.judged_at), _time(each.recorded_at)]
        for each in incident.moments
    ]
    rounds = [
        [each.number, each.cause, each.organisation, _time(each.started_at), _time(each.ended_at)]
        for each in incident.rounds
    ]
    verdicts = [
        [each.leg, each.round, each.outcome, each.amended, _time(each.due), _time(each.end)]
        for each in judge(incident, now=now)
        if each.leg != SUPERVISION
    ]
    return {
        "source": incident.alert.source,
        "now": _time(now),
        "moments": moments,
        "rounds": rounds,
        "verdicts": verdicts,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def text() -> str:
    """The file as it should be: a case a line."""
    whole = cases()
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in whole["cases"])
    legs = ",\n".join(json.dumps(each, separators=(",", ":")) for each in whole["legs"])
    return f'{{"legs":[\n{legs}\n],"cases":[\n{lines}\n]}}\n'


if __name__ == "__main__":
    CASES.write_text(text())
