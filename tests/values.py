"""Any value of the product's own types, for property tests."""

import dataclasses
from datetime import UTC, datetime
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

LARGEST = 2**53  # beyond it JSON's numbers are not exact
PLAIN: dict[Any, SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(-LARGEST, LARGEST),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(max_size=12),
    datetime: st.datetimes(timezones=st.just(UTC)),
    UUID: st.uuids(),
    type(None): st.none(),
    object: st.none() | st.booleans() | st.text(max_size=5),
}


def values(annotation: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - any annotation
    """Values of a class, or of what an annotation says."""
    if annotation in PLAIN:
        return PLAIN[annotation]
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        hints = get_type_hints(annotation)
        return st.builds(annotation, **{name: values(hint) for name, hint in hints.items()})
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from(annotation)
    if hasattr(annotation, "__supertype__"):
        return values(annotation.__supertype__)
    return _compound(get_origin(annotation), get_args(annotation))


def _compound(origin: Any, parts: tuple[Any, ...]) -> SearchStrategy[Any]:  # noqa: ANN401 - any annotation
    if origin in {Union, UnionType}:
        return st.one_of(*map(values, parts))
    if origin is tuple and parts[-1] is ...:
        return st.lists(values(parts[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, parts))
    if origin is dict:
        return st.dictionaries(values(parts[0]), values(parts[1]), max_size=3)
    raise TypeError(f"no values of {origin}")
