"""What the other side answered to apprise, which itself says only yes or no.

apprise takes any 200 for delivered, though the robots of WeCom, DingTalk and Feishu refuse with a
200 and a code in the body; and it drops `Retry-After`. So the answer is noted as it passes through
`requests`, and what apprise logs is read for the mail server's code. Both by thread: a send runs in
one. What it logs never leaves this module, as it holds addresses and texts.
"""

import json
import logging
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from typing_extensions import override

MOST_BYTES = 4096
_CODES = ("errcode", "code", "StatusCode")
_SMTP = re.compile(r"\((\d{3}), b")
_ours = threading.local()
_installing = threading.Lock()


@dataclass(slots=True)
class Heard:
    """What was heard during one send.

    Attributes:
        status: The HTTP status of the last answer.
        retry_after: What its header of that name says.
        code: The code in its body, where it has one.
        smtp: The mail server's code.
        says: What apprise logged.
    """

    status: int | None = None
    retry_after: str = ""
    code: int | None = None
    says: list[str] = field(default_factory=list)

    @property
    def smtp(self) -> int | None:
        """The mail server's code, if it refused with one."""
        codes = [found for line in self.says for found in _SMTP.findall(line)]
        return int(codes[-1]) if codes else None

    def take(self, answer: requests.Response) -> None:
        """Note an answer."""
        self.status = answer.status_code
        self.retry_after = str(answer.headers.get("Retry-After", "")).strip()
        self.code = _code_in(answer.content[:MOST_BYTES])


@contextmanager
def listening() -> Iterator[Heard]:
    """Note what is answered to this thread until the block ends."""
    heard = Heard()
    _ours.heard = heard
    try:
        yield heard
    finally:
        _ours.heard = None


def install() -> None:
    """Load apprise with all its plug-ins and begin to listen; a second time changes nothing.

    It takes most of a second, so it is done before a message waits for it.
    """
    with _installing:
        logger = logging.getLogger("apprise")
        if not any(isinstance(handler, _Lines) for handler in logger.handlers):
            _install(logger)


def _install(logger: logging.Logger) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its plug-ins import what Python 3.13 has no more
        from apprise.manager_plugins import NotificationManager

        plugins: Any = NotificationManager  # typed in parts
        plugins().load_modules()
    logger.handlers[:] = [_Lines()]
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    requests.Session.send = _noting(requests.Session.send)  # type: ignore[method-assign]  # requests has no hook for all sessions


def _noting(send: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    def noting(self: requests.Session, request: Any, **options: Any) -> requests.Response:  # noqa: ANN401  # as requests has it
        answer = send(self, request, **options)
        heard: Heard | None = getattr(_ours, "heard", None)
        if heard is not None:
            heard.take(answer)
        return answer

    return noting


class _Lines(logging.Handler):
    """Keeps what apprise says with the send it says it of."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        heard: Heard | None = getattr(_ours, "heard", None)
        if heard is not None and len(heard.says) < 100:
            heard.says.append(record.getMessage()[:500])


def _code_in(body: bytes) -> int | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    return next((found[name] for name in _CODES if type(found.get(name)) is int), None)
