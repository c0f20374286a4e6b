"""What the public interfaces answer to a caller, and where they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

Json = dict[str, Any]
"""A JSON object; its members are any of six types."""


class ClientError(Exception):
    """What was asked for was not had; the message says why in one line."""


class AwayError(ClientError):
    """The service did not answer, or was not ready, for as long as the caller would wait."""


class RefusedError(ClientError):
    """The service answered with a problem (RFC 9457).

    Attributes:
        status: The HTTP status.
        kind: The last part of the problem's type, such as `not-allowed`.
        members: All members of the problem.
    """

    def __init__(self, status: int, members: Json, *, asked: str) -> None:
        self.status = status
        self.kind = str(members.get("type", "")).rpartition("/")[2]
        self.members = members
        super().__init__(f"{asked}: {status} {self.kind}: {members.get('detail', '')}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Where each service is reached, as `http://host:port`; all the same behind one ingress."""

    intake: str
    dispatcher: str
    notifier: str

    @classmethod
    def one(cls, url: str) -> "Origins":
        """All behind one address."""
        url = url.rstrip("/")
        return cls(intake=url, dispatcher=url, notifier=url)

    def of(self, path: str) -> str:
        """Return the origin that serves a path."""
        first = path.removeprefix("/v1/").partition("/")[0].partition("?")[0]
        if first == "alerts":
            return self.intake
        return self.dispatcher if first in _DISPATCHERS else self.notifier


_DISPATCHERS = frozenset(
    {
        "incidents", "centers", "teams", "stations", "directory", "supervisions",
        "follow-up-calls",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The promise for an alert."""

    id: UUID
    received_at: datetime
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """Where an incident stands after an act; `changed` is False where it said nothing new."""

    id: UUID
    version: int
    state: str
    changed: bool = True
    allowed: tuple[str, ...] = ()
