"""Whatever ends the process that started the servers, nothing of theirs stays."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from services.cli.stack.guard import descendants, is_alive
from services.cli.stack.home import InUseError, occupy
from services.cli.stack.postgres import start_postgres
from services.cli.stack.stack import open_stack
from tests.integration.stack.talking import keep_row, kept_rows

_HOLDER = """
import sys, threading
from pathlib import Path
from services.cli.stack.stack import open_stack
with open_stack(Path(sys.argv[1]), any_port=True, progress=lambda line: None) as stack:
    print(stack.postgres.dsn, flush=True)
    sys.stdin.readline()
    stack.postgres.pause()
    print("paused", flush=True)
    threading.Event().wait()
"""


async def test_nothing_is_left_after_sigkill_and_the_data_can_be_used_at_once(
    scratch: Path, adopted: set[int]
) -> None:
    with _hold(scratch) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        await keep_row(holder.stdout.readline().strip(), "before")
        print("pause it", file=holder.stdin, flush=True)
        assert holder.stdout.readline() == "paused\n"
        started = descendants(holder.pid)
        assert len(started) > 4  # two guards, Kafka, Postgres and its children
        adopted.update(started)
        holder.kill()
    occupy(scratch, "kafka", progress=print, cancel=Event()).close()
    with start_postgres(scratch, port=0, progress=print) as server:
        assert [pid for pid in started if is_alive(pid)] == []
        assert await kept_rows(server.dsn) == ["before"]


def test_nothing_is_left_when_the_guard_itself_is_killed(scratch: Path, adopted: set[int]) -> None:
    with start_postgres(scratch, port=0, progress=print) as server:
        assert server.pid is not None
        started = [server.pid, *descendants(server.pid)]
        adopted.update(started)
        guard = int(Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(guard, signal.SIGKILL)
        assert _all_end(started)
        server.restart()
        assert server.pid is not None


def test_a_start_that_fails_leaves_nothing_either(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("D115_JAVA", "/bin/false")
    before = set(descendants(os.getpid()))
    with (
        pytest.raises(Exception, match="Java 17 or later"),
        open_stack(scratch, any_port=True, progress=print),
    ):
        pass
    assert set(descendants(os.getpid())) <= before


def test_a_second_start_on_the_same_data_says_who_holds_it(scratch: Path) -> None:
    with (
        start_postgres(scratch, port=0, progress=print),
        pytest.raises(InUseError, match=rf"postgres is in use by process {os.getpid()} \(.*python"),
    ):
        start_postgres(scratch, port=0, progress=print)


def test_a_lock_left_by_a_dead_process_holds_nobody_up(scratch: Path) -> None:
    (scratch / "postgres").mkdir()
    (scratch / "postgres" / "lock").write_text("1")  # alive, but it holds no lock
    said: list[str] = []
    occupy(scratch, "postgres", progress=said.append, cancel=Event()).close()
    assert said == []


def test_a_pid_file_whose_number_belongs_to_another_program_holds_nobody_up(scratch: Path) -> None:
    with start_postgres(scratch, port=0, progress=print) as server:
        server.kill()
        pid_file = scratch / "postgres" / "data" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(os.getpid()), *lines[1:], ""]))
    with start_postgres(scratch, port=0, progress=print) as server:
        assert server.pid is not None


def _hold(folder: Path) -> "subprocess.Popen[str]":
    """Start a process that runs a stack with a paused Postgres."""
    command = [sys.executable, "-c", _HOLDER, str(folder)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)  # noqa: S603 - our own


def _all_end(pids: list[int]) -> bool:
    """Say whether all end within 5 s."""
    pause = Event()
    return any(not any(map(is_alive, pids)) or pause.wait(0.05) for _ in range(100))


@pytest.fixture
def adopted() -> Iterator[set[int]]:
    """Processes that lose their parent and become ours to wait for: not every init does it."""
    libc, subreaper = ctypes.CDLL(None), 36
    libc.prctl(subreaper, 1, 0, 0, 0)
    pids: set[int] = set()
    yield pids
    for pid in pids:
        with contextlib.suppress(ChildProcessError):  # its own parent was faster
            os.waitpid(pid, 0)
    libc.prctl(subreaper, 0, 0, 0, 0)
