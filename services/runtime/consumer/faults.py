"""Says what a failure means for the record it met, and tells it without what people wrote."""

import re
import traceback
from enum import StrEnum

import asyncpg
import msgspec

from incident.chain import NotCanonicalError
from services.runtime.codec import DecodeError
from services.runtime.postgres import is_transient
from services.runtime.producer import Unavailable
from services.runtime.records import PermanentError


class Fault(StrEnum):
    """What a failure means.

    Attributes:
        PASSING: It passes by itself: the record waits, however long that takes.
        FENCED: Another member has the partition now: what we did is dropped.
        POISON: The record can never be applied.
        UNEXPECTED: Probably a fault of ours that this record meets; tried again a few times.
    """

    PASSING = "passing"
    FENCED = "fenced"
    POISON = "poison"
    UNEXPECTED = "unexpected"


class FencedError(Exception):
    """The stored position is not where we left it: another member has applied these records."""


class TryAgainError(Exception):
    """A record failed for an unexpected reason and has tries left."""


LONGEST_REASON = 500

_QUOTED = re.compile(r"'.*'", re.DOTALL)

_POISON = (
    PermanentError,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    DecodeError,
    NotCanonicalError,
    msgspec.MsgspecError,
    UnicodeError,
)


def classify(error: BaseException) -> Fault:
    """Say what a failure means for the record."""
    if isinstance(error, FencedError):
        return Fault.FENCED
    if isinstance(error, Unavailable | TryAgainError) or is_transient(error):
        return Fault.PASSING
    return Fault.POISON if isinstance(error, _POISON) else Fault.UNEXPECTED


def describe(error: BaseException) -> str:
    """Return a failure as one line that is safe to store and to log.

    Messages of drivers and decoders quote values, so only what names a rule is taken from them: the
    field and its type, the violated constraint, the table and column, for our own code the place.
    """
    kind = type(error).__name__
    if isinstance(error, PermanentError | DecodeError):  # its text may hold a decoder's
        said = _QUOTED.sub("…", " ".join(str(error).split()))
        return f"{kind}: {said}"[:LONGEST_REASON]
    if isinstance(error, asyncpg.PostgresError):
        names = (error.constraint_name, error.table_name, error.column_name)
        return " ".join([f"{kind} {error.sqlstate}", *(name for name in names if name)])
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return kind
    last = frames[-1]
    return f"{kind} at {last.filename.rpartition('/')[2]}:{last.lineno} in {last.name}"
