"""PostgreSQL on the loopback interface with a password, every commit on disk (fsync)."""

import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from typing_extensions import override

from services.cli.stack.account import Account, postgres_account
from services.cli.stack.binaries import Binaries, find_binaries
from services.cli.stack.guard import is_alive
from services.cli.stack.home import Home, leaving_on_failure, occupy
from services.cli.stack.initdb import SUPERUSER, check_version, initialize, postgres_program
from services.cli.stack.ports import LOOPBACK, choose
from services.cli.stack.process import Process, Program, Readiness
from services.cli.stack.server import (
    AddressTakenError,
    External,
    Progress,
    Server,
)

DEFAULT_PORT = 15432
_ATTEMPTS = 3
_NO_PID = 4_194_305  # above the kernel's largest

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "fsync": "on",
    "jit": "off",
    "max_connections": "200",
    "max_wal_size": "1GB",  # both bound how long recovery takes after a kill
    "checkpoint_timeout": "2min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",  # readiness is read from the log
    "logging_collector": "off",
}
_READINESS = Readiness(
    text="database system is ready to accept connections",
    within_seconds=120,  # recovery after a kill
    stop_signal=signal.SIGINT,  # "fast": connections are cut
    stop_seconds=20,
)


class Postgres(Server, Protocol):
    """A PostgreSQL, ours or somebody else's."""

    @property
    def dsn(self) -> str:
        """Where and as whom to connect, password included: never logged."""
        ...


class PostgresProcess(Process):
    """A PostgreSQL we started."""

    def __init__(
        self, program: Program, data: Path, *, port: int, password: str, cancel: threading.Event
    ) -> None:
        super().__init__(program, _READINESS, address=f"{LOOPBACK}:{port}", cancel=cancel)
        self._data = data
        self._password = password

    @property
    def dsn(self) -> str:
        """Where to connect as its superuser, password included: never logged."""
        return f"postgresql://{SUPERUSER}:{self._password}@{self.address}/postgres"

    @override
    def start(self) -> None:
        """Start it and return when it takes connections.

        Raises:
            StackError: It ended or was not ready in time; it is gone then.
        """
        if self.pid is None:
            _forget_old_pid(self._data)
        super().start()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalPostgres(External):
    """A PostgreSQL that somebody else runs."""

    dsn: str

    @classmethod
    def at(cls, dsn: str) -> "ExternalPostgres":
        """Take its address from the DSN."""
        parts = urlsplit(dsn)
        return cls(address=f"{parts.hostname}:{parts.port or 5432}", dsn=dsn)


def start_postgres(
    directory: Path,
    *,
    port: int | None = None,
    progress: Progress,
    cancel: threading.Event | None = None,
) -> PostgresProcess:
    """Start a server whose files are in ``<directory>/postgres`` and return when it answers.

    Args:
        directory: Made if absent; what it holds is used again.
        port: The port to prefer on the loopback interface. None: the last one used, or the usual
            one. 0: the last one used, or any.
        progress: Told of a taken port.
        cancel: Set by another thread to call the start off.

    Raises:
        StackError: It could not be started; the message says why.
    """
    cancel = cancel or threading.Event()
    account = postgres_account()
    binaries = find_binaries(account)
    with leaving_on_failure(
        occupy(directory, "postgres", progress=progress, cancel=cancel)
    ) as home:
        if not home.data.exists():
            initialize(home, binaries, account, progress=progress, cancel=cancel)
        check_version(home, binaries)
        wanted = port or int(home.remembered().get("port", DEFAULT_PORT if port is None else 0))
        for _ in range(_ATTEMPTS - 1):
            try:
                return _start(home, binaries, account, wanted, progress=progress, cancel=cancel)
            except AddressTakenError as error:
                progress(str(error))
        return _start(home, binaries, account, 0, progress=progress, cancel=cancel)


def _start(
    home: Home,
    binaries: Binaries,
    account: Account | None,
    wanted: int,
    *,
    progress: Progress,
    cancel: threading.Event,
) -> PostgresProcess:
    data = home.data.resolve()
    port = choose(wanted, name="PostgreSQL", progress=progress)
    command = [str(binaries.folder / "postgres"), "-D", str(data), "-p", str(port)]
    for name, value in _SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    program = postgres_program(home, "PostgreSQL", command, account)
    password = home.remembered()["password"]
    process = PostgresProcess(program, data, port=port, password=password, cancel=cancel)
    process.start()
    home.remember({"port": port, "password": password})
    return process


def _forget_old_pid(data: Path) -> None:
    """Make a pid file left by a kill harmless if its number means some other program, or a zombie.

    Postgres would take either for a running server and refuse. We hold the lock of this data, so a
    real server can only be one whose guard was killed, and that is left to Postgres' own check; as
    is the shared memory named in the file, which is why the file stays and only its pid changes.
    """
    pid_file = data / "postmaster.pid"
    try:
        pid, rest = pid_file.read_text().split("\n", 1)
        runs = is_alive(int(pid)) and Path(f"/proc/{int(pid)}/exe").readlink().name == "postgres"
    except (OSError, ValueError):
        return
    if not runs:
        pid_file.write_text(f"{_NO_PID}\n{rest}")
