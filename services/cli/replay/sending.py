"""An act becomes a request to the public interfaces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.cli.answers import AwayError, RefusedError
from services.cli.client import Client
from services.cli.replay.calls import Call
from services.cli.replay.dispositions import meaning
from services.cli.replay.park import KIND, Park
from services.cli.replay.plan import Act, Verb
from services.runtime.clock import Clock

OPENING_SECONDS = 60.0
_POLL_SECONDS = 0.02
NOT_YET_OPEN = "not-yet-open"

SEVERITIES = {"E": "orange", "3": "orange", "2": "yellow", "1": "blue"}
"""What a final priority means; whatever else stands there is yellow. Nothing is red: a late red
alert is the one thing that a ladder may act on by itself, where a park has another profile."""

Body = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends acts as the people would who are known to the park.

    Attributes:
        station: Who reports the calls.
        operators: The operator of each center; they record what the units tell by radio.
        run: Names the run in idempotency keys.
        shift: Added to every stamp.
        ids: The incident of each call, once its alert was accepted.
    """

    calls: Sequence[Call]
    park: Park
    station: Client
    operators: Mapping[str, Client]
    clock: Clock
    run: str
    shift: timedelta = timedelta()
    ids: dict[int, UUID] = field(default_factory=dict)

    async def send(self, act: Act) -> None:
        """Send an act, waiting for its incident to open.

        Raises:
            RefusedError: It is not taken.
            AwayError: A service does not answer, or the incident does not open.
        """
        call = self.calls[act.call]
        if act.verb is Verb.ALERT:
            accepted = await self.station.send_alert(self._alert(call))
            self.ids[act.call] = accepted.id
            return
        caller = self.station
        if act.verb is not Verb.CANCEL:
            caller = self.operators[self.park.center_of(call)]
        await self._act(caller, act, self._body(act, call))

    async def _act(self, caller: Client, act: Act, body: Body) -> None:
        verb = "release" if act.verb is Verb.LAST_RELEASE else act.verb.value
        deadline = self.clock.monotonic() + OPENING_SECONDS
        while True:
            try:
                key = f"{self.run}-{act.number}"
                await caller.act(self.ids[act.call], verb, body, key=key)
            except RefusedError as error:
                if error.kind != NOT_YET_OPEN:
                    raise
                if self.clock.monotonic() > deadline:
                    raise AwayError(f"not open after {OPENING_SECONDS:g} s: {error}") from error
            else:
                return
            await self.clock.sleep(_POLL_SECONDS)

    def _alert(self, call: Call) -> Body:
        return {
            "reference": {"number": call.number, "order": "1"},
            "revision": 1,
            "kind": KIND,
            "severity": SEVERITIES.get(call.priority, "yellow"),
            "status": "actual",
            "text": _plain(call.call_type, 200) or "Dispatch record",
            "place": {"center": self.park.center_of(call)},
            "reported_at": self._moment(call.received),
        }

    def _body(self, act: Act, call: Call) -> Body:
        body: Body = {"occurred_at": self._moment(act.occurred_at)}
        team = None if act.unit is None else self.park.teams[act.unit]
        closing = meaning(call.disposition)
        original = _plain(call.disposition, 100) or None
        match act.verb:
            case Verb.ASSIGN:
                return body | {"teams": [team], "divert": act.divert}
            case Verb.ACCEPT | Verb.DEPART | Verb.ARRIVE | Verb.RELEASE | Verb.LAST_RELEASE:
                proof = {"proof": "radio"} if act.verb is Verb.ARRIVE else {}
                return body | {"team": team, "via": "radio"} | proof
            case Verb.RESOLVE:
                return body | {"disposition": closing.code, "result": dict(closing.result)}
            case Verb.CLOSE:
                return body | {"disposition": closing.code, "original": original}
            case Verb.CANCEL:
                return body | {"reason": "never-taken", "text": original}
            case _:
                return body

    def _moment(self, stamp: datetime) -> str:
        return (stamp + self.shift).isoformat()


def _plain(text: str, longest: int) -> str:
    """Text without what the interfaces refuse in a line."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:longest]
