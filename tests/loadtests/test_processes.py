"""What processes cost is read from /proc, with all that is below them."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from loadtests.processes import GENERATOR, Meter, usage_of, usages

SPIN = "x = 0\nwhile x < 3_000_000: x += 1\n"
CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SPIN!r}])"
SAY = "print('done', flush=True); input()"


@pytest.fixture
def parent() -> Iterator[int]:
    """A process whose child worked and has ended, while it lives on."""
    command = [sys.executable, "-c", f"{CHILD}; {SAY}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603  # our own
        assert process.stdout is not None
        assert process.stdout.readline() == b"done\n"
        yield process.pid
        process.kill()


def test_the_work_of_a_child_that_ended_counts(parent: int) -> None:
    used = usage_of(parent)

    assert used.cpu_seconds > 0.05
    assert used.memory_bytes > 1_000_000


def test_the_generator_counts_without_what_it_started(parent: int) -> None:
    parts = {GENERATOR: os.getpid(), "below": parent, "not ours": None}

    found = usages(parts)

    whole = usage_of(os.getpid())
    assert found.keys() == {GENERATOR, "below"}
    assert whole.memory_bytes >= found[GENERATOR].memory_bytes + found["below"].memory_bytes / 2


def test_a_part_that_was_restarted_counts_from_its_new_start(parent: int) -> None:
    before = Meter({"part": os.getpid()}, at=10.0)

    cost = before.read({"part": parent}, at=15.0)

    assert cost.core_seconds["part"] == pytest.approx(usage_of(parent).cpu_seconds, abs=0.05)
    assert cost.seconds == 5.0


def test_there_is_no_usage_of_no_process() -> None:
    with pytest.raises(ProcessLookupError):
        usage_of(4_194_305)
