"""A failure is judged by what it means for the record, and told without what people wrote."""

import asyncpg
import msgspec
import pytest

from incident.chain import NotCanonicalError
from services.runtime import codec
from services.runtime.consumer.faults import (
    LONGEST_REASON,
    Fault,
    FencedError,
    TryAgainError,
    classify,
    describe,
)
from services.runtime.envelope import MissingHeaderError
from services.runtime.producer import RefusedError, Unavailable
from services.runtime.records import PermanentError


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (ConnectionResetError(), Fault.PASSING),
        (TimeoutError(), Fault.PASSING),
        (Unavailable("no answer"), Fault.PASSING),
        (TryAgainError(), Fault.PASSING),
        (asyncpg.DeadlockDetectedError(), Fault.PASSING),
        (asyncpg.SerializationError(), Fault.PASSING),
        (asyncpg.AdminShutdownError(), Fault.PASSING),
        (asyncpg.QueryCanceledError(), Fault.PASSING),
        (asyncpg.TooManyConnectionsError(), Fault.PASSING),
        (asyncpg.CannotConnectNowError(), Fault.PASSING),
        (asyncpg.InterfaceError("connection is closed"), Fault.PASSING),
        (FencedError(), Fault.FENCED),
        (PermanentError("no such kind"), Fault.POISON),
        (MissingHeaderError("ce_id"), Fault.POISON),
        (RefusedError("too large"), Fault.POISON),
        (asyncpg.UniqueViolationError(), Fault.POISON),
        (asyncpg.CheckViolationError(), Fault.POISON),
        (asyncpg.NumericValueOutOfRangeError(), Fault.POISON),
        (msgspec.ValidationError("bad"), Fault.POISON),
        (msgspec.DecodeError("bad"), Fault.POISON),
        (codec.DecodeError("is unknown", "kind"), Fault.POISON),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), Fault.POISON),
        (NotCanonicalError("1e400 has no canonical text"), Fault.POISON),
        (KeyError("bug"), Fault.UNEXPECTED),
        (asyncpg.UndefinedTableError(), Fault.UNEXPECTED),
        (asyncpg.InsufficientPrivilegeError(), Fault.UNEXPECTED),
    ],
)
def test_each_failure_has_its_meaning(error: Exception, fault: Fault) -> None:
    assert classify(error) is fault


def test_our_own_words_are_told() -> None:
    assert describe(PermanentError("no such kind")) == "PermanentError: no such kind"


def test_of_our_own_faults_the_place_is_told_and_not_the_value() -> None:
    def open_incident() -> None:
        raise KeyError("张三 13800000000")

    with pytest.raises(KeyError) as caught:
        open_incident()
    told = describe(caught.value)
    assert told.startswith("KeyError at test_faults.py:")
    assert told.endswith(" in open_incident")


def test_of_a_field_the_name_is_told_and_not_the_value() -> None:
    told = describe(codec.DecodeError("Invalid enum value 'it's 张三'", "caller.kind"))
    assert told == "DecodeError: caller.kind: Invalid enum value …"


def test_our_own_words_leave_out_what_a_decoder_quotes() -> None:
    told = describe(PermanentError("not an Alert: severity: Invalid enum value '张三\n1380'"))
    assert told == "PermanentError: not an Alert: severity: Invalid enum value …"


def test_a_reason_is_one_line_of_bounded_length() -> None:
    told = describe(PermanentError("a word\n" * 1000))
    assert "\n" not in told
    assert len(told) == LONGEST_REASON


def test_of_a_decoder_only_the_kind_is_told() -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(b'{"caller": "secret"}', type=dict[str, int])
    assert "secret" not in describe(caught.value)
    assert describe(KeyError("secret")) == "KeyError"
