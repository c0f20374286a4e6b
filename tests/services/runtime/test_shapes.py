"""A question is asked of the values it is about, wherever they stand, and of nothing else."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NewType

import pytest

from services.runtime.shapes import OpenShapeError, Question

Share = NewType("Share", float)
SMALL = Question(of={int: lambda number: number < 10, float: lambda number: number < 1.0})


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Text:
    text: str
    colour: Colour = Colour.RED
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Inner:
    number: int = 1
    text: str = ""


@dataclass(frozen=True)
class Outer:
    name: str = ""
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    pairs: tuple[tuple[str, str | int | bool], ...] = ()
    listed: list[int] | None = None
    share: Share | None = None
    either: Inner | Colour | None = None


@pytest.mark.parametrize(
    "good",
    [
        Outer(),
        Outer(
            inner=Inner(9), many=(Inner(1), Inner(2)), pairs=(("a", 1), ("b", "22"), ("c", True))
        ),
        Outer(listed=[1, 2], share=Share(0.5), either=Colour.RED),
        Outer(name="999", either=Inner(3)),
    ],
)
def test_what_is_small_throughout_passes(good: Outer) -> None:
    about = SMALL.about(Outer)
    assert about is not None
    assert about(good)


@pytest.mark.parametrize(
    "bad",
    [
        Outer(inner=Inner(10)),
        Outer(many=(Inner(1), Inner(11))),
        Outer(pairs=(("a", 1), ("b", 12))),
        Outer(listed=[1, 13]),
        Outer(share=Share(1.5)),
        Outer(either=Inner(14)),
    ],
)
def test_one_that_is_not_is_found_wherever_it_stands(bad: Outer) -> None:
    about = SMALL.about(Outer)
    assert about is not None
    assert not about(bad)


def test_a_value_of_a_class_nobody_announced_does_not_pass() -> None:
    about = SMALL.about(Outer)
    assert about is not None
    assert not about(Outer(share=Share(True)))  # no float at all


def test_where_there_is_nothing_to_ask_nothing_is_asked() -> None:
    never = Question(of={int: lambda _: False}, skip=frozenset({Inner}))

    @dataclass(frozen=True)
    class Held:
        inner: Inner
        name: str

    assert never.about(Held) is None


@pytest.mark.parametrize("hint", [object, Any, dict[str, int], dict, complex])
def test_an_annotation_that_says_too_little_is_told(hint: object) -> None:
    @dataclass(frozen=True)
    class Open:
        field: Any

    Open.__annotations__["field"] = hint
    with pytest.raises(OpenShapeError):
        SMALL.about(Open)


def test_moments_that_are_not_asked_about_are_no_fault_of_a_class() -> None:
    with pytest.raises(OpenShapeError):  # it cannot be known that a datetime holds no number
        SMALL.about(Text)
