"""Records as Kafka gives them: good ones of each type, and spoiled ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from incident import messages
from incident.events import BODIES
from services.runtime import codec, envelope
from services.runtime.records import Received
from tests.builders import at
from tests.contract.samples import CHANGED, samples
from tests.fuzz.mutations import dump, spoil_bytes, spoil_each, spoil_headers, spoil_value

SENT_AT = datetime(2026, 3, 2, 4, tzinfo=UTC)
TYPES = (*messages.TYPES, *BODIES)
SAMPLES: Mapping[str, Any] = codec.to_builtins(samples())
CARRIED_BY_INCIDENT = "incident.acknowledged.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """A good message: what its type is, and how to say it."""

    type: str
    value: Any


@dataclass(kw_only=True)
class Supply:
    """Gives records in the order of their offsets, each about an incident of its own or an old one.

    Attributes:
        topic: Where they seem to come from.
        goods: The messages to spoil.
    """

    topic: str
    goods: tuple[Good, ...]
    chance: Random
    _offsets: "count[int]" = field(default_factory=count)

    def good(self, message: Good, *, number: int | None = None) -> Received:
        """A good record, about the numbered incident if a number is given."""
        value = message.value if number is None else about(message.value, number)
        return self._record(message.type, dump(value), headers_of(message.type))

    def each(self, message: Good) -> list[Received]:
        """A message once for each of its fields, that field missing or null."""
        return [
            self._record(message.type, dump(value), headers_of(message.type))
            for _, value in spoil_each(about(message.value, 1))
        ]

    def spoiled(self) -> Received:
        """A record with something wrong in its value, its headers or its key."""
        message = self.chance.choice(self.goods)
        headers = headers_of(message.type)
        value = about(message.value, self.chance.randrange(1, 60))
        match self.chance.randrange(10):
            case 0 | 1:
                return self._record(message.type, spoil_bytes(dump(value), self.chance), headers)
            case 2:
                sent = spoil_headers(headers, TYPES, self.chance)
                read = {name: text.decode(errors="replace") for name, text in sent}
                return self._record(message.type, dump(value), read)
            case _:
                return self._record(message.type, dump(spoil_value(value, self.chance)), headers)

    def _record(self, type_: str, value: bytes, headers: Mapping[str, str]) -> Received:
        del type_
        key = self.chance.choice((str(UUID(int=1)), "", "heartbeat", "x" * 1000, "\0", "\ufffd"))
        return Received(
            topic=self.topic,
            partition=self.chance.randrange(6),
            offset=next(self._offsets),
            key=key,
            value=value,
            headers=headers,
            timestamp=SENT_AT,
        )


def good(type_: str, **changes: Any) -> Good:  # noqa: ANN401  # JSON is any of six types
    """The sample of a type, with changes."""
    return Good(type=type_, value=SAMPLES[type_] | changes)


def changed(**changes: Any) -> Good:  # noqa: ANN401  # JSON is any of six types
    """The sample of what `incidents.v1` carries, with changes to its incident."""
    whole = SAMPLES[CHANGED]
    value = whole | {"incident": whole["incident"] | changes}
    return Good(type=CARRIED_BY_INCIDENT, value=value)


def headers_of(type_: str) -> dict[str, str]:
    """The headers of a good record."""
    return envelope.build(
        envelope.Envelope(id=str(UUID(int=7)), source="/fuzz", type=type_, time=at(0))
    )


def about(value: Any, number: int) -> Any:  # noqa: ANN401  # JSON is any of six types
    """A message about the numbered incident."""
    id_ = str(UUID(int=number))
    said = dict(value)
    for name in ("alert", "incident"):
        if isinstance(said.get(name), dict):
            said[name] = said[name] | {"id": id_}
            if isinstance(said[name].get("alert"), dict):
                said[name]["alert"] = said[name]["alert"] | {"id": id_}
        elif name in said:
            said[name] = id_
    return said | {"id": id_} if "id" in said else said
