"""What simulated people do next: pure, from what they see on their screen and how they behave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.cli.demo.case import Case
from services.cli.demo.script import Manner, Scene, manner_of

_NOTICED_SECONDS = 150.0  # when the ladder found no team either

CHOOSE = "assign"
"""The verb whose teams are still to be chosen, by a look at the board."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What somebody will do if nothing changes before.

    Attributes:
        key: The same as long as it is the same thing to do; done once.
        delay: Domain seconds from when it was first to be done.
        verb: Of `POST /v1/incidents/{id}/<verb>`.
    """

    key: str
    delay: float
    verb: str
    body: Mapping[str, Any] = field(default_factory=dict)


def operator_step(scene: Scene, case: Case, *, center: str, helps: int, into: str) -> Step | None:
    """Say what a center's operator does next about an incident.

    Args:
        scene: What it is and how people behave.
        case: What the screen shows.
        center: The operator's.
        helps: How often a team asked for help.
        into: The id of the incident this one duplicates; empty if it does not.
    """
    manner = scene.manner
    if case.ended or case.center != center:
        return None
    if not case.has("acknowledged") and "returned" not in case.causes:
        return _take(manner, case)
    if case.name == "resolved" or (case.has("on_scene") and not case.live_teams):
        return _settle(manner, case)
    return _desk_work(manner, case, into) or _send(manner, case, helps) or _beside(manner, case)


def team_step(scene: Scene, case: Case, *, team: str, helps: int) -> Step | None:
    """Say what a team does next about an incident.

    Args:
        scene: What it is and how people behave.
        case: What the phone shows.
        team: The team.
        helps: How often a team asked for help on it.
    """
    entry = case.assignment_of(team)
    if case.ended or entry is None:
        return None
    number: int = entry["number"]
    manner = manner_of(scene, team, number)
    for update in case.state["updates"]:
        if team not in update["noted_by"]:
            body = {"number": update["number"]}
            return Step(key=f"noted {update['number']}", delay=9, verb="noted", body=body)
    key = f"{number} {entry['state']}"
    match entry["state"]:
        case "assigned":
            return _answer(manner, key, is_first=number == 1)
        case "accepted":
            return Step(key=key, delay=manner.depart, verb="depart")
        case "en_route":
            return Step(key=key, delay=manner.travel, verb="arrive", body={"proof": "gate_qr"})
        case _:
            return _work(manner, case, entry=entry, helps=helps)


def _take(manner: Manner, case: Case) -> Step:
    """The operator sees it on the console, and takes it."""
    if manner.receipts and not case.has("pushed"):
        return Step(key=f"receipt {case.round}", delay=manner.receipt, verb="receipt")
    return Step(key=f"acknowledge {case.round}", delay=manner.acknowledge, verb="acknowledge")


def _desk_work(manner: Manner, case: Case, into: str) -> Step | None:
    """What the operator settles without sending anybody."""
    if manner.transfer_to and "transferred" not in case.causes:
        body = {"center": manner.transfer_to, "reason": "other_area"}
        return Step(key="transfer", delay=8, verb="transfer", body=body)
    if into:
        return Step(key="merge", delay=9, verb="merge", body={"into": into})
    if manner.by_phone:
        return _close(case, delay=manner.work, disposition="by_telephone")
    return None


def _send(manner: Manner, case: Case, helps: int) -> Step | None:
    """The operator sends a team; another where one fell away, or was asked for."""
    live = len(case.live_teams)
    sent = len(case.teams)
    if live == 0:
        delay = 9 if sent else manner.assign if manner.assigns else _NOTICED_SECONDS
        return Step(key=f"assign {case.round} {sent}", delay=delay, verb=CHOOSE)
    if helps and sent < 2:
        return Step(key=f"help {helps}", delay=12, verb=CHOOSE)
    return None


def _beside(manner: Manner, case: Case) -> Step | None:
    """What the operator asks of the police while a team is on scene."""
    if case.name != "on_scene":
        return None
    if manner.asks_police and not case.has("police_requested"):
        return Step(key="police", delay=15, verb="request-police", body={"reason": "weapon"})
    if manner.hand_over_to and case.state["handover"] is None:
        body = {"to": manner.hand_over_to, "reason": "criminal"}
        return Step(key="hand over", delay=40, verb="hand-over", body=body)
    return None


def _settle(manner: Manner, case: Case) -> Step:
    """The operator looks at the reported outcome, returns it or closes."""
    if manner.returns and "returned" not in case.causes:
        return Step(key="return", delay=20, verb="return", body={"reason": "details_missing"})
    reported = case.state["disposition"] or manner.disposition
    return _close(case, delay=manner.close, disposition=reported)


def _close(case: Case, *, delay: float, disposition: str) -> Step:
    body: dict[str, Any] = {"disposition": disposition}
    if disposition == "handed_to_department":
        body["result"] = {"department": "人社所"}
    return Step(key=f"close {case.round}", delay=delay, verb="close", body=body)


def _answer(manner: Manner, key: str, *, is_first: bool) -> Step:
    """The team answers the order, or runs before it taps and reports its arrival only."""
    if manner.declines and is_first:
        return Step(key=key, delay=7, verb="decline", body={"reason": "engaged_elsewhere"})
    if not manner.accepts and is_first:
        delay = manner.depart + manner.travel
        return Step(key=key, delay=delay, verb="arrive", body={"proof": "tap"})
    return Step(key=key, delay=manner.accept, verb="accept")


def _work(manner: Manner, case: Case, *, entry: Mapping[str, Any], helps: int) -> Step | None:
    """The team is on scene: the first one there asks for help if need be, and reports."""
    there = [other["number"] for other in case.live_teams if other["state"] == "on_scene"]
    if case.name == "resolved" or entry["number"] != min(there):
        return None
    if manner.asks_help and not helps:
        return Step(key="help", delay=18, verb="request-help")
    delay = 45 if "returned" in case.causes else manner.work
    body = {"disposition": manner.disposition, "text": "已处置，现场平稳。"}
    return Step(key=f"resolve {case.round}", delay=delay, verb="resolve", body=body)
