"""Run one command, and let nothing of it outlive whoever asked for it.

Run by path as a process of its own between the caller and the server::

    python guard.py PARENT UID GID COMMAND...

UID -1 keeps the caller's identity. The server's process id is written to standard output, the
server's own output goes to standard error (its log). The guard ends with the server, or, when its
standard input closes because the caller is gone (even by SIGKILL), kills the server and all its
descendants at once. Should the guard itself be killed, the kernel kills the server
(``PR_SET_PDEATHSIG``).

Why a process and not only the kernel's parent-death signal: that signal is tied to the *thread*
that started the child, and does not reach a server's own children (Postgres gives each a session of
its own; a paused one would stay for ever).
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIFELINE = 0
_POLL_SECONDS = 1.0  # how soon a dead caller is noticed if something else kept its pipe open


def descendants(ancestor: int) -> list[int]:
    """Return the process ids below ``ancestor``, parents before children, zombies left out."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it ended while we looked
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    children.setdefault(int(parent), []).append(int(entry.name))
    found = list(children.get(ancestor, []))
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def is_alive(pid: int) -> bool:
    """Say whether the process runs; one that ended but was not yet waited for does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def send(number: signal.Signals, pids: list[int]) -> None:
    """Send a signal to each process that is still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _start(command: list[str], uid: int, gid: int) -> "subprocess.Popen[bytes]":
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # orphans below become ours to end

    guard = os.getpid()

    def tie_to_guard() -> None:  # runs after the change of account, which would clear it
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != guard:
            os._exit(1)

    return subprocess.Popen(  # noqa: S603 - the caller's command, no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
        preexec_fn=tie_to_guard,  # noqa: PLW1509 - the guard has one thread
        user=None if uid < 0 else uid,
        group=None if uid < 0 else gid,
        extra_groups=None if uid < 0 else [],
    )


def _wake_on_child() -> int:
    """Return a descriptor that becomes readable when a child ends or stops."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reading


def _watch(server: "subprocess.Popen[bytes]", parent: int, woken: int) -> None:
    """Return when the server or the caller is gone."""
    while server.poll() is None and os.getppid() == parent:
        ready = select.select([_LIFELINE, woken], [], [], _POLL_SECONDS)[0]
        if _LIFELINE in ready:
            return
        if ready:
            os.read(woken, 512)


def _end_all() -> None:
    while pids := descendants(os.getpid()):
        send(signal.SIGKILL, pids)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


def main() -> int:
    """Run the command of the arguments; return its exit status (128 + n for signal n)."""
    parent, uid, gid = (int(argument) for argument in sys.argv[1:4])
    woken = _wake_on_child()
    try:
        server = _start(sys.argv[4:], uid, gid)
    except OSError as error:
        print(f"cannot run {sys.argv[4]}: {error.strerror}", file=sys.stderr)
        return 127
    print(server.pid, flush=True)
    _watch(server, parent, woken)
    status = server.poll()
    _end_all()
    if status is None:  # the caller is gone: nobody reads this
        return 0
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
