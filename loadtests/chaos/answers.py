"""Notes what each attempt of a caller was answered, below the patience that hides it."""

from types import SimpleNamespace

import aiohttp

from loadtests.chaos.history import History, Kind

_WORTH_TELLING = frozenset({429, *range(500, 600)})


def open_session(history: History) -> aiohttp.ClientSession:
    """Open a session whose refused and unanswered attempts, and opened streams, are noted."""
    trace = aiohttp.TraceConfig()

    async def ended(
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        seen: aiohttp.TraceRequestEndParams,
    ) -> None:
        who, status = whose(seen.method, seen.url.path), seen.response.status
        if status in _WORTH_TELLING or who == "console":
            history.add(Kind.ANSWER, who, str(status))

    async def failed(
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        seen: aiohttp.TraceRequestExceptionParams,
    ) -> None:
        who = whose(seen.method, seen.url.path)
        history.add(Kind.ANSWER, who, describe(seen.exception))

    trace.on_request_end.append(ended)
    trace.on_request_exception.append(failed)
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(connector=connector, trace_configs=[trace])


def whose(method: str, path: str) -> str:
    """Say who asks for such a path: `station`, `console`, `actor` or `reader`."""
    if path.startswith("/v1/alerts"):
        return "station"
    if path.endswith("/stream"):
        return "console"
    return "actor" if method == "POST" else "reader"


def describe(error: BaseException) -> str:
    """Name what an attempt failed with, as a station's log would."""
    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "refused connection"
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError):
        return "cut off"
    return type(error).__name__
