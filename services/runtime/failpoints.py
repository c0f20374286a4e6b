"""Places where a test may kill the process, to prove that nothing depends on surviving them.

`D115_FAILPOINT=name` kills at the first time the place is reached, `name:3` at the third. Without
`D115_FAILPOINTS_ALLOWED=1` beside it the process refuses to start: none is armed by accident.
"""

import os
import signal
from collections import Counter
from collections.abc import Mapping

NAMES = frozenset(
    {
        "before-commit",
        "after-commit",
        "before-offset-commit",
        "between-publish-and-delete",
        "during-webhook",
        "after-message",
    }
)

_reached: Counter[str] = Counter()


class FailpointError(ValueError):
    """A failpoint is armed wrongly or where it is not allowed."""


def read(environment: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the armed place and at which time it kills, None where nothing is armed.

    Raises:
        FailpointError: It is not allowed here, has no such name or no such count.
    """
    setting = environment.get("D115_FAILPOINT")
    if not setting:
        return None
    if environment.get("D115_FAILPOINTS_ALLOWED") != "1":
        raise FailpointError("D115_FAILPOINT is set but D115_FAILPOINTS_ALLOWED is not 1")
    name, _, count = setting.partition(":")
    if name not in NAMES:
        raise FailpointError(f"no failpoint {name!r}; there are: {', '.join(sorted(NAMES))}")
    if count and not (count.isascii() and count.isdigit() and int(count) > 0):
        raise FailpointError(f"a failpoint's count is a number from 1, not {count!r}")
    return name, int(count or 1)


_ARMED = read(os.environ)


def reach(name: str) -> None:
    """Say that a place is reached; kills the process at once (SIGKILL) if a test armed it."""
    if _ARMED is None or name != _ARMED[0]:
        return
    _reached[name] += 1
    if _reached[name] >= _ARMED[1]:
        os.kill(os.getpid(), signal.SIGKILL)
