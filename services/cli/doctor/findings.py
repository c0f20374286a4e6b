"""What is found: a check, how bad it is, what was seen, and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is.

    Attributes:
        OK: As it should be.
        UNSEEN: It could not be looked at, for want of an address or a right.
        WARN: It works, and somebody should look.
        FAIL: It does not work, or not as promised.
    """

    OK = "ok"
    UNSEEN = "unseen"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: Its name, such as `kafka.topics`.
        said: What was seen.
        do: What to do about it; empty where nothing is.
    """

    check: str
    level: Level
    said: str
    do: str = ""


def fine(check: str, said: str) -> Finding:
    """It is as it should be."""
    return Finding(check=check, level=Level.OK, said=said)


def unseen(check: str, said: str, *, do: str) -> Finding:
    """It could not be looked at."""
    return Finding(check=check, level=Level.UNSEEN, said=said, do=do)


def warn(check: str, said: str, *, do: str) -> Finding:
    """Somebody should look."""
    return Finding(check=check, level=Level.WARN, said=said, do=do)


def fail(check: str, said: str, *, do: str) -> Finding:
    """It does not work, or not as promised."""
    return Finding(check=check, level=Level.FAIL, said=said, do=do)
