"""Callers whose every wish and what became of it stands in the history."""

from collections.abc import Awaitable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from loadtests.chaos.history import History, Kind
from services.cli.answers import Accepted, Acted, AwayError, RefusedError
from services.cli.client import Client
from services.runtime.clock import SystemClock

TOO_MANY, SERVER_FAULT = 429, 500
POLL_SECONDS = 0.2
OPEN, CLOSED = "open", "closed"
_CLOCK = SystemClock()
T = TypeVar("T")


class UnknownError(Exception):
    """Nobody answered in time: what was asked for may have been done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody with a key.

    Attributes:
        who: As the history names them.
        patient: They ask again for as long as any fault lasts: it must not stay unknown to them.
    """

    client: Client
    who: str
    history: History
    patient: bool = True

    async def report(self, alert: Mapping[str, Any], *, id_: UUID) -> Accepted:
        """Report an alert whose id is known beforehand.

        Raises:
            RefusedError: It was refused.
            UnknownError: It may have been taken.
        """
        operation = self._invoke("alert", id=str(id_), alert=alert)
        accepted = await self._end("alert", operation, self.client.send_alert(alert))
        self._ok("alert", operation, id=str(accepted.id), received_at=accepted.received_at)
        return accepted

    async def change(self, alert: UUID, what: str, body: Mapping[str, Any]) -> None:
        """Send an update or a withdrawal: `updates` or `cancellation`."""
        operation = self._invoke(what, id=str(alert), body=body)
        accepted = await self._end(what, operation, self.client.change_alert(alert, what, body))
        self._ok(what, operation, id=str(accepted.id))

    async def act(
        self,
        incident: UUID,
        verb: str,
        body: Mapping[str, Any] | None = None,
        *,
        await_opening: bool = False,
    ) -> Acted:
        """Act once, however often it must be asked for.

        Raises:
            RefusedError: It was refused.
            UnknownError: It may have been done.
        """
        operation = self._invoke("act", id=str(incident), verb=verb)
        act = self.client.act(
            incident,
            verb,
            {**(body or {}), "person": person(operation)},
            key=f"{incident}/{verb}/{operation}",
            await_opening=await_opening,
        )
        acted = await self._end("act", operation, act)
        self._ok("act", operation, version=acted.version, changed=acted.changed)
        return acted

    async def await_push(self, incident: UUID, *, seconds: float) -> None:
        """Return when somebody or something took the receipt, or when so long has passed."""
        deadline = _CLOCK.monotonic() + seconds
        while _CLOCK.monotonic() < deadline:
            with suppress(RefusedError, AwayError):  # not open yet, or nobody answers
                told = await self.client.get(f"/v1/incidents/{incident}")
                if told["state"] != OPEN:
                    return
            await _CLOCK.sleep(POLL_SECONDS)

    async def await_judged(self, incident: UUID, *, seconds: float) -> None:
        """Return when the notifier has heard that the incident is closed.

        Raises:
            UnknownError: It has not in time.
        """
        deadline = _CLOCK.monotonic() + seconds
        while _CLOCK.monotonic() < deadline:
            with suppress(RefusedError, AwayError):  # not heard of yet, or nobody answers
                told = await self.client.get(f"/v1/timing/{incident}")
                if told["state"] == CLOSED:
                    return
            await _CLOCK.sleep(POLL_SECONDS)
        raise UnknownError(f"the notifier did not hear of the end of {incident}")

    def _invoke(self, what: str, **said: object) -> int:
        return self.history.invoke(self.who, what, {"patient": self.patient, **said})

    def _ok(self, what: str, operation: int, **said: object) -> None:
        self.history.add(Kind.OK, self.who, what, said, operation=operation)

    async def _end(self, what: str, operation: int, asked: Awaitable[T]) -> T:
        try:
            return await asked
        except RefusedError as error:
            if error.status < SERVER_FAULT and error.status != TOO_MANY:
                said = {"status": error.status, "problem": error.kind}
                self.history.add(Kind.FAIL, self.who, what, said, operation=operation)
                raise
            self._unknown(what, operation, f"{error.status} {error.kind}")
            raise UnknownError(str(error)) from error
        except AwayError as error:
            self._unknown(what, operation, str(error))
            raise UnknownError(str(error)) from error

    def _unknown(self, what: str, operation: int, why: str) -> None:
        self.history.add(Kind.UNKNOWN, self.who, what, {"why": why}, operation=operation)


def person(operation: int) -> str:
    """The person an act names: they stand in the event that it leaves."""
    return f"p-{operation}"
