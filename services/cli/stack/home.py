"""A server's place on disk: ``<directory>/<name>/``, locked while in use, with what it remembers.

lock           held (flock) by whoever runs the server and by its guard; the kernel frees it
settings.json  port, password, cluster id; only the owner may read it
data/          the server's own files
server.log     what the server said
"""

import contextlib
import fcntl
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.cli.stack.guard import is_alive
from services.cli.stack.server import Progress, StackError

_DYING_POLLS, _POLL_SECONDS = 100, 0.1


class InUseError(StackError):
    """Somebody else runs a server on this directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A locked place; ``lock`` is the open file descriptor that holds it."""

    path: Path
    lock: int

    @property
    def data(self) -> Path:
        """Where the server keeps its own files."""
        return self.path / "data"

    @property
    def log(self) -> Path:
        """What the server said, over all its starts."""
        return self.path / "server.log"

    def remembered(self) -> dict[str, Any]:
        """Return what ``remember`` kept, empty on the first start."""
        try:
            kept: dict[str, Any] = json.loads((self.path / "settings.json").read_text())
        except FileNotFoundError:
            return {}
        return kept

    def remember(self, settings: dict[str, Any]) -> None:
        """Keep the settings for the next start, readable by the owner only."""
        new = self.path / "settings.json.new"
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(settings, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path / "settings.json")

    def close(self) -> None:
        """Give the place up; a guard that is still ending its server holds it until then."""
        os.close(self.lock)


def occupy(directory: Path, name: str, *, progress: Progress, cancel: threading.Event) -> Home:
    """Lock ``<directory>/<name>``, made if absent.

    A lock of a process that is gone is free by itself; if its servers are just being ended, this
    waits for that (10 s at most).

    Raises:
        InUseError: A living process holds it; the message says which.
        StackError: It is not ours to write to.
    """
    path = directory.resolve() / name
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o711)  # Postgres' account passes through; what is inside protects itself
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StackError(f"cannot keep a server's data in {path}: {error.strerror}") from error
    try:
        _lock(descriptor, path, progress=progress, cancel=cancel)
    except BaseException:
        os.close(descriptor)
        raise
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return Home(path=path, lock=descriptor)


def _lock(descriptor: int, path: Path, *, progress: Progress, cancel: threading.Event) -> None:
    for attempt in range(_DYING_POLLS):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        holder = os.pread(descriptor, 20, 0).decode()
        if holder and is_alive(int(holder)):
            break
        if attempt == 0:
            progress(f"{path}: waiting for what process {holder or '?'} left to end")
        if cancel.wait(_POLL_SECONDS):
            break
    raise InUseError(
        f"{path} is in use by process {_describe(os.pread(descriptor, 20, 0).decode())}"
    )


def _describe(pid: str) -> str:
    try:
        command = (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    except OSError:
        return pid or "?"
    return f"{pid} ({command.strip()[:100]})"


@contextlib.contextmanager
def leaving_on_failure(home: Home) -> Iterator[Home]:
    """Give the place up if what happens inside fails."""
    try:
        yield home
    except BaseException:
        home.close()
        raise
