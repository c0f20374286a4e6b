"""Processes of ours, each below a guard (guard.py) so that nothing of them outlives us.

They run in the foreground in a session of their own: a Ctrl-C in the terminal reaches only us.
Their output goes to a log file, whose new lines tell when a server is ready or why it is not.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from services.cli.stack import guard
from services.cli.stack.account import Account
from services.cli.stack.server import AddressTakenError, StackError, StoppedError

_POLL_SECONDS = 0.05
_KILLED_WITHIN_SECONDS = 10.0
_LOG_LIMIT_BYTES = 16 * 1024 * 1024
_READ_LIMIT_BYTES = 1024 * 1024
_TAIL_LINES = 12
_TAKEN = "Address already in use"  # what both servers call it
_REASONS = ("Exception: ", "FATAL", "PANIC", "ERROR", "error: ", "cannot run")  # the best first


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command and how it is run.

    ``folder`` is its working directory, ``account`` whose rights it has (None: ours). ``lock`` is a
    file descriptor that stays open as long as anything of it lives. ``environment`` is added to
    ours.
    """

    name: str
    command: Sequence[str]
    folder: Path
    log: Path
    lock: int
    account: Account | None = None
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """How a server is known to be ready (a text in its log), and how it is stopped in order."""

    text: str
    within_seconds: float
    stop_signal: signal.Signals
    stop_seconds: float


def run_to_end(program: Program, *, seconds: float, cancel: threading.Event) -> None:
    """Run a command that ends by itself.

    Raises:
        StackError: It failed or took too long; the end of its log is in the message.
        StoppedError: It was called off.
    """
    seen = _log_end(program.log)
    child = _spawn(program)
    try:
        for _ in range(int(seconds / _POLL_SECONDS)):
            with contextlib.suppress(subprocess.TimeoutExpired):
                if child.wait(_POLL_SECONDS):
                    raise _failure(program, "failed", seen)
                return
            if cancel.is_set():
                raise StoppedError(f"{program.name} was called off")
        raise _failure(program, f"took longer than {seconds:.0f} s", seen)
    finally:
        _end(child)


class Process:
    """A server we started and therefore end."""

    def __init__(
        self, program: Program, readiness: Readiness, *, address: str, cancel: threading.Event
    ) -> None:
        self._program = program
        self._readiness = readiness
        self._address = address
        self._cancel = cancel
        self._guard: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None
        self._closed = False

    @property
    def address(self) -> str:
        """What clients connect to, ``host:port``."""
        return self._address

    @property
    def pid(self) -> int | None:
        """Process id of the running server, None when it does not run."""
        return self._pid if self._guard is not None and self._guard.poll() is None else None

    def start(self) -> None:
        """Start it and return when it takes connections.

        Raises:
            StackError: It ended or was not ready in time; it is gone then.
        """
        if self._closed:
            raise StackError(f"{self._program.name} was closed: open its directory again")
        if self.pid is not None:
            return
        self._release()
        seen = _log_end(self._program.log)
        self._guard = _spawn(self._program)
        assert self._guard.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
        line = self._guard.stdout.readline()
        self._pid = int(line) if line else None
        try:
            self._await_ready(seen)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End it in order; SIGKILL after its bound."""
        if self.pid is not None and self._guard is not None:
            self.resume()
            self._signal(self._readiness.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._guard.wait(self._readiness.stop_seconds)
        self.kill()

    def kill(self) -> None:
        """SIGKILL it with all its processes and wait until they are gone."""
        self._signal(signal.SIGKILL)
        self._release()

    def pause(self) -> None:
        """SIGSTOP all its processes: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)
        self._signal_below(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after a pause."""
        self._signal_below(signal.SIGCONT)
        self._signal(signal.SIGCONT)

    def restart(self) -> None:
        """Start it again on the same address and data, stopping it before if it runs."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop it and give its directory up: it cannot be started again through this handle."""
        self.stop()
        if not self._closed:
            os.close(self._program.lock)
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _await_ready(self, seen: int) -> None:
        for _ in range(int(self._readiness.within_seconds / _POLL_SECONDS)):
            running = self.pid is not None
            if self._readiness.text in _read(self._program.log, seen):
                return
            if not running:
                raise _failure(self._program, f"did not start on {self._address}", seen)
            if self._cancel.wait(_POLL_SECONDS):
                raise StoppedError(f"the start of {self._program.name} was called off")
        bound = f"was not ready within {self._readiness.within_seconds:.0f} s"
        raise _failure(self._program, bound, seen)

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None:
            guard.send(number, [self.pid])

    def _signal_below(self, number: signal.Signals) -> None:
        if self.pid is not None:
            guard.send(number, guard.descendants(self.pid))

    def _release(self) -> None:
        if self._guard is not None:
            _end(self._guard)
        self._guard = self._pid = None


def _spawn(program: Program) -> "subprocess.Popen[bytes]":
    account = program.account or Account(uid=-1, gid=-1)
    caller = [str(os.getpid()), str(account.uid), str(account.gid)]
    program.log.touch(mode=0o600)
    with program.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and script, no shell
            [sys.executable, "-I", "-S", guard.__file__, *caller, *program.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=program.folder,
            env=os.environ | program.environment,
            start_new_session=True,
            pass_fds=(program.lock,),
        )


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Close the guard's pipes, upon which it ends whatever is left, and wait for it."""
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()
    try:
        child.wait(_KILLED_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()  # the kernel then kills the server
        child.wait()


def _failure(program: Program, what: str, seen: int) -> StackError:
    log = _read(program.log, seen)
    if _TAKEN in log:
        return AddressTakenError(f"{program.name} {what}: one of its ports was taken meanwhile")
    lines = log.strip().splitlines() or ["it said nothing"]
    reason = next((line for why in _REASONS for line in lines if why in line), lines[-1])
    tail = "\n".join(lines[-_TAIL_LINES:])
    return StackError(f"{program.name} {what}: {reason.strip()}\n(end of {program.log})\n{tail}")


def _log_end(log: Path) -> int:
    """Return where the next lines will begin; a log that grew large is set aside first."""
    try:
        size = log.stat().st_size
    except FileNotFoundError:
        return 0
    if size > _LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".old.log"))
        return 0
    return size


def _read(log: Path, start: int) -> str:
    with log.open("rb") as lines:
        lines.seek(start)
        return lines.read(_READ_LIMIT_BYTES).decode(errors="replace")
