"""What to do with a message of a version that is not known here: it says something, so it waits."""

from collections.abc import Iterable

from services.runtime.records import PermanentError


def refuse_newer(told: str, known: Iterable[str]) -> None:
    """Refuse another version of a known type; a type nobody knows passes.

    Args:
        told: The type of a message that is not one of those known.
        known: Types with their versions, such as `alert.received.v1`.

    Raises:
        PermanentError: It is one; it waits with the dead letters until this service knows it.
    """
    if family(told) in {family(name) for name in known}:
        raise PermanentError(f"{told} is of a version that is not known here")


def family(type_: str) -> str:
    """Return a type's name without its version."""
    return type_.rpartition(".v")[0]
