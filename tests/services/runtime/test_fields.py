"""What people and machines outside fill in is cleaned and bounded before anything sees it."""

from datetime import UTC, datetime
from typing import Annotated

import pytest
from pydantic import BaseModel, ValidationError

from services.runtime.fields import Moment, Text


class Form(BaseModel):
    title: Annotated[str, Text(10)] = "x"
    note: Annotated[str, Text(10, shortest=0)] | None = None
    at: Moment | None = None


def fault(**fields: object) -> str:
    with pytest.raises(ValidationError) as refusal:
        Form.model_validate(fields)
    return refusal.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  打架 ", "打架"),
        ("e\u0301", "é"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb", "a\nb"),
        ("👩\u200d🚒", "👩\u200d🚒"),
        ("   1234567890   ", "1234567890"),
    ],
)
def test_text_is_kept_in_one_form(given: str, kept: str) -> None:
    assert Form(title=given).title == kept


@pytest.mark.parametrize("given", ["a\x00b", "a\x1b[2J", "a\x7f", "a\x85b", "a\u202eb", "a\rb"])
def test_text_with_control_characters_is_refused(given: str) -> None:
    assert "must not hold the control character U+" in fault(title=given)


def test_text_is_bounded_after_it_was_cleaned() -> None:
    assert "at most 10" in fault(title="12345678901")
    assert "at least 1" in fault(title=" \n ")
    assert Form(note="  ").note == ""


@pytest.mark.parametrize("given", [7, True, ["a"], b"bytes", "\ud800"])
def test_what_is_not_text_is_refused(given: object) -> None:
    assert "valid string" in fault(title=given)


def test_the_bounds_are_told_to_those_who_read_the_schema() -> None:
    title = Form.model_json_schema()["properties"]["title"]

    assert (title["type"], title["minLength"], title["maxLength"]) == ("string", 1, 10)


def test_a_moment_of_any_zone_is_kept_in_utc() -> None:
    form = Form.model_validate({"at": "2026-03-02T12:00:00.5+08:00"})

    assert form.at == datetime(2026, 3, 2, 4, 0, 0, 500_000, tzinfo=UTC)
    assert form.at is not None
    assert form.at.tzinfo is UTC


@pytest.mark.parametrize("given", ["2026-03-02T12:00:00", "2026-03-02 12:00"])
def test_a_moment_without_zone_is_refused(given: str) -> None:
    assert "must carry a zone" in fault(at=given)


@pytest.mark.parametrize("given", [1_770_000_000, "1770000000", "2026-03-02", "noon", "", True])
def test_what_is_no_moment_is_refused(given: object) -> None:
    assert "must be a moment in the form" in fault(at=given)


@pytest.mark.parametrize("given", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"])
def test_a_moment_that_utc_cannot_hold_is_refused(given: str) -> None:
    assert "years 1 to 9999" in fault(at=given)
