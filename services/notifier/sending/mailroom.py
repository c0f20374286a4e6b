"""Says what becomes of claimed messages: an attempt now, a wait, or an end without one."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from incident.roster import PersonCode
from incident.roster.channels import masked
from services.notifier.handlers.messages.limits import Limits
from services.notifier.handlers.messages.links import Links
from services.notifier.handlers.messages.outcomes import unsent
from services.notifier.handlers.messages.planning import ways_of
from services.notifier.handlers.messages.rules import Rules
from services.notifier.handlers.messages.writing import TOGETHER, write
from services.notifier.ports import Atlas
from services.notifier.ports.messages import (
    Begun,
    Channel,
    Deferred,
    Letter,
    MessageState,
    Purpose,
    Queued,
    Reason,
    Settled,
)
from services.notifier.ports.people import Contact, People, Way
from services.runtime.outgoing.circuits import Circuits

AT_ONCE = 24
"""Attempts at once on one endpoint, so that one that hangs leaves room for four others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """An attempt to be made.

    Attributes:
        endpoints: Those of all the person's ways, in the order to try them.
    """

    begun: Begun
    channel: Channel
    letter: Letter
    endpoints: Sequence[str]


@dataclass(slots=True, kw_only=True)
class Round:
    """What becomes of what was claimed."""

    ready: list[Ready] = field(default_factory=list)
    deferred: list[Deferred] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailroom:
    """Finds the way, keeps the limits and writes the letter.

    Attributes:
        channels: By the type of the way.
        links: Makes the links to acknowledge by; None where there are none.
    """

    people: People
    atlas: Atlas
    channels: Mapping[str, Channel]
    rules: Rules
    limits: Limits
    links: Links | None = None

    def endpoint(self, way: Way) -> str:
        """Name what answers for a way."""
        return self.channels[way.type].endpoint(way)

    def prepare(
        self, claimed: Sequence[Queued], *, circuits: Circuits, real: datetime, now: float
    ) -> Round:
        """Say what becomes of claimed messages.

        Args:
            claimed: In the order to send them.
            circuits: Which endpoints rest.
            real: Real time.
            now: Monotonic seconds.
        """
        found, begun, rooms = Round(), Counter[str](), circuits.rooms(now)
        for message in claimed:
            contact = self._contact(message)
            reason = _reason_not_to(message, contact)
            if contact is None or reason is not None:
                found.settled.append(_ended(message, reason or Reason.NO_CONTACT))
                continue
            ways = ways_of(contact, voice=message.voice)
            endpoints = [self.endpoint(way) for way in ways]
            number = _way(message, endpoints, lambda one: circuits.rest(one, now))
            way, endpoint = ways[number], endpoints[number]
            wait = circuits.rest(endpoint, now)
            if not wait and begun[endpoint] >= rooms.get(endpoint, AT_ONCE):
                continue  # it stays due, and is left out until there is room again
            wait = wait or self._wait(message, way, now)
            if wait:
                found.deferred.append(
                    Deferred(
                        id=message.id,
                        next_at=real + timedelta(seconds=wait),
                        way=number,
                        endpoint=endpoint,
                    )
                )
                continue
            begun[endpoint] += 1
            found.ready.append(
                Ready(
                    begun=_begun(message, way, number, endpoint),
                    channel=self.channels[way.type],
                    letter=self._letter(message, contact, real),
                    endpoints=endpoints,
                )
            )
        return found

    def _contact(self, message: Queued) -> Contact | None:
        person = message.person
        return self.people.contact(person.organisation, PersonCode(person.code))

    def _wait(self, message: Queued, way: Way, now: float) -> float:
        """Seconds the limits hold a message back: never the first of an incident, nor a red one."""
        first = message.first or (message.about is not None and message.about.severity == "red")
        return self.limits.wait(way.type, way.address, first=first, now=now)

    def _letter(self, message: Queued, contact: Contact, real: datetime) -> Letter:
        wanted = self.links is not None and message.purpose is not Purpose.STAND_DOWN
        link = None
        if self.links is not None and wanted:
            link = self.links.link(message.id, until=real + self.rules.valid)
        return write(message, language=contact.language, link=link, kinds=self.atlas.kinds)


def _way(message: Queued, endpoints: Sequence[str], rest: Callable[[str], float]) -> int:
    """The way to try: its turn's, or a later one while its endpoint rests."""
    turn = min(message.way, len(endpoints) - 1)
    later = range(turn, len(endpoints))
    return next((number for number in later if not rest(endpoints[number])), turn)


def _reason_not_to(message: Queued, contact: Contact | None) -> Reason | None:
    if message.over:
        return Reason.OVER
    if message.purpose in TOGETHER and not message.members:
        return Reason.EMPTY
    if contact is None:
        return Reason.NO_CONTACT
    return None if contact.ways else Reason.NO_WAY


def _ended(message: Queued, reason: Reason) -> Settled:
    skipped = reason in {Reason.OVER, Reason.EMPTY}
    return unsent(message, MessageState.SKIPPED if skipped else MessageState.FAILED, reason)


def _begun(message: Queued, way: Way, number: int, endpoint: str) -> Begun:
    tries = message.tries if number == message.way else 0
    return Begun(
        message=replace(message, way=number, tries=tries),
        way=way,
        address=masked(way.address, way.type),
        endpoint=endpoint,
    )
