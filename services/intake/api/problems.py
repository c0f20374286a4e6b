"""Why something was not taken, as problem documents (RFC 9457)."""

from collections.abc import Callable
from typing import Any

from services.intake.handlers.refusals import (
    ForeignError,
    InvalidError,
    NoDirectoryError,
    RefusedError,
    UnknownAlertError,
)
from services.intake.overload import ShedError
from services.intake.payloads.text import MalformedError
from services.intake.ports import NotSafeError, SpoolFullError
from services.runtime.problems import Problem, invalid

ANSWERED = (RefusedError, MalformedError, ShedError, NotSafeError)
"""What is answered with a problem; anything else is a fault of ours."""


def problem_of(error: Exception) -> Problem:
    """Say to the sender what was wrong.

    Args:
        error: One of `ANSWERED`.
    """
    return _PROBLEMS[type(error)](error)


def _malformed(error: MalformedError) -> Problem:
    return Problem(
        400, error.kind, error.detail, title="The body cannot be read", field=error.field
    )


def _invalid(error: InvalidError) -> Problem:
    return invalid([(fault.field, fault.message) for fault in error.faults])


def _foreign(error: ForeignError) -> Problem:
    detail = f"{error.field} leads to another center; a center raises alerts for itself only."
    return Problem(403, "foreign-center", detail, field=error.field)


def _unknown_alert(_error: UnknownAlertError) -> Problem:
    detail = "This sender has no alert of this id under the reference given."
    return Problem(404, "unknown-alert", detail, field="reference")


def _no_directory(_error: NoDirectoryError) -> Problem:
    detail = "The directory has not come yet, so nobody is known. Nothing was stored."
    return Problem(503, "no-directory", detail, retry_after=2)


def _not_safe(_error: NotSafeError) -> Problem:
    detail = (
        "No store confirmed it in time. It may or may not be stored: send it again, unchanged,"
        " under the same reference. It stays one alert."
    )
    return Problem(503, "not-safe", detail, title="Not known to be safe", retry_after=2)


def _spool_full(_error: SpoolFullError) -> Problem:
    detail = (
        "Kafka is away, and as much waits for it as may. Nothing was stored: send it again,"
        " under the same reference."
    )
    return Problem(503, "spool-full", detail, retry_after=5)


def _shed(error: ShedError) -> Problem:
    status = 503 if error.reason == "stopping" else 429
    return Problem(
        status,
        _SHED_KINDS[error.reason],
        f"{_SHED_DETAILS[error.reason]} Nothing was stored.",
        retry_after=error.retry_after,
    )


_SHED_KINDS = {
    "inside": "overloaded",
    "slots": "overloaded",
    "share": "rate-limited",
    "rate": "rate-limited",
    "batches": "rate-limited",
    "stopping": "stopping",
}
_SHED_DETAILS = {
    "inside": "Too many requests are being answered at the moment.",
    "slots": "Too many alerts are being taken at the moment; red ones come first.",
    "share": "This organisation has too many requests open.",
    "rate": "This organisation reports faster than allowed; red alerts are exempt.",
    "batches": "A batch of this organisation, or too many of others, are being taken.",
    "stopping": "This instance is stopping; another one answers.",
}
_PROBLEMS: dict[type, Callable[[Any], Problem]] = {
    MalformedError: _malformed,
    InvalidError: _invalid,
    ForeignError: _foreign,
    UnknownAlertError: _unknown_alert,
    NoDirectoryError: _no_directory,
    NotSafeError: _not_safe,
    SpoolFullError: _spool_full,
    ShedError: _shed,
}
