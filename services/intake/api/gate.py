"""The gate before the routes: who comes in, how many at once, how long a body may be.

Nothing of a body is read before its sender is known and let in.
"""

from collections.abc import Mapping
from contextlib import ExitStack

from prometheus_client import Counter
from starlette.types import Receive

from incident.alert import OrganisationId, Source
from services.intake.api.body import read_body
from services.intake.handlers.directory import DirectoryCopy
from services.intake.handlers.reports import Sender
from services.intake.overload import Admission
from services.runtime.auth import Authenticator, Key, Pages, Principal, Role, require
from services.runtime.clock import Clock
from services.runtime.problems import Problem

ALERT_BYTES = 64 * 1024
ALERT_SECONDS = 10.0
BATCH_BYTES = 4 * 1024 * 1024
BATCH_SECONDS = 30.0

SOURCES = {Role.STATION: Source.STATION, Role.OPERATOR: Source.CENTER, Role.CHIEF: Source.CENTER}
"""Who may report, and as what."""

_PLAIN = {b"application/json", b"application/json; charset=utf-8"}

_REFUSED = Counter(
    "d115_intake_refused_total", "Requests and entries of batches not taken.", ["problem"]
)


def count_refused(problem: Problem) -> None:
    """Count what is answered with a problem."""
    _REFUSED.labels(problem.kind).inc()


class Gate:
    """Says who sends, and reads what is sent."""

    def __init__(
        self,
        *,
        directory: DirectoryCopy,
        admission: Admission,
        clock: Clock,
        pages: Pages | None = None,
    ) -> None:
        self._pages = pages
        self._directory = directory
        self._admission = admission
        self._authenticator = Authenticator(self._find_key, clock)

    def let_in(
        self, path: str, headers: Mapping[bytes, bytes], places: ExitStack, *, batch: bool
    ) -> Sender:
        """Say who sends, or why that one is not let in.

        Args:
            path: Of the request.
            headers: Of the request, by lower-case name.
            places: Gives back, at its end, the places the request takes.
            batch: Whether it brings many alerts.

        Raises:
            Problem: It has no good key, the wrong role, or no JSON.
            ShedError: There is no room.
            NoDirectoryError: Nobody is known yet.
        """
        caller = self._identify(path, headers)
        require(caller, *SOURCES)
        places.enter_context(self._admission.entered(caller.organisation))
        if batch:
            places.enter_context(self._admission.batching(caller.organisation))
        _check_media_type(headers.get(b"content-type", b""))
        return Sender(organisation=OrganisationId(caller.organisation), source=SOURCES[caller.role])

    def _identify(self, path: str, headers: Mapping[bytes, bytes]) -> Principal:
        _ = self._directory.lookup  # without a directory no key is known, good or bad
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        if not authorization and self._pages is not None:
            visitor = self._pages.find("POST", path, headers)
            if visitor is not None:
                return visitor
        scheme, _, key = authorization.partition(" ")
        return self._authenticator.identify(key.strip() if scheme.lower() == "bearer" else None)

    def _find_key(self, key_id: str) -> Key | None:
        return self._directory.lookup.key(key_id)


async def body_of(headers: Mapping[bytes, bytes], receive: Receive, *, batch: bool) -> bytes:
    """Read the body of a request that was let in; raises as `read_body`."""
    return await read_body(
        receive,
        declared=headers.get(b"content-length", b""),
        limit=BATCH_BYTES if batch else ALERT_BYTES,
        seconds=BATCH_SECONDS if batch else ALERT_SECONDS,
    )


def _check_media_type(given: bytes) -> None:
    if given in _PLAIN:
        return
    media_type, _, parameters = given.decode("latin-1").partition(";")
    charset = parameters.replace(" ", "").lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() != "application/json" or charset not in {"", "utf-8", "utf8"}:
        detail = "The body must be application/json in UTF-8."
        raise Problem(415, "unsupported-media-type", detail, field="Content-Type")
