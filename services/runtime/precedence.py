"""Who goes first where processes share the cores of one machine."""

import os
from contextlib import suppress
from pathlib import Path

_GROUP = Path("/proc/self/autogroup")


def give_way(niceness: int) -> None:
    """Let other processes go first when the cores are short.

    A process with a session of its own is weighed against others by its group where the kernel
    groups by session (`sched_autogroup`); its own niceness counts within that group only, so both
    are set.

    Args:
        niceness: From 0, which changes nothing, to 19.
    """
    if niceness:
        os.setpriority(os.PRIO_PROCESS, 0, niceness)
        with suppress(OSError):  # no such groups here: then the niceness alone decides
            _GROUP.write_text(str(niceness))
