"""Asks a question of every value of some type inside a dataclass, without looking at the rest.

Most of a message is text. Which fields may hold a moment, or a number, stands in the annotations:
they are read once a class, and from then on only those fields are visited.
"""

import dataclasses
import types
from collections.abc import Callable
from enum import Enum
from functools import cache
from operator import attrgetter, call
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

Holds = Callable[[Any], bool]
"""Answers for one value."""

# `Raw` is text that was written, and asked about, before.
_SCALARS = (str, bytes, UUID, Enum, bool, int, float, type(None), msgspec.Raw)


class OpenShapeError(TypeError):
    """An annotation says too little of what is in a field, or something not provided for."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked of values of certain types.

    Attributes:
        of: The types asked about, each with what answers for a value of it.
        skip: Dataclasses that are not looked into.
    """

    of: dict[type, Holds]
    skip: frozenset[type] = frozenset()

    def about(self, kind: type) -> Holds | None:
        """Give what answers for a value of a dataclass; None where there is nothing to ask.

        Raises:
            OpenShapeError: The annotations of the class, or of one inside it, say too little.
        """
        return _about(self, kind)


@cache
def _about(question: Question, hint: Any) -> Holds | None:  # noqa: ANN401  # any annotation
    if hint in question.of:
        return question.of[hint]
    if isinstance(hint, type):
        return _about_class(question, hint)
    supertype = getattr(hint, "__supertype__", None)  # of a NewType
    if supertype is not None:
        return _about(question, supertype)
    origin, parts = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return _about_union(question, parts)
    if origin in {tuple, list} and len(parts) == 1 + (origin is tuple and parts[-1] is ...):
        inner = _about(question, parts[0])
        return None if inner is None else lambda values: all(map(inner, values))
    if origin is tuple:
        return _about_tuple(question, parts)
    raise OpenShapeError(f"{hint} says too little of what it holds")


def _about_class(question: Question, kind: type) -> Holds | None:
    if kind in question.skip or issubclass(kind, _SCALARS):
        return None
    if not dataclasses.is_dataclass(kind):
        raise OpenShapeError(f"{kind} says too little of what it holds")
    asked = {
        name: inner
        for name, hint in fields_of(kind).items()
        if (inner := _about(question, hint)) is not None
    }
    if not asked:
        return None
    if len(asked) == 1:
        ((name, only),) = asked.items()
        return lambda value: only(getattr(value, name))
    get, inners = attrgetter(*asked), tuple(asked.values())
    return lambda value: all(map(call, inners, get(value)))


def _about_union(question: Question, members: tuple[Any, ...]) -> Holds | None:
    """Answer by the class that a value is of; one that is of none of them is not fine."""
    by_class = {_class_of(member): _about(question, member) or _fine for member in members}
    if all(inner is _fine for inner in by_class.values()):
        return None
    return lambda value: (inner := by_class.get(type(value))) is not None and inner(value)


def _about_tuple(question: Question, parts: tuple[Any, ...]) -> Holds | None:
    inners = tuple(_about(question, part) or _fine for part in parts)
    if all(inner is _fine for inner in inners):
        return None
    return lambda value: all(map(call, inners, value))


def _class_of(member: Any) -> type:  # noqa: ANN401  # any annotation
    while hasattr(member, "__supertype__"):
        member = member.__supertype__
    found: type = member if isinstance(member, type) else get_origin(member)
    return found


def _fine(_: object) -> bool:
    return True


@cache
def fields_of(kind: type) -> dict[str, Any]:
    """The fields of a dataclass with their annotations, in the order they are declared in."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}
