"""Who goes first where processes share the cores."""

import subprocess
import sys

import pytest

SCRIPT = """
import os, sys
from pathlib import Path
from services.runtime.precedence import give_way
give_way(int(sys.argv[1]))
group = Path("/proc/self/autogroup")
print(os.getpriority(os.PRIO_PROCESS, 0), group.read_text() if group.exists() else "")
"""


def _told(niceness: int) -> tuple[int, str]:
    ran = subprocess.run(  # noqa: S603  # our own script
        [sys.executable, "-c", SCRIPT, str(niceness)],
        capture_output=True, text=True, check=True, start_new_session=True,
    )  # fmt: skip
    own, _, group = ran.stdout.strip().partition(" ")
    return int(own), group


@pytest.mark.parametrize("niceness", [0, 7])
def test_a_process_gives_way_and_so_does_its_session(niceness: int) -> None:
    before, _ = _told(0)
    own, group = _told(niceness)
    assert own == (niceness or before)
    assert not group or group.endswith(f"nice {niceness}") or not niceness
